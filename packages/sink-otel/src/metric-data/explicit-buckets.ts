import type { MetricSnapshot } from "@aiokpl/metrics-core";

/** How many values are at most each boundary, and last how many there are. */
export type CumulativeCounts = readonly number[];

/**
 * A snapshot's values counted up to each boundary. A bucket of the histogram that holds a boundary
 * counts as above it, so a quantile is off by at most one such bucket and one of these.
 */
export function cumulativeCounts(
  { histogram, count, min, max }: MetricSnapshot,
  boundaries: readonly number[],
): CumulativeCounts {
  const counts = boundaries.map(() => 0);
  let position = 0;
  /** Values of at most `upper`, which ascends from call to call. */
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

/** The sum of both. */
export function added(a: CumulativeCounts | undefined, b: CumulativeCounts): CumulativeCounts {
  return a === undefined ? b : b.map((each, i) => each + (a[i] ?? 0));
}

/** Of each the larger, so that no count is ever less than it was. */
export function atLeast(a: CumulativeCounts | undefined, b: CumulativeCounts): CumulativeCounts {
  return a === undefined ? b : b.map((each, i) => Math.max(each, a[i] ?? 0));
}

/** Each bucket's own count. */
export function bucketCounts(counts: CumulativeCounts): number[] {
  return counts.map((each, i) => each - (counts[i - 1] ?? 0));
}

/** @throws TypeError or RangeError where they are no finite numbers in ascending order */
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
