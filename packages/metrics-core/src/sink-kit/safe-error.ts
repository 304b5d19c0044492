import type { SecretMask } from "./mask-secrets.ts";
import { maskedExcerpt } from "./masked-excerpt.ts";

const LONGEST_MESSAGE = 500;
const LONGEST_FACT = 100;

/** No chain of causes that means something is longer, and one may be a circle. */
const MOST_CAUSES = 10;

/** What is known of a failed request besides its message. */
export interface FailureFacts {
  /** The answer's HTTP status. */
  readonly status?: number | undefined;
  /** The vendor's or the host's code, such as `Throttling` or `ECONNRESET`. */
  readonly code?: string | undefined;
  /** The system call that failed, such as `connect`. */
  readonly syscall?: string | undefined;
  /** By which the vendor's support finds the request. */
  readonly requestId?: string | undefined;
  /** For how long the vendor asked to wait, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
  /** False: trying again is of no use. */
  readonly retryable?: boolean | undefined;
}

/** An error that carries nothing but its name, a short message, {@link FailureFacts} and causes that are safe too. */
export interface SafeError extends Error, FailureFacts {}

/**
 * Makes an error that may be shown, logged and kept of one that a vendor's client, a fetch or a
 * socket has thrown. Such errors carry requests and answers with keys in them, in fields that are
 * hidden or not, or are as large as an answer. The new error has the old one's name, code and system call, at most
 * 500 characters of its message, masked, on one line, and the same of up to ten causes; no other
 * field and nothing of the old stack. Numbers that an error calls `status`, `statusCode` or
 * `retryAfterMs`, and a boolean `retryable`, are taken over; all else that a sink knows comes as
 * `facts`. Never throws.
 *
 * Ask {@link neverArrived} before: it looks at fields that the new error doesn't have.
 *
 * @example
 * ```ts
 * const mask = maskSecrets([credentials.secretAccessKey, credentials.sessionToken]);
 * try {
 *   await client.send(command, { abortSignal: signal });
 * } catch (thrown) {
 *   const cause = safeError(thrown, mask, { requestId: thrown.$metadata?.requestId });
 *   return { retry: snapshots, cause };
 * }
 * ```
 */
export function safeError(thrown: unknown, mask: SecretMask, facts: FailureFacts = {}): SafeError {
  return safe(thrown, mask, facts, MOST_CAUSES);
}

function safe(thrown: unknown, mask: SecretMask, given: FailureFacts, depth: number): SafeError {
  const cause = field(thrown, "cause");
  const error = new Error(
    maskedExcerpt(messageFrom(thrown), mask, LONGEST_MESSAGE),
    cause === undefined || depth <= 1 ? undefined : { cause: safe(cause, mask, {}, depth - 1) },
  );
  const name = field(thrown, "name");
  if (typeof name === "string" && name !== "") {
    const value = maskedExcerpt(name, mask, LONGEST_FACT);
    Object.defineProperty(error, "name", { value, configurable: true, writable: true });
  }
  // The stack that was made here begins with the name of an Error.
  const facts: Record<string, string | number | boolean> = {};
  for (const [key, value] of Object.entries({ ...factsOf(thrown), ...withoutUndefined(given) }))
    facts[key] = typeof value === "string" ? maskedExcerpt(value, mask, LONGEST_FACT) : value;
  return Object.assign(error, facts);
}

function factsOf(thrown: unknown): Readonly<Record<string, string | number | boolean>> {
  const status = [field(thrown, "status"), field(thrown, "statusCode")].find(isNumber);
  const code = field(thrown, "code");
  const syscall = field(thrown, "syscall");
  const requestId = field(thrown, "requestId");
  const retryAfterMs = field(thrown, "retryAfterMs");
  const retryable = field(thrown, "retryable");
  return {
    ...(status === undefined ? undefined : { status }),
    ...(typeof code === "string" ? { code } : undefined),
    ...(typeof syscall === "string" ? { syscall } : undefined),
    ...(typeof requestId === "string" ? { requestId } : undefined),
    ...(isNumber(retryAfterMs) ? { retryAfterMs } : undefined),
    ...(typeof retryable === "boolean" ? { retryable } : undefined),
  };
}

function withoutUndefined(
  facts: FailureFacts,
): Readonly<Record<string, string | number | boolean>> {
  const { status, code, syscall, requestId, retryAfterMs, retryable } = facts;
  return {
    ...(status === undefined ? undefined : { status }),
    ...(code === undefined ? undefined : { code }),
    ...(syscall === undefined ? undefined : { syscall }),
    ...(requestId === undefined ? undefined : { requestId }),
    ...(retryAfterMs === undefined ? undefined : { retryAfterMs }),
    ...(retryable === undefined ? undefined : { retryable }),
  };
}

/** An error's own message; where it has none, those of the errors which it stands for, else its code. */
function messageFrom(thrown: unknown): string {
  if (typeof thrown === "string") return thrown;
  const message = textIn(thrown, "message");
  if (message !== undefined) return message;
  const messages = errorsIn(thrown).flatMap((each) => textIn(each, "message") ?? []);
  if (messages.length > 0) return [...new Set(messages)].join(", ");
  return textIn(thrown, "code") ?? `a thrown ${typeof thrown}`;
}

/** The first of the errors that an error stands for. Node makes such an error where it has tried several addresses. */
function errorsIn(thrown: unknown): readonly unknown[] {
  const errors = field(thrown, "errors");
  try {
    return Array.isArray(errors) ? errors.slice(0, MOST_CAUSES) : [];
  } catch {
    return [];
  }
}

function textIn(thrown: unknown, name: string): string | undefined {
  const value = field(thrown, name);
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** A property of whatever was thrown; undefined where there is none, or its getter throws. */
function field(thrown: unknown, name: string): unknown {
  try {
    return typeof thrown === "object" && thrown !== null && name in thrown
      ? (thrown as Readonly<Record<string, unknown>>)[name]
      : undefined;
  } catch {
    return undefined;
  }
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}
