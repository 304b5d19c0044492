import type { ExponentialBuckets, ExponentialHistogram } from "@aiokpl/metrics-core";

/** The finest resolution that Prometheus takes; OpenTelemetry's scale is the same number. */
const FINEST_SCHEMA = 8;

/** So many empty buckets between two others cost no more than a new span. */
const LONGEST_GAP = 2;

/** Neighbouring buckets. */
interface BucketSpan {
  /** For the first span the index of its first bucket; then how many buckets were left out since the last span. */
  readonly offset: number;
  readonly length: number;
}

/** Buckets above or below zero. */
export interface NativeBuckets {
  readonly spans: readonly BucketSpan[];
  /** What each bucket's count is more than the one's before it. */
  readonly deltas: readonly number[];
}

/** A histogram as Prometheus calls native. */
export interface NativeHistogram {
  /** From −4 to 8: buckets are 2^(2^−schema) times as wide as they begin. */
  readonly schema: number;
  readonly zeroCount: number;
  readonly positive: NativeBuckets;
  readonly negative: NativeBuckets;
}

/**
 * Converts a histogram of OpenTelemetry's data model. One that is finer than Prometheus allows has its neighbouring
 * buckets merged.
 */
export function toNativeHistogram(histogram: ExponentialHistogram): NativeHistogram {
  const { scale, zeroCount, positive, negative } = histogram;
  const schema = Math.min(scale, FINEST_SCHEMA);
  const shift = scale - schema;
  return {
    schema,
    zeroCount,
    positive: toNativeBuckets(positive, shift),
    negative: toNativeBuckets(negative, shift),
  };
}

function toNativeBuckets(
  { offset, bucketCounts }: ExponentialBuckets,
  shift: number,
): NativeBuckets {
  const spans: { offset: number; length: number }[] = [];
  const deltas: number[] = [];
  let before = 0;
  /** The index after the last bucket of the last span. */
  let end = 0;
  const addBucket = (count: number): void => {
    deltas.push(count - before);
    before = count;
    end++;
  };
  for (let i = 0; i < bucketCounts.length;) {
    // OpenTelemetry's bucket is named after its lower bound, and Prometheus' after its upper one.
    const index = ((offset + i) >> shift) + 1;
    let count = 0;
    for (; i < bucketCounts.length && ((offset + i) >> shift) + 1 === index; i++)
      count += bucketCounts[i] ?? 0;
    if (count === 0) continue;
    const gap = index - end;
    const last = spans.at(-1);
    if (last === undefined || gap > LONGEST_GAP) {
      end = index;
      spans.push({ offset: gap, length: 1 });
    } else {
      last.length += gap + 1;
      for (let left = 0; left < gap; left++) addBucket(0);
    }
    addBucket(count);
  }
  return { spans, deltas };
}
