import type { MetricSnapshot, ThresholdCounts } from "@aiokpl/metrics-core";

/** For each boundary, how many values are at most that large; then the number of all values. */
export type CumulativeCounts = readonly number[];

/** Returns the boundaries of a snapshot's explicit buckets; undefined for an exponential histogram and for other kinds. */
export type BoundariesOf = (snapshot: MetricSnapshot) => readonly number[] | undefined;

/**
 * Distributions get explicit buckets if boundaries are given. A metric with thresholds has them as its
 * boundaries, so that its counts are exact.
 */
export function explicitBoundaries(boundaries: readonly number[] | undefined): BoundariesOf {
  if (boundaries === undefined) return () => undefined;
  return ({ kind, thresholds }) =>
    kind === "distribution" ? (thresholds?.bounds ?? boundaries) : undefined;
}

/** Returns a distribution's counts up to each boundary; undefined without boundaries. */
export function explicitCounts(
  snapshot: MetricSnapshot,
  boundaries: readonly number[] | undefined,
): CumulativeCounts | undefined {
  return boundaries && cumulativeCounts(snapshot, boundaries);
}

/**
 * Counts a snapshot's values up to each boundary. At the snapshot's thresholds the counts are exact. If
 * another boundary lies inside a bucket of the histogram, that bucket counts as above the boundary. So a
 * quantile is off by at most one bucket of the histogram and one explicit bucket.
 */
export function cumulativeCounts(
  { histogram, thresholds, count, min, max }: MetricSnapshot,
  boundaries: readonly number[],
): CumulativeCounts {
  const counts = boundaries.map(() => 0);
  let position = 0;
  /** Adds values of at most `upper`, which ascends from call to call. */
  const add = (upper: number, values: number): void => {
    while (position < boundaries.length && (boundaries[position] ?? NaN) < upper) position++;
    if (position < boundaries.length) counts[position] = (counts[position] ?? 0) + values;
  };
  if (histogram !== undefined) {
    const { scale, zeroCount, positive, negative } = histogram;
    const boundOf = (index: number): number => 2 ** (index * 2 ** -scale);
    for (let i = negative.bucketCounts.length - 1; i >= 0; i--)
      add(-boundOf(negative.offset + i), negative.bucketCounts[i] ?? 0);
    add(0, zeroCount);
    for (const [i, each] of positive.bucketCounts.entries())
      add(boundOf(positive.offset + i + 1), each);
  }
  let below = 0;
  const upTo = counts.map((each, i) => {
    below += each;
    const boundary = boundaries[i] ?? NaN;
    return boundary >= max ? count : boundary < min ? 0 : below;
  });
  return [...(thresholds === undefined ? upTo : corrected(upTo, boundaries, thresholds)), count];
}

/** Makes counts exact at the thresholds, and those between two thresholds fit to theirs. */
function corrected(
  upTo: CumulativeCounts,
  boundaries: readonly number[],
  { bounds, counts }: ThresholdCounts,
): CumulativeCounts {
  let place = 0;
  let least = 0;
  let most = counts[0] ?? 0;
  return upTo.map((each, i) => {
    const boundary = boundaries[i] ?? NaN;
    while ((bounds[place] ?? Infinity) <= boundary) {
      least = most;
      most += counts[++place] ?? 0;
    }
    return bounds[place - 1] === boundary ? least : Math.max(least, Math.min(most, each));
  });
}

/** Returns the larger count at each boundary, so that no count ever shrinks. */
export function atLeast(a: CumulativeCounts | undefined, b: CumulativeCounts): CumulativeCounts {
  return a === undefined ? b : b.map((each, i) => Math.max(each, a[i] ?? 0));
}

/** Returns the number of values in each bucket. */
export function bucketCounts(counts: CumulativeCounts): number[] {
  return counts.map((each, i) => each - (counts[i - 1] ?? 0));
}

/**
 * Returns a copy of the boundaries.
 *
 * @throws RangeError unless they are at most 1,000 finite numbers in ascending order
 */
export function checkBoundaries(option: string, boundaries: readonly number[]): readonly number[] {
  const isAscending =
    Array.isArray(boundaries) &&
    boundaries.length <= 1_000 &&
    boundaries.every(
      (each, i) => Number.isFinite(each) && (i === 0 || each > (boundaries[i - 1] ?? NaN)),
    );
  if (!isAscending)
    throw new RangeError(
      `${option} is ${JSON.stringify(boundaries)?.slice(0, 100)}, must be a list of at most 1,000 finite numbers in ascending order`,
    );
  return [...boundaries];
}
