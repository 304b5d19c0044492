import type { MetricSnapshot, ThresholdCounts } from "@aiokpl/metrics-core";

/**
 * Counts how many of a window's values are at most as large as each bound, and adds that to `counts`.
 *
 * The counts are exact at the metric's own thresholds, and at powers of 2, which lie on the edges of buckets, unless
 * one window's values span more than 40 orders of magnitude. A bound inside a bucket counts all of the bucket's values
 * as at most that large. So a count never falls when the open window's histogram becomes coarser.
 *
 * @param bounds ascending; `counts` has one number for each
 */
export function addBoundCounts(
  counts: number[],
  snapshot: MetricSnapshot,
  bounds: readonly number[],
): void {
  const { thresholds } = snapshot;
  if (thresholds === undefined) return addByHistogram(counts, snapshot, bounds);
  const exact = upToEach(thresholds, bounds);
  const rest = bounds.map(() => 0);
  if (exact.includes(undefined)) addByHistogram(rest, snapshot, bounds);
  let next = snapshot.count;
  for (let i = bounds.length - 1; i >= 0; i--) {
    next = Math.min(next, exact[i] ?? rest[i] ?? next);
    counts[i] = (counts[i] ?? 0) + next;
  }
}

/** The counts at those bounds that are thresholds; both ascend. */
function upToEach(thresholds: ThresholdCounts, bounds: readonly number[]): (number | undefined)[] {
  let below = 0;
  let next = 0;
  return bounds.map((bound) => {
    while ((thresholds.bounds[next] ?? Infinity) < bound) below += thresholds.counts[next++] ?? 0;
    return thresholds.bounds[next] === bound ? below + (thresholds.counts[next] ?? 0) : undefined;
  });
}

function addByHistogram(
  counts: number[],
  { histogram, count, min, max }: MetricSnapshot,
  bounds: readonly number[],
): void {
  const { scale, zeroCount, positive, negative } = histogram ?? NO_HISTOGRAM;
  const logarithms = logarithmsOf(bounds);
  const buckets = 2 ** scale;
  let below = 0;
  let nextNegative = negative.bucketCounts.length - 1;
  let nextPositive = 0;
  for (let i = 0; i < bounds.length; i++) {
    const bound = bounds[i] ?? NaN;
    /** Where among the buckets the bound lies; at a whole number, on the edge between two. */
    const index = (logarithms[i] ?? NaN) * buckets;
    // A bucket of negative values has its lower end, and one of positive values does not.
    for (; nextNegative >= 0; nextNegative--) {
      if (bound < 0 && negative.offset + nextNegative + 1 < index) break;
      below += negative.bucketCounts[nextNegative] ?? 0;
    }
    if (bound > 0)
      for (; nextPositive < positive.bucketCounts.length; nextPositive++) {
        if (positive.offset + nextPositive >= index) break;
        below += positive.bucketCounts[nextPositive] ?? 0;
      }
    const upTo = bound >= 0 ? below + zeroCount : below;
    counts[i] = (counts[i] ?? 0) + (bound >= max ? count : bound < min ? 0 : upTo);
  }
}

const NO_BUCKETS = { offset: 0, bucketCounts: [] };
const NO_HISTOGRAM = { scale: 0, zeroCount: 0, positive: NO_BUCKETS, negative: NO_BUCKETS };

/** All series of a metric have the same bounds. */
const knownLogarithms = new WeakMap<readonly number[], readonly number[]>();

function logarithmsOf(bounds: readonly number[]): readonly number[] {
  let logarithms = knownLogarithms.get(bounds);
  if (logarithms === undefined) {
    logarithms = bounds.map((bound) => Math.log2(Math.abs(bound)));
    knownLogarithms.set(bounds, logarithms);
  }
  return logarithms;
}
