/** An error for `open()` that no later attempt can put right. */
export function permanent(message: string, cause?: unknown): Error {
  return asPermanent(new Error(message, { cause }));
}

/** Marks an error as one that no later attempt can put right. */
export function asPermanent(error: Error): Error {
  return Object.assign(error, { retryable: false as const });
}

/** Whether what was thrown says of itself that no later attempt can put it right. Never throws. */
export function isPermanent(thrown: unknown): boolean {
  try {
    return thrown instanceof Error && Reflect.get(thrown, "retryable") === false;
  } catch {
    return false;
  }
}
