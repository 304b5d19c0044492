import type { ShowOutside } from "./outside-text.ts";

/** No chain of causes that means something is longer, and one may be a circle. */
const MOST_CAUSES = 5;

/**
 * Copies an error and its causes with nothing but names, messages and codes. What a client's error
 * holds besides, such as a request with its headers, a socket or the received data, may have a
 * credential in it or keep much memory.
 */
export function plainError(thrown: unknown, show: ShowOutside, depth = 0): Error {
  try {
    if (!(thrown instanceof Error)) return new Error(show(String(thrown)));
    const { cause } = thrown;
    const hasCause = cause !== undefined && depth < MOST_CAUSES;
    const copy = new Error(
      show(thrown.message),
      hasCause ? { cause: plainError(cause, show, depth + 1) } : undefined,
    );
    const code = codeOf(thrown);
    return Object.assign(copy, { name: show(thrown.name, 50) }, code && { code: show(code, 50) });
  } catch {
    return new Error("an error that can't be read");
  }
}

/** Returns the system's error code and message, which fetch hides in a cause. */
export function reasonOf(error: Error): string {
  if (error.cause instanceof Error) return reasonOf(error.cause);
  const code = codeOf(error) ?? "";
  // Where several addresses were tried, the error has a code and no message.
  if (error.message === "") return code || error.name;
  return code === "" || error.message.startsWith(code) ? error.message : `${code} ${error.message}`;
}

function codeOf(error: Error): string | undefined {
  return "code" in error && typeof error.code === "string" ? error.code : undefined;
}
