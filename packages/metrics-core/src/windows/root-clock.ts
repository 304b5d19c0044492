import type { Clock } from "../contract/clock.ts";
import { inRootContext } from "./root-context.ts";

/** Returns a clock whose timers fire outside of any request's async context, whoever moves the clock. */
export function rootClock(clock: Clock): Clock {
  return {
    wallTime: () => clock.wallTime(),
    monotonicTime: () => clock.monotonicTime(),
    setTimer: (callback, delayMs, keepAlive) =>
      clock.setTimer(() => inRootContext(callback), delayMs, keepAlive),
  };
}
