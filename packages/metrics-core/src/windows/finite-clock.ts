import type { Clock } from "../contract/clock.ts";

/**
 * A clock whose wall time is always a finite number. A mock may give `NaN` or a `Date` instead: then
 * it is the last good time and what has passed since. Windows, events and sinks all read this one.
 */
export function finiteClock(clock: Clock): Clock {
  let wallTime = 0;
  let monotonicTime = clock.monotonicTime();
  const read = (): number => {
    const given = clock.wallTime();
    // Events read the clock far more often than it changes.
    if (given === wallTime) return given;
    const now = clock.monotonicTime();
    if (!Number.isFinite(given)) return Math.round(wallTime + now - monotonicTime);
    wallTime = given;
    monotonicTime = now;
    return given;
  };
  read();
  return {
    wallTime: read,
    monotonicTime: () => clock.monotonicTime(),
    setTimer: (callback, delayMs, keepAlive) => clock.setTimer(callback, delayMs, keepAlive),
  };
}
