import type { MetricSnapshot } from "../contract/metric-snapshot.ts";
import { MAX_BUCKETS } from "../histogram/bucket-index.ts";
import { Histogram } from "../histogram/histogram.ts";
import { ThresholdBounds } from "../histogram/threshold-bounds.ts";
import { ThresholdHistogram } from "../histogram/threshold-histogram.ts";

/** The snapshot of a distribution with these values, as a manager makes it. */
export function distributionOf(
  values: Iterable<number>,
  options: { readonly bounds?: readonly number[]; readonly maxBuckets?: number } = {},
): MetricSnapshot {
  const { bounds, maxBuckets = MAX_BUCKETS } = options;
  const histogram =
    bounds === undefined
      ? new Histogram(maxBuckets)
      : new ThresholdHistogram(maxBuckets, new ThresholdBounds(bounds));
  let count = 0;
  let sum = 0;
  let min = Infinity;
  let max = -Infinity;
  let last = 0;
  for (const value of values) {
    histogram.record(value);
    count++;
    sum += value;
    min = Math.min(min, value);
    max = Math.max(max, value);
    last = value;
  }
  const thresholds = histogram.thresholds();
  const data = histogram.toData();
  histogram.release();
  return {
    name: "Latency",
    kind: "distribution",
    unit: "ms",
    count,
    sum: Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, sum)),
    min,
    max,
    last,
    dimensions: [],
    windowStart: 0,
    windowEnd: 60_000,
    histogram: data,
    ...(thresholds === undefined ? undefined : { thresholds }),
  };
}
