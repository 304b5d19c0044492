import type { ExponentialHistogram, MetricSnapshot } from "@aiokpl/metrics-core";

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
  const { thresholds, count } = snapshot;
  const own = thresholds?.bounds === bounds ? undefined : byHistogram(snapshot, bounds);
  const exact = thresholds === undefined ? NONE : upToEach(thresholds);
  let next = count;
  for (let i = bounds.length - 1; i >= 0; i--) {
    next = Math.min(next, exact.get(bounds[i] ?? NaN) ?? own?.[i] ?? next);
    counts[i] = (counts[i] ?? 0) + next;
  }
}

const NONE: ReadonlyMap<number, number> = new Map();

/** The exact counts, by their thresholds. */
function upToEach({
  bounds,
  counts,
}: NonNullable<MetricSnapshot["thresholds"]>): ReadonlyMap<number, number> {
  let below = 0;
  return new Map(bounds.map((bound, i) => [bound, (below += counts[i] ?? 0)]));
}

function byHistogram(
  { histogram, count, min, max }: MetricSnapshot,
  bounds: readonly number[],
): number[] {
  const inBuckets = histogram === undefined ? bounds.map(() => 0) : perBound(histogram, bounds);
  let below = 0;
  return inBuckets.map((values, i) => {
    below += values;
    const bound = bounds[i] ?? NaN;
    return bound >= max ? count : bound < min ? 0 : below;
  });
}

/** For each bound, how many values have it as the first one that counts them. */
function perBound(histogram: ExponentialHistogram, bounds: readonly number[]): number[] {
  const { scale, zeroCount, positive, negative } = histogram;
  const values = bounds.map(() => 0);
  let position = 0;
  const add = (count: number): void => {
    if (position < bounds.length) values[position] = (values[position] ?? 0) + count;
  };
  const edge = (index: number): number => 2 ** (index * 2 ** -scale);
  // A bucket of negative values has its lower end, and one of positive values does not.
  for (let i = negative.bucketCounts.length - 1; i >= 0; i--) {
    const lowest = -edge(negative.offset + i + 1);
    while ((bounds[position] ?? Infinity) < lowest) position++;
    add(negative.bucketCounts[i] ?? 0);
  }
  while ((bounds[position] ?? Infinity) < 0) position++;
  add(zeroCount);
  for (let i = 0; i < positive.bucketCounts.length; i++) {
    const lowest = edge(positive.offset + i);
    while ((bounds[position] ?? Infinity) <= lowest) position++;
    add(positive.bucketCounts[i] ?? 0);
  }
  return values;
}
