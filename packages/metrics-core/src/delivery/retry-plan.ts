import { backoffMs } from "./backoff.ts";
import type { Clock } from "../contract/clock.ts";

/** A vendor is called again after this time, even if it asked for a longer wait. */
const LONGEST_VENDOR_WAIT_MS = 3_600_000;

/** While the manager is closing, attempts are at least this far apart. */
const SHORTEST_PAUSE_MS = 100;

/**
 * Decides when a sink is tried again. Nothing else decides this. After a failure the schedule waits
 * for the back-off, and `close()` waits for it as far as its time allows. `flush()` does not wait
 * for it. None of them calls a vendor before the time that the vendor asked for.
 */
export class RetryPlan {
  readonly #clock: Clock;
  #failures = 0;
  #backOffUntil = -Infinity;
  #vendorWaitUntil = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Failures in a row. */
  get failures(): number {
    return this.#failures;
  }

  /** How long the schedule waits before its next attempt, in milliseconds. */
  get waitMs(): number {
    return Math.max(this.#until(this.#backOffUntil), this.vendorWaitMs);
  }

  /** For how long the vendor still wants no call, in milliseconds. */
  get vendorWaitMs(): number {
    return this.#until(this.#vendorWaitUntil);
  }

  /** How long `close()` waits before its next attempt, in milliseconds, if it has `remainingMs` left. */
  closingWaitMs(remainingMs: number): number {
    if (this.vendorWaitMs > 0) return this.vendorWaitMs;
    return Math.max(SHORTEST_PAUSE_MS, Math.min(this.waitMs, remainingMs / 2));
  }

  /**
   * Notes that the vendor wants no call for this many milliseconds. It may ask for this after a
   * success too.
   */
  vendorAsks(waitMs: number): void {
    const until = this.#clock.monotonicTime() + Math.min(waitMs, LONGEST_VENDOR_WAIT_MS);
    this.#vendorWaitUntil = until;
  }

  /**
   * Notes that some snapshots were delivered, so that the next failure counts as the first in a
   * row.
   */
  progressed(): void {
    this.#failures = 0;
  }

  failed(): void {
    this.#failures++;
    this.#backOffUntil = this.#clock.monotonicTime() + backoffMs(this.#failures);
  }

  succeeded(): void {
    this.#failures = 0;
    this.#backOffUntil = -Infinity;
  }

  #until(time: number): number {
    return time === -Infinity ? 0 : Math.max(0, time - this.#clock.monotonicTime());
  }
}
