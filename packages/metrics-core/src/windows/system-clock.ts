import type { Clock } from "../contract/clock.ts";

/** The longest delay that `setTimeout` takes; a longer one would fire at once. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

// These are saved when this module is loaded. Tests of a program may install fake timers and a
// mocked Date later; these must neither stop exports nor falsify their times.
const host = /* @__PURE__ */ takeFromHost();

/** The clock of the host as it was when this package was loaded: `Date.now`, `performance.now`, and timers. */
export const systemClock: Clock = {
  wallTime: () => host.now(),
  monotonicTime: () => host.monotonicNow(),
  setTimer(callback, delayMs, keepAlive = false) {
    const timer: unknown = host.setTimeout(callback, Math.min(delayMs, MAX_TIMEOUT_MS));
    if (!keepAlive) (timer as { unref?: () => void }).unref?.();
    return () => host.clearTimeout(timer as number);
  },
};

interface SavedHost {
  readonly setTimeout: typeof setTimeout;
  readonly clearTimeout: typeof clearTimeout;
  now(): number;
  monotonicNow(): number;
}

function takeFromHost(): SavedHost {
  // Bound, since browsers refuse them as methods of anything but their own object.
  return {
    setTimeout: setTimeout.bind(globalThis),
    clearTimeout: clearTimeout.bind(globalThis),
    now: Date.now.bind(Date),
    monotonicNow: performance.now.bind(performance),
  };
}
