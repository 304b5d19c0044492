import { numberOf } from "../problems/number-of.ts";
import { printable } from "../problems/printable.ts";

/** More different messages than these are not told. */
const MOST_MESSAGES = 1_000;

/**
 * How a sink tells the program of what it folds, renames or leaves out: each message once, and how
 * often it was repeated when the sink calls {@link Warnings.sumUp}. A message is cut and freed of what
 * a terminal would obey, see {@link printable}. What the program's handler throws, or rejects with,
 * reaches nobody and decides nothing.
 */
export class Warnings {
  readonly #sink: string;
  readonly #onWarning: (message: string) => unknown;
  readonly #counts = new Map<string, number>();

  /** @param sink the sink's name, which each message begins with */
  constructor(sink: string, onWarning: (message: string) => unknown) {
    this.#sink = sink;
    this.#onWarning = onWarning;
  }

  /** Never throws. Parts of the message that come from outside are best cut before, by {@link printable}. */
  warn(message: string): void {
    const line = printable(message);
    const before = this.#counts.get(line) ?? 0;
    if (before === 0 && this.#counts.size >= MOST_MESSAGES) return;
    this.#counts.set(line, before + 1);
    if (before > 0) return;
    const isLast = this.#counts.size === MOST_MESSAGES;
    const note = isLast ? " (the last warning of a new kind: there were too many)" : "";
    void this.#tell(`sink "${this.#sink}": ${line}${note}`);
  }

  /** Tells each message that was repeated once more, with how often since it was last told. For a sink's `close`. Never throws. */
  sumUp(): void {
    for (const [line, count] of this.#counts) {
      if (count === 1) continue;
      this.#counts.set(line, 1);
      void this.#tell(`sink "${this.#sink}": ${line} (${numberOf(count - 1, "time")} more)`);
    }
  }

  async #tell(message: string): Promise<void> {
    try {
      await this.#onWarning(message);
    } catch {
      // The handler was the last to be told; there is nobody else.
    }
  }
}
