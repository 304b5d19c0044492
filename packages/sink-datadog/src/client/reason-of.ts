import type { SafeError } from "@aiokpl/metrics-core/sink";

/** Returns the system's error code and message, which fetch hides in a cause. */
export function reasonOf(error: SafeError): string {
  if (error.cause instanceof Error) return reasonOf(error.cause);
  const { code = "", message } = error;
  return message.includes(code) ? message : `${code} ${message}`;
}
