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
