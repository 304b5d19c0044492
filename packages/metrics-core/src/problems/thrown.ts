import { printable } from "./printable.ts";

/** An error's message as it may be printed, whatever was thrown. Never throws itself, though a getter of the error may. */
export function messageOf(thrown: unknown): string {
  try {
    return printable(
      thrown instanceof Error
        ? String(thrown.message)
        : typeof thrown === "string"
          ? thrown
          : `a thrown ${typeof thrown}`,
    );
  } catch {
    return "an error that can't be read";
  }
}

/** Whether an error says of itself, by `retryable: false`, that trying again is of no use. */
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

/** Whether a value has a `then` to call, as promises have. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  try {
    return (
      typeof value === "object" &&
      value !== null &&
      "then" in value &&
      typeof value.then === "function"
    );
  } catch {
    return false;
  }
}

/** Where a callback that should not wait returns a promise: keeps its rejection from the process. */
export function quieten(returned: unknown): void {
  if (isThenable(returned)) Promise.resolve(returned).catch(() => {});
}
