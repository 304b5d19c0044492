/**
 * Functions for authors of sinks.
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
  wholeNumber,
} from "./sink-kit/check-option.ts";
export { printable } from "./problems/printable.ts";
export { show } from "./problems/show.ts";
export { quieten } from "./problems/thrown.ts";
export {
  type BatchesOutcome,
  type BatchFailure,
  deliverBatches,
  type DeliverBatchesOptions,
} from "./sink-kit/deliver-batches.ts";
export type { CreateSink, CreateSinkOptions } from "./sinks/create-sink.ts";
export type { ExponentialBuckets, ExponentialHistogram } from "./contract/exponential-histogram.ts";
export { KeptHistogram } from "./histogram/kept-histogram.ts";
export { maskSecrets, type SecretMask } from "./sink-kit/mask-secrets.ts";
export { maskedExcerpt } from "./sink-kit/masked-excerpt.ts";
export { type MergeableMetric, mergeSeries, seriesConflict } from "./histogram/merge-series.ts";
export { mergeSnapshots } from "./histogram/merge-snapshots.ts";
export { MergedSeries, type SeriesIdentity } from "./histogram/merged-series.ts";
export { neverArrived } from "./sink-kit/never-arrived.ts";
export { type FailureFacts, type SafeError, safeError } from "./sink-kit/safe-error.ts";
export { SeriesMap, type SeriesOfMetric } from "./sink-kit/series-map.ts";
export { toValuesAndCounts, type ValuesAndCounts } from "./histogram/to-values-and-counts.ts";
export { unlessAborted } from "./sink-kit/unless-aborted.ts";
export { unopenableSink } from "./sink-kit/unopenable-sink.ts";
export { Warnings } from "./sink-kit/warnings.ts";
export type { ViewRule } from "./views/view-rule.ts";
export { withView } from "./views/with-view.ts";
export { WorkTurn } from "./sink-kit/work-turn.ts";
export { withoutTracing } from "./sink-kit/without-tracing.ts";
