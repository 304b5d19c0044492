/** An error for `open()` that no later attempt can put right. */
export function permanent(message: string, cause?: unknown): Error {
  return Object.assign(new Error(message, { cause }), { retryable: false as const });
}
