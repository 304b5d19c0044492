import { hasOnlyKeys, oneOf, plainObject, show } from "@aiokpl/metrics-core/sink";
import type { DimensionSet, DimensionSets } from "./dimension-sets.ts";

/** Options of {@link kplDimensionSets}. */
export interface KplDimensionSetsOptions {
  /** The finest series that are sent; the KPL's `metricsGranularity`. @default "shard" */
  readonly granularity?: "global" | "stream" | "shard" | undefined;
  /** Names of the program's own dimensions that come before the error code, as the KPL's `addAdditionalMetricsDimension` adds them. @default none */
  readonly global?: readonly string[] | undefined;
  /** Names of the program's own dimensions that come after the stream. @default none */
  readonly stream?: readonly string[] | undefined;
  /** Names of the program's own dimensions that come after the shard. @default none */
  readonly shard?: readonly string[] | undefined;
}

/** The KPL's names for the dimensions of `kplMetrics`, for the option `dimensionNames`. */
export const kplDimensionNames: Readonly<Record<"code" | "stream" | "shard", string>> = {
  code: "ErrorCode",
  stream: "StreamName",
  shard: "ShardId",
};

/**
 * The series of the Kinesis Producer Library (KPL), for the option `dimensionSets`. The dimensions
 * form a path: global extras, error code, stream, stream extras, shard, shard extras. Each prefix of
 * the path becomes a series, as far as the metric has its dimensions. A metric with any other
 * dimension is no metric of the KPL, and keeps all of its dimensions.
 *
 * @throws TypeError or RangeError for a wrong option; the message names it, its value and what is allowed
 * @see https://github.com/awslabs/amazon-kinesis-producer/blob/master/aws/metrics/metrics_manager.h
 */
export function kplDimensionSets(options: KplDimensionSetsOptions = {}): DimensionSets {
  const { granularity = "shard", global = [], stream = [], shard = [] } = options;
  hasOnlyKeys(plainObject("options", options), ["granularity", "global", "stream", "shard"]);
  oneOf("granularity", granularity, ["global", "stream", "shard"]);
  for (const [option, extras] of Object.entries({ global, stream, shard }))
    if (!Array.isArray(extras) || !extras.every((name) => typeof name === "string"))
      throw new TypeError(`${option} is ${show(extras)}, must be a list of dimension names`);
  const path = [...global, "code", "stream", ...stream, "shard", ...shard];
  const tooFine: readonly string[] = { global: ["stream", "shard"], stream: ["shard"], shard: [] }[
    granularity
  ];
  return ({ dimensions }) => {
    const names = new Set(dimensions.map(([name]) => name));
    if ([...names].some((name) => !path.includes(name))) return undefined;
    const sets: DimensionSet[] = [[]];
    const prefix: string[] = [];
    for (const name of path) {
      if (!names.has(name)) continue;
      if (tooFine.includes(name)) break;
      prefix.push(name);
      sets.push([...prefix]);
    }
    return sets;
  };
}
