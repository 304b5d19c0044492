import type { Clock } from "../contract/clock.ts";

/** The longest delay that `setTimeout` takes; a longer one would fire at once. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

// These are saved when this module is loaded. Tests of a program may install fake timers and a
// mocked Date later; these must neither stop exports nor falsify their times.
const { setTimeout, clearTimeout } = globalThis;
const now = Date.now.bind(Date);
const monotonicNow = performance.now.bind(performance);

/** The clock of the host as it was when this package was loaded: `Date.now`, `performance.now`, and timers. */
export const systemClock: Clock = {
  wallTime: () => now(),
  monotonicTime: () => monotonicNow(),
  setTimer(callback, delayMs, keepAlive = false) {
    const timer: unknown = setTimeout(callback, Math.min(delayMs, MAX_TIMEOUT_MS));
    if (!keepAlive) (timer as { unref?: () => void }).unref?.();
    return () => clearTimeout(timer as number);
  },
};
