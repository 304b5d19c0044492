/**
 * One side of an exponential histogram: `bucketCounts[i]` values have a magnitude in
 * `(base^(offset + i), base^(offset + i + 1)]`.
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
  /**
   * Resolution, from −4 (all finite doubles lie in 132 buckets) to 10 (buckets 0.07 % wide). Those of other programs
   * may have up to 20, and can be merged.
   */
  readonly scale: number;
  /** How many values were exactly zero. */
  readonly zeroCount: number;
  /** Values above zero. */
  readonly positive: ExponentialBuckets;
  /** Values below zero, by magnitude. */
  readonly negative: ExponentialBuckets;
  /** Most buckets of a side, 132 to 2,048, where its metric declares `maxBuckets`. Absent means 160. */
  readonly maxBuckets?: number;
}
