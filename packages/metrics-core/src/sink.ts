/**
 * For authors of sinks.
 *
 * @module
 */
export {
  checkFunction,
  hasMethods,
  hasOnlyKeys,
  httpUrl,
  oneOf,
  plainObject,
  show,
  wholeNumber,
} from "./check-option.ts";
export {
  type BatchesOutcome,
  type BatchFailure,
  deliverBatches,
  type DeliverBatchesOptions,
} from "./deliver-batches.ts";
export type { CreateSink, CreateSinkOptions } from "./create-sink.ts";
export type { ExponentialBuckets, ExponentialHistogram } from "./exponential-histogram.ts";
export { mergeSnapshots } from "./merge-snapshots.ts";
export { neverArrived } from "./never-arrived.ts";
export { toValuesAndCounts, type ValuesAndCounts } from "./to-values-and-counts.ts";
export { unlessAborted } from "./unless-aborted.ts";
export { unopenableSink } from "./unopenable-sink.ts";
export { Warnings } from "./warnings.ts";
