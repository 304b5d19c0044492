/**
 * Amazon CloudWatch as a sink for `@aiokpl/metrics-core`.
 *
 * @module
 */
export type { CloudWatchSinkOptions } from "./cloudwatch-options.ts";
export { CloudWatchSink } from "./cloudwatch-sink.ts";
export { createSink } from "./create-sink.ts";
export type { DimensionSet, DimensionSets } from "./dimension-sets.ts";
export {
  kplDimensionNames,
  kplDimensionSets,
  type KplDimensionSetsOptions,
} from "./kpl-dimension-sets.ts";
