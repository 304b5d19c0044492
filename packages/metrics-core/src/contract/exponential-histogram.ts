/**
 * One side of an exponential histogram: `bucketCounts[i]` values have a magnitude in
 * `(base^(offset + i), base^(offset + i + 1)]`. At most 160 buckets.
 */
export interface ExponentialBuckets {
  /** Index of the first bucket; 0 where there is none. */
  readonly offset: number;
  /** Count per bucket; first and last are not zero. */
  readonly bucketCounts: readonly number[];
}

/**
 * A base-2 exponential histogram in OpenTelemetry's data model: bucket boundaries are the powers of
 * `base = 2^(2^-scale)`, lower bound exclusive, upper bound inclusive.
 *
 * @see https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exponentialhistogram
 */
export interface ExponentialHistogram {
  /** Resolution, from −4 (every finite double fits in 160 buckets) to 10 (buckets 0.07 % wide). */
  readonly scale: number;
  /** How many values were exactly zero. */
  readonly zeroCount: number;
  /** Values above zero. */
  readonly positive: ExponentialBuckets;
  /** Values below zero, by magnitude. */
  readonly negative: ExponentialBuckets;
}
