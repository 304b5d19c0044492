import { masked } from "./masked.ts";
import { oneLine } from "./one-line.ts";

/** No chain of causes that means something is longer, and one may be a circle. */
const MOST_CAUSES = 10;

/** An error without anything that must not be shown. */
export interface ShownError extends Error {
  /** The HTTP status, or the system's error code. */
  readonly code?: string | number;
  /** The system call that failed. */
  readonly syscall?: string;
  /** The beginning of a server's answer. */
  readonly answer?: string;
  /** How long the server asked to wait, in milliseconds. */
  readonly retryAfterMs?: number;
  /** False if trying again is of no use. */
  readonly retryable?: boolean;
}

/**
 * Copies what is useful of an error: message, name, codes, the beginning of a server's answer, and the
 * same of its causes. The copy has no secret, and no object of the vendor's hangs on it. Never throws.
 *
 * @param secrets what must not be shown
 */
export function shownError(thrown: unknown, secrets: readonly string[]): ShownError {
  return copied(thrown, secrets, 0);
}

function copied(thrown: unknown, secrets: readonly string[], depth: number): ShownError {
  const text = (value: unknown): string | undefined =>
    typeof value === "string" ? oneLine(masked(value, secrets)) : undefined;
  const code = read(thrown, "code");
  const retryAfterMs = read(thrown, "retryAfterMs");
  const retryable = read(thrown, "retryable");
  const cause = depth < MOST_CAUSES ? read(thrown, "cause") : undefined;
  const shown: ShownError = new Error(
    text(messageOf(thrown)),
    cause === undefined ? undefined : { cause: copied(cause, secrets, depth + 1) },
  );
  const fields = {
    name: text(read(thrown, "name")) ?? "Error",
    code: typeof code === "number" ? code : text(code),
    syscall: text(read(thrown, "syscall")),
    answer: text(read(thrown, "data")),
    retryAfterMs: typeof retryAfterMs === "number" ? retryAfterMs : undefined,
    retryable: typeof retryable === "boolean" ? retryable : undefined,
  };
  for (const [name, value] of Object.entries(fields))
    if (value !== undefined && value !== "") Reflect.set(shown, name, value);
  return shown;
}

/** Returns an error's message; Node's error for several failed addresses has only the messages of its parts. */
function messageOf(thrown: unknown): string {
  if (typeof thrown === "string") return thrown;
  const message = read(thrown, "message");
  if (typeof message === "string" && message !== "") return message;
  const errors = read(thrown, "errors");
  const parts = Array.isArray(errors) ? errors.slice(0, MOST_CAUSES) : [];
  const messages = parts.map((part) => read(part, "message")).filter(Boolean);
  return messages.length > 0 ? messages.join("; ") : "an error without a message";
}

/** Reads a field of whatever was thrown. */
function read(thrown: unknown, field: string): unknown {
  try {
    return typeof thrown === "object" && thrown !== null ? Reflect.get(thrown, field) : undefined;
  } catch {
    return undefined;
  }
}
