/**
 * For the tests of programs and sinks: a clock that a test moves, and functions that read and check
 * metrics.
 *
 * @module
 */
export { ManualClock } from "./windows/manual-clock.ts";
export { type MetricSource, readMetric, readSeries } from "./reading/read-metric.ts";
export type { MetricReading } from "./reading/metric-reading.ts";
export type { PartOfDimensions } from "./recording/has-dimensions.ts";
export { assertNothingRefused } from "./reading/assert-nothing-refused.ts";
