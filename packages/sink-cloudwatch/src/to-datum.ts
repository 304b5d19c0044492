import type { MetricSnapshot } from "@aiokpl/metrics-core";
import { toValuesAndCounts } from "@aiokpl/metrics-core/sink";
import type { MetricDatum } from "@aws-sdk/client-cloudwatch";
import { stampOf } from "./stamp-of.ts";
import { toStandardUnit } from "./units.ts";

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html */
const MAX_VALUES = 150;

/** How snapshots become datums. */
export interface DatumOptions {
  /** Values with counts for distributions, which CloudWatch makes percentiles of; else statistics only. */
  readonly percentiles: boolean;
  readonly storageResolution: 1 | 60;
}

/**
 * The datum of a valid snapshot. Counters, gauges and distributions without percentiles become a set
 * of statistics. Other distributions become at most 150 values with counts: count, minimum and
 * maximum are exact, the sum is to within rounding, a percentile to within its bucket.
 */
export function toDatum(snapshot: MetricSnapshot, options: DatumOptions): MetricDatum {
  const { name, kind, unit, dimensions, count, sum, min, max } = snapshot;
  const standardUnit = toStandardUnit(unit);
  const datum: MetricDatum = {
    MetricName: name,
    Timestamp: new Date(stampOf(snapshot)),
    ...(dimensions.length === 0
      ? undefined
      : { Dimensions: dimensions.map(([Name, Value]) => ({ Name, Value })) }),
    ...(standardUnit === undefined ? undefined : { Unit: standardUnit }),
    ...(options.storageResolution === 60 ? undefined : { StorageResolution: 1 }),
  };
  if (kind === "distribution" && options.percentiles) {
    const { values, counts } = toValuesAndCounts(snapshot, MAX_VALUES);
    return { ...datum, Values: values, Counts: counts };
  }
  return {
    ...datum,
    StatisticValues: { SampleCount: count, Sum: sum, Minimum: min, Maximum: max },
  };
}

/**
 * How many bytes a datum takes in the JSON body of a request, separator included. A time stamp is
 * written in seconds with up to three decimals.
 */
export function jsonBytes(datum: MetricDatum): number {
  const seconds = (datum.Timestamp?.getTime() ?? 0) / 1_000;
  return Buffer.byteLength(JSON.stringify({ ...datum, Timestamp: seconds })) + 1;
}
