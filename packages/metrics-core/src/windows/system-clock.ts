import type { Clock } from "../contract/clock.ts";

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
