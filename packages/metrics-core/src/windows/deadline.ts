import type { Clock } from "../contract/clock.ts";

/** A moment after which nobody waits any longer. */
export class Deadline {
  readonly #clock: Clock;
  #at: number;
  readonly #keepAlive: boolean;
  readonly #reached: Promise<undefined>;
  #reach: () => void = () => {};
  #cancelTimer: () => void = () => {};

  /**
   * Sets the deadline `ms` milliseconds from now.
   *
   * @param options with `keepAlive` the process does not end before the deadline. Use it if the
   * program itself waits for the deadline
   */
  constructor(clock: Clock, ms: number, options: { readonly keepAlive?: boolean } = {}) {
    this.#clock = clock;
    this.#at = clock.monotonicTime() + ms;
    this.#keepAlive = options.keepAlive ?? false;
    this.#reached = new Promise((resolve) => {
      this.#reach = () => {
        // A timer may fire a little early, but `remainingMs` must be 0 from now on.
        this.#at = -Infinity;
        resolve(undefined);
      };
    });
    this.#cancelTimer = clock.setTimer(this.#reach, ms, this.#keepAlive);
  }

  /** Milliseconds left, at least 0. */
  get remainingMs(): number {
    return Math.max(0, this.#at - this.#clock.monotonicTime());
  }

  /**
   * Waits for `promise` until the deadline. Resolves with undefined if the deadline comes first.
   */
  cut<T>(promise: Promise<T>): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      promise.then(resolve, reject);
      void this.#reached.then(resolve);
    });
  }

  /** Waits this many milliseconds, or until the deadline if that comes first. */
  async sleep(ms: number): Promise<void> {
    if (ms >= this.remainingMs) return this.#reached;
    const pause = new Deadline(this.#clock, ms, { keepAlive: this.#keepAlive });
    await this.cut(pause.#reached);
    pause.cancel();
  }

  /** Removes the timer. To be called when nobody waits for the deadline any more. */
  cancel(): void {
    this.#cancelTimer();
  }

  /** Reaches the deadline now. */
  expire(): void {
    this.#cancelTimer();
    this.#reach();
  }
}
