/**
 * For the tests of programs and sinks that depend on time.
 *
 * @module
 */
export { ManualClock } from "./windows/manual-clock.ts";
