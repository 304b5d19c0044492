import type { MetricSnapshot } from "@aiokpl/metrics-core";
import { toValuesAndCounts } from "@aiokpl/metrics-core/sink";
import type { Dimension, MetricDatum } from "@aws-sdk/client-cloudwatch";
import { withoutBlanks } from "../series/blank-dimensions.ts";
import { datumTimestamp } from "./datum-timestamp.ts";
import { toStandardUnit } from "./units.ts";

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html */
const MAX_VALUES = 150;

const NO_VALUES = { values: undefined, counts: undefined };

/** Options of {@link toDatum}. */
export interface DatumOptions {
  /** True makes values with counts of distributions, for CloudWatch's percentiles; false makes statistics only. */
  readonly percentiles: boolean;
  /** CloudWatch's resolution in seconds. */
  readonly storageResolution: 1 | 60;
}

/**
 * Makes the datum of a valid snapshot. Counters, gauges and distributions without percentiles become
 * a set of statistics. Other distributions become at most 150 values with counts: count, minimum and
 * maximum are exact, the sum is exact to within rounding, and a percentile to within its bucket. At a
 * threshold of the metric, CloudWatch's percentile rank, such as `PR(:300)`, is exact.
 */
export function toDatum(snapshot: MetricSnapshot, options: DatumOptions): MetricDatum {
  const { name, kind, unit, count, sum, min, max } = snapshot;
  const dimensions = withoutBlanks(snapshot.dimensions);
  const isSpread = kind === "distribution" && options.percentiles;
  const { values, counts } = isSpread ? toValuesAndCounts(snapshot, MAX_VALUES) : NO_VALUES;
  // The SDK does not send members that are undefined.
  return {
    MetricName: name,
    Timestamp: new Date(datumTimestamp(snapshot)),
    Dimensions: dimensions.length === 0 ? undefined : dimensions.map(toDimension),
    Unit: toStandardUnit(unit),
    StorageResolution: options.storageResolution === 60 ? undefined : 1,
    StatisticValues: isSpread
      ? undefined
      : { SampleCount: count, Sum: sum, Minimum: min, Maximum: max },
    Values: values,
    Counts: counts,
  };
}

function toDimension([Name, Value]: readonly [string, string]): Dimension {
  return { Name, Value };
}
