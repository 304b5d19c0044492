/** A mistake that the user can correct. The message names the option, its value and what is allowed. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
