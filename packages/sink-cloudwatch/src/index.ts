/**
 * Amazon CloudWatch as a sink for `@aiokpl/metrics-core`.
 *
 * @module
 */
export type { DestroyableMetricDataClient, MetricDataClient } from "./client/metric-data-client.ts";
export type { CloudWatchSinkOptions } from "./cloudwatch-options.ts";
export { CloudWatchSink } from "./cloudwatch-sink.ts";
export { createSink } from "./create-sink.ts";
export type { DimensionSet, DimensionSets } from "./series/dimension-sets.ts";
export {
  kplDimensionNames,
  kplDimensionSets,
  type KplDimensionSetsOptions,
} from "./series/kpl-dimension-sets.ts";
