/** What an export means for one of its snapshots. "uncertain" is retried, and the vendor may have it already. */
export type Fate = "delivered" | "retry" | "uncertain" | "rejected";

const FATES: readonly Fate[] = ["delivered", "retry", "uncertain", "rejected"];

/**
 * The fates of an export's snapshots, by their position in the export. A byte each: sets of a hundred
 * thousand snapshots would take longer to make than a turn may last.
 */
export class Fates {
  readonly #size: number;
  /** What all of them are, until one is set. */
  readonly #first: Fate;
  #codes: Uint8Array | undefined;
  readonly #counts: Record<Fate, number> = { delivered: 0, retry: 0, uncertain: 0, rejected: 0 };

  /** @param fate of all of them, until another is set */
  constructor(size: number, fate: Fate) {
    this.#size = size;
    this.#first = fate;
    this.#counts[fate] = size;
  }

  at(position: number): Fate {
    return this.#codes === undefined
      ? this.#first
      : (FATES[this.#codes[position] ?? 0] ?? "delivered");
  }

  set(position: number, fate: Fate): void {
    this.#counts[this.at(position)]--;
    this.#counts[fate]++;
    this.#codes ??= new Uint8Array(this.#size).fill(FATES.indexOf(this.#first));
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
