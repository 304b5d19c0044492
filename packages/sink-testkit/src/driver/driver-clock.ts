/** Length of the driver's windows, in milliseconds. */
export const WINDOW_MS = 60_000;

/**
 * How many windows before the present the first one begins. No clause closes more, so no window ends
 * in the future, which vendors refuse.
 */
const WINDOWS_IN_THE_PAST = 15;

/**
 * The driver's wall clock, which the sink reads as `host.now()`. It runs as real time does, and also
 * jumps by one window with each window that is closed. So no window is ever ahead of it.
 */
export class DriverClock {
  readonly #startedAt = performance.now();
  #windowStart: number = Math.floor(Date.now() / WINDOW_MS - WINDOWS_IN_THE_PAST) * WINDOW_MS;

  /** Start of the open window, in milliseconds since the epoch. */
  get windowStart(): number {
    return this.#windowStart;
  }

  /** The time, in milliseconds since the epoch. */
  now(): number {
    return this.#windowStart + Math.floor(performance.now() - this.#startedAt);
  }

  /** Closes the open window; the next one starts where it ends. */
  closeWindow(): void {
    this.#windowStart += WINDOW_MS;
  }
}
