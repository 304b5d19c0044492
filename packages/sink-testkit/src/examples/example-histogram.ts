import type { ExponentialBuckets, ExponentialHistogram } from "@aiokpl/metrics-core";

const MAX_BUCKETS = 160;
const MAX_SCALE = 10;

/** Builds the histogram of finite values, at the highest scale up to 10 at which each side fits in 160 buckets. */
export function histogramOf(values: readonly number[]): ExponentialHistogram {
  const positive = values.filter((value) => value > 0);
  const negative = values.filter((value) => value < 0).map((value) => -value);
  let scale = MAX_SCALE;
  while (width(positive, scale) > MAX_BUCKETS || width(negative, scale) > MAX_BUCKETS) scale--;
  return {
    scale,
    zeroCount: values.length - positive.length - negative.length,
    positive: bucketsOf(positive, scale),
    negative: bucketsOf(negative, scale),
  };
}

/**
 * The index of the bucket `(base^index, base^(index + 1)]` that holds a magnitude.
 *
 * @see https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exponentialhistogram
 */
function indexOf(magnitude: number, scale: number): number {
  const boundOf = (index: number): number => 2 ** (index * 2 ** -scale);
  const index = Math.ceil(Math.log2(magnitude) * 2 ** scale) - 1;
  // A logarithm takes the next double above a power of two for that power.
  return boundOf(index + 1) < magnitude ? index + 1 : index;
}

function width(magnitudes: readonly number[], scale: number): number {
  const { first, last } = range(magnitudes, scale);
  return last - first + 1;
}

function range(
  magnitudes: readonly number[],
  scale: number,
): { readonly first: number; readonly last: number } {
  let first = Infinity;
  let last = -Infinity;
  for (const magnitude of magnitudes) {
    const index = indexOf(magnitude, scale);
    first = Math.min(first, index);
    last = Math.max(last, index);
  }
  return { first, last };
}

function bucketsOf(magnitudes: readonly number[], scale: number): ExponentialBuckets {
  if (magnitudes.length === 0) return { offset: 0, bucketCounts: [] };
  const { first, last } = range(magnitudes, scale);
  const bucketCounts = Array.from({ length: last - first + 1 }, () => 0);
  for (const magnitude of magnitudes) {
    const index = indexOf(magnitude, scale) - first;
    bucketCounts[index] = (bucketCounts[index] ?? 0) + 1;
  }
  return { offset: first, bucketCounts };
}
