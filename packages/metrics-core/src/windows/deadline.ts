import type { Clock } from "../contract/clock.ts";

/** A moment past which nothing is waited for. */
export class Deadline {
  readonly #clock: Clock;
  #at: number;
  readonly #keepAlive: boolean;
  readonly #reached: Promise<undefined>;
  #reach: () => void = () => {};
  #cancelTimer: () => void = () => {};

  /** @param keepAlive true where somebody outside waits, so that the process must not end meanwhile */
  constructor(clock: Clock, ms: number, keepAlive: boolean) {
    this.#clock = clock;
    this.#at = clock.monotonicTime() + ms;
    this.#keepAlive = keepAlive;
    this.#reached = new Promise((resolve) => {
      this.#reach = () => {
        // A timer may fire a little early; what has been waited for must have no time left.
        this.#at = -Infinity;
        resolve(undefined);
      };
    });
    this.#cancelTimer = clock.setTimer(this.#reach, ms, keepAlive);
  }

  /** Milliseconds left, at least 0. */
  get remainingMs(): number {
    return Math.max(0, this.#at - this.#clock.monotonicTime());
  }

  /** Waits for `promise` until the deadline; then resolves with nothing. */
  cut<T>(promise: Promise<T>): Promise<T | undefined> {
    return Promise.race([promise, this.#reached]);
  }

  /** Waits so many milliseconds, or until the deadline. */
  async sleep(ms: number): Promise<void> {
    if (ms >= this.remainingMs) return this.#reached;
    const pause = new Deadline(this.#clock, ms, this.#keepAlive);
    await this.cut(pause.#reached);
    pause.cancel();
  }

  /** Ends the timer, once nobody waits any more. */
  cancel(): void {
    this.#cancelTimer();
  }

  /** Ends the waiting now, as if the time had come. */
  expire(): void {
    this.#cancelTimer();
    this.#reach();
  }
}
