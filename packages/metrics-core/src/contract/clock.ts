/** Time and timers, so that a test can own them. The default is {@link systemClock}. */
export interface Clock {
  /** Wall time in milliseconds since the epoch. May step, forwards or back. */
  wallTime(): number;
  /** Milliseconds since an arbitrary start; never goes back. */
  monotonicTime(): number;
  /**
   * Calls `callback` once, `delayMs` from now, without keeping the process alive for it unless
   * `keepAlive` is true. Returns a function that cancels it.
   */
  setTimer(callback: () => void, delayMs: number, keepAlive?: boolean): () => void;
}

/** The longest delay that `setTimeout` takes; a longer one would fire at once. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** The clock of the host: `Date.now`, `performance.now`, and timers. */
export const systemClock: Clock = {
  wallTime: () => Date.now(),
  monotonicTime: () => performance.now(),
  setTimer(callback, delayMs, keepAlive = false) {
    const timer: unknown = setTimeout(callback, Math.min(delayMs, MAX_TIMEOUT_MS));
    if (!keepAlive) (timer as { unref?: () => void }).unref?.();
    return () => clearTimeout(timer as number);
  },
};
