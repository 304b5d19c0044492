/** Length of the driver's windows, in milliseconds. */
export const WINDOW_MS = 60_000;

/**
 * How many windows before the present the first one begins. No clause closes more, so no window ends
 * in the future, which vendors refuse.
 */
const WINDOWS_IN_THE_PAST = 15;

/** The driver's clock: when its windows begin, and the time that the sink reads as `host.now()`. */
export class DriverClock {
  #windowStart: number = Math.floor(Date.now() / WINDOW_MS - WINDOWS_IN_THE_PAST) * WINDOW_MS;

  /** Start of the open window, in milliseconds since the epoch. */
  get windowStart(): number {
    return this.#windowStart;
  }

  /** The true time, in milliseconds since the epoch. No example snapshot and no window is ahead of it. */
  now(): number {
    return Date.now();
  }

  /** Closes the open window; the next one starts where it ends. */
  closeWindow(): void {
    this.#windowStart += WINDOW_MS;
  }
}
