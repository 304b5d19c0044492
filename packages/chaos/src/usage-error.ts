/** The person at the keyboard can put this right: the message says what, which value, and the rule. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
