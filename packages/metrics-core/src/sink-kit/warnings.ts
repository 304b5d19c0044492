import { numberOf } from "../problems/number-of.ts";
import { printable } from "../problems/printable.ts";

/** At most this many different messages are passed on. */
const MOST_MESSAGES = 1_000;

/**
 * The warnings of a sink, about what it merges, renames or leaves out. Each message is passed on once.
 * When the sink calls {@link Warnings.sumUp}, repeated messages are passed on again, with how often
 * they were repeated. A message is cut and cleaned as {@link printable} does. What the program's
 * handler throws, or rejects with, has no effect.
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

  /** Passes on each repeated message once more, with how often it was repeated. Call it in the sink's `close`. Never throws. */
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
      // There is nobody else to report this to.
    }
  }
}
