import type { Clock } from "@aiokpl/metrics-core";

/** A real clock whose wall time can be set, as an operator or a time server does it. */
export class SteppingClock implements Clock {
  #offsetMs = 0;
  #steps = 0;

  /** How often the wall clock was set. */
  get steps(): number {
    return this.#steps;
  }

  wallTime(): number {
    return Date.now() + this.#offsetMs;
  }

  monotonicTime(): number {
    return performance.now();
  }

  setTimer(callback: () => void, delayMs: number, keepAlive = false): () => void {
    const timer = setTimeout(callback, delayMs);
    if (!keepAlive) timer.unref();
    return () => clearTimeout(timer);
  }

  /** Sets the wall clock forward, or back if `byMs` is negative. */
  step(byMs: number): void {
    this.#offsetMs += byMs;
    this.#steps++;
  }
}
