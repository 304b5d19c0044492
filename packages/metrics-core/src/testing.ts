/**
 * A clock for the tests of programs and sinks.
 *
 * @module
 */
export { ManualClock } from "./windows/manual-clock.ts";
