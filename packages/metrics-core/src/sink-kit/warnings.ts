/** More different messages than these are not told. */
const MOST_MESSAGES = 1_000;

/**
 * How a sink tells the program of what it folds, renames or leaves out: each message once. What the
 * program's handler throws, or rejects with, reaches nobody and decides nothing.
 */
export class Warnings {
  readonly #sink: string;
  readonly #onWarning: (message: string) => unknown;
  readonly #told = new Set<string>();

  /** @param sink the sink's name, which each message begins with */
  constructor(sink: string, onWarning: (message: string) => unknown) {
    this.#sink = sink;
    this.#onWarning = onWarning;
  }

  /** Never throws. */
  warn(message: string): void {
    if (this.#told.has(message) || this.#told.size >= MOST_MESSAGES) return;
    this.#told.add(message);
    void this.#tell(`sink "${this.#sink}": ${message}`);
  }

  async #tell(message: string): Promise<void> {
    try {
      await this.#onWarning(message);
    } catch {
      // The handler was the last to be told; there is nobody else.
    }
  }
}
