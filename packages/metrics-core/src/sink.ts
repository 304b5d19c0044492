/**
 * For authors of sinks.
 *
 * @module
 */
export type { CreateSink, CreateSinkOptions } from "./create-sink.ts";
export type { ExponentialBuckets, ExponentialHistogram } from "./exponential-histogram.ts";
export { mergeSnapshots } from "./merge-snapshots.ts";
export { toValuesAndCounts, type ValuesAndCounts } from "./to-values-and-counts.ts";
