import { printable } from "./printable.ts";

/**
 * The text of what was thrown: an error's message, else its code or name, or a description of anything
 * else. It never throws, though getters, proxies and `toString` of what was thrown may.
 */
export function messageOf(thrown: unknown): string {
  try {
    if (typeof thrown === "string") return printable(thrown);
    if (typeof thrown !== "object" || thrown === null) {
      return `a thrown ${thrown === null ? "null" : typeof thrown}`;
    }
    if (!(thrown instanceof Error || "message" in thrown)) return "a thrown object";
    // Node's errors for several failed connections have a code and no message.
    const { message, code, name } = thrown as Partial<Record<string, unknown>>;
    const text = primitiveText(message) || primitiveText(code) || primitiveText(name);
    return printable(text || UNREADABLE);
  } catch {
    return UNREADABLE;
  }
}

const UNREADABLE = "an error that can't be read";

/**
 * The text of a value that should be text, such as a reason: that of any primitive, or the message of
 * an error. Undefined for everything else, promises among them. It never throws.
 */
export function textOf(value: unknown): string | undefined {
  if (typeof value !== "object") return primitiveText(value);
  return isThenable(value) || !isError(value) ? undefined : messageOf(value);
}

function primitiveText(value: unknown): string | undefined {
  const isText = ["string", "number", "boolean", "bigint", "symbol"].includes(typeof value);
  return isText ? String(value) : undefined;
}

function isError(value: unknown): value is Error {
  try {
    return value instanceof Error;
  } catch {
    return false;
  }
}

/** Whether an error says of itself, by `retryable: false`, that trying again is of no use. It never throws. */
export function isFinal(thrown: unknown): boolean {
  try {
    return (
      typeof thrown === "object" &&
      thrown !== null &&
      "retryable" in thrown &&
      thrown.retryable === false
    );
  } catch {
    return false;
  }
}

/** Whether a value has a `then` to call, as promises have. It never throws. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  try {
    return (
      (typeof value === "object" || typeof value === "function") &&
      value !== null &&
      "then" in value &&
      typeof value.then === "function"
    );
  } catch {
    return false;
  }
}

/**
 * Catches the rejection of a promise that stands where a value belongs, so that it does not end the
 * process. It does nothing with other values, and never throws.
 */
export function quieten(value: unknown): void {
  if (!isThenable(value)) return;
  try {
    // A promise's own then() may have been replaced by one that does not handle the rejection.
    if (value instanceof Promise) void Promise.prototype.then.call(value, undefined, ignore);
    else new Promise((resolve) => resolve(value)).catch(ignore);
  } catch {
    // It can't be listened to.
  }
}

/** Does the same for a list, for its entries and for their members. */
export function quietenAll(list: unknown): void {
  quieten(list);
  try {
    if (!Array.isArray(list)) return;
    for (const entry of list as readonly unknown[]) {
      quieten(entry);
      if (typeof entry === "object" && entry !== null) Object.values(entry).forEach(quieten);
    }
  } catch {
    // What can't be read can't be listened to.
  }
}

function ignore(): void {}
