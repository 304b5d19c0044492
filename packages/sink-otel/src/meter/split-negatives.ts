import type {
  ExponentialBuckets,
  ExponentialHistogram,
  MetricSnapshot,
} from "@aiokpl/metrics-core";

/** A distribution's negative observations apart from the others; a part without observations is undefined. */
export interface SplitSnapshot {
  readonly negative?: MetricSnapshot | undefined;
  readonly others?: MetricSnapshot | undefined;
}

const NO_BUCKETS: ExponentialBuckets = { offset: 0, bucketCounts: [] };

/**
 * Splits a distribution into its negative observations and the others, which merge to the whole
 * again. Counts and histograms of the parts are exact. Where the parts meet, their bounds are those
 * of the buckets; the sums add up to the whole, and each is possible within its part's bounds.
 *
 * Without a histogram nobody knows which observations are negative; then all count as such.
 */
export function splitNegatives(snapshot: MetricSnapshot): SplitSnapshot {
  const { min, max, count, sum, last, histogram } = snapshot;
  if (!(min < 0)) return { others: snapshot };
  if (histogram === undefined || max < 0) return { negative: snapshot };
  const negatives = total(histogram.negative);
  const rest = count - negatives;
  if (rest <= 0) return { negative: snapshot };
  if (negatives === 0) return { others: snapshot };
  const highest = Math.max(min, -lowerBound(histogram.negative, histogram.scale));
  const lowest =
    histogram.zeroCount > 0 ? 0 : Math.min(max, lowerBound(histogram.positive, histogram.scale));
  // Any sum between these leaves one to the other part that is possible there.
  const least = Math.max(negatives * min, sum - rest * max);
  const most = Math.min(negatives * highest, sum - rest * lowest);
  const negativeSum = finite(least / 2 + most / 2);
  return {
    negative: {
      ...snapshot,
      count: negatives,
      sum: negativeSum,
      max: highest,
      last: Math.min(last, highest),
      histogram: { ...histogram, zeroCount: 0, positive: NO_BUCKETS },
    },
    others: {
      ...snapshot,
      count: rest,
      sum: finite(sum - negativeSum),
      min: lowest,
      last: Math.max(last, lowest),
      histogram: { ...histogram, negative: NO_BUCKETS },
    },
  };
}

function total({ bucketCounts }: ExponentialBuckets): number {
  return bucketCounts.reduce((all, each) => all + each, 0);
}

/** The lower bound, by absolute value, of the first bucket with a value in it. */
function lowerBound(
  { offset, bucketCounts }: ExponentialBuckets,
  scale: ExponentialHistogram["scale"],
): number {
  const first = bucketCounts.findIndex((each) => each > 0);
  return 2 ** ((offset + Math.max(0, first)) * 2 ** -scale);
}

function finite(sum: number): number {
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, sum));
}
