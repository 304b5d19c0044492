import type { Clock } from "@aiokpl/metrics-core";

/** Being this late means that something else was slow; a burst would not make up for it. */
const MAX_BEHIND_MS = 250;

/** Pauses shorter than this cost more than they are worth; the records after them even it out. */
const SHORTEST_PAUSE_MS = 4;

/** Spreads records evenly over time. */
export class Pace {
  readonly #gapMs: number;
  readonly #clock: Clock;
  #dueAt: number;

  /** @param ratePerSecond above 0; `Infinity` for no limit. */
  constructor(ratePerSecond: number, clock: Clock) {
    this.#gapMs = 1_000 / ratePerSecond;
    this.#clock = clock;
    this.#dueAt = clock.monotonicTime();
  }

  /** Returns how many milliseconds to wait before the next record; to be asked once per record. */
  next(): number {
    const now = this.#clock.monotonicTime();
    const waitMs = this.#dueAt - now;
    this.#dueAt = Math.max(this.#dueAt, now - MAX_BEHIND_MS) + this.#gapMs;
    return waitMs < SHORTEST_PAUSE_MS ? 0 : waitMs;
  }
}
