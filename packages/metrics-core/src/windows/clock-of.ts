import type { Clock } from "../contract/clock.ts";
import { finiteClock } from "./finite-clock.ts";
import { rootClock } from "./root-clock.ts";
import { systemClock } from "./system-clock.ts";

/**
 * The clock that a manager uses. A program's own clock may say anything, and fire its timers in any async
 * context. The host's clock is used as it is, because each export reads it often: its timers fire in the context
 * in which they were set.
 */
export function clockOf(given: Clock): Clock {
  return given === systemClock ? systemClock : rootClock(finiteClock(given));
}
