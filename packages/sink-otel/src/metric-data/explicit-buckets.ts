import type { MetricSnapshot } from "@aiokpl/metrics-core";

/** For each boundary, how many values are at most that large; then the number of all values. */
export type CumulativeCounts = readonly number[];

/** Returns a distribution's counts up to each boundary; undefined without boundaries and for other kinds. */
export function explicitCounts(
  snapshot: MetricSnapshot,
  boundaries: readonly number[] | undefined,
): CumulativeCounts | undefined {
  return boundaries !== undefined && snapshot.kind === "distribution"
    ? cumulativeCounts(snapshot, boundaries)
    : undefined;
}

/**
 * Counts a snapshot's values up to each boundary. If a boundary lies inside a bucket of the
 * histogram, that bucket counts as above the boundary. So a quantile is off by at most one bucket of
 * the histogram and one explicit bucket.
 */
export function cumulativeCounts(
  { histogram, count, min, max }: MetricSnapshot,
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
  return [...upTo, count];
}

/** Returns the sum of both. */
export function added(a: CumulativeCounts | undefined, b: CumulativeCounts): CumulativeCounts {
  return a === undefined ? b : b.map((each, i) => each + (a[i] ?? 0));
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
