/** What an export means for one of its snapshots. "uncertain" is retried, and the vendor may have it already. */
export type Fate = "delivered" | "retry" | "uncertain" | "rejected";

const FATES: readonly Fate[] = ["delivered", "retry", "uncertain", "rejected"];

/**
 * The fates of an export's snapshots, by their position in the export. A byte each: sets of a hundred
 * thousand snapshots would take longer to make than a turn may last.
 */
export class Fates {
  readonly #codes: Uint8Array;
  readonly #counts: Record<Fate, number>;

  /** @param fate of all of them, until another is set */
  constructor(size: number, fate: Fate) {
    this.#codes = new Uint8Array(size).fill(FATES.indexOf(fate));
    this.#counts = { delivered: 0, retry: 0, uncertain: 0, rejected: 0, [fate]: size };
  }

  at(position: number): Fate {
    return FATES[this.#codes[position] ?? 0] ?? "delivered";
  }

  set(position: number, fate: Fate): void {
    this.#counts[this.at(position)]--;
    this.#counts[fate]++;
    this.#codes[position] = FATES.indexOf(fate);
  }

  /** How many snapshots have this fate. */
  count(fate: Fate): number {
    return this.#counts[fate];
  }

  /** How many will be offered again. */
  get offeredAgain(): number {
    return this.#counts.retry + this.#counts.uncertain;
  }
}
