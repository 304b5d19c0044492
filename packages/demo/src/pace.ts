import type { Clock } from "@aiokpl/metrics-core";

/** After a longer delay than this, only this much time is caught up with, so that no long burst follows. */
const MAX_BEHIND_MS = 250;

/** Shorter pauses than this are skipped, since a timer is not so exact. Later records wait longer instead. */
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

  /** Returns how many milliseconds to wait before the next record. Call it once per record. */
  next(): number {
    const now = this.#clock.monotonicTime();
    const waitMs = this.#dueAt - now;
    this.#dueAt = Math.max(this.#dueAt, now - MAX_BEHIND_MS) + this.#gapMs;
    return waitMs < SHORTEST_PAUSE_MS ? 0 : waitMs;
  }
}
