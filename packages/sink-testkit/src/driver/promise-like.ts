/** Whether a value has a `then` to call, as promises have. Never throws. */
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

/**
 * Handles the rejection of a promise that stands where a value belongs. The kit reports the promise
 * itself; Node must not report its rejection as unhandled too.
 */
export function quieten(value: unknown): void {
  if (isThenable(value)) Promise.resolve(value).catch(() => undefined);
}
