/** More different messages than these are not told. */
const MOST_MESSAGES = 1_000;

/** Tells the program of what is folded or left out, each message once. Never throws. */
export class Warnings {
  readonly #onWarning: (message: string) => unknown;
  readonly #told = new Set<string>();

  constructor(onWarning: (message: string) => unknown) {
    this.#onWarning = onWarning;
  }

  warn(message: string): void {
    if (this.#told.has(message) || this.#told.size >= MOST_MESSAGES) return;
    this.#told.add(message);
    void this.#tell(`sink "opentelemetry": ${message}`);
  }

  async #tell(message: string): Promise<void> {
    try {
      await this.#onWarning(message);
    } catch {
      // The handler was the last to be told; there is nobody else.
    }
  }
}
