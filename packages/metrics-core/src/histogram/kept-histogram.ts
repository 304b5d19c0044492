import type {
  ExponentialBuckets,
  ExponentialHistogram,
} from "../contract/exponential-histogram.ts";

interface OwnBuckets {
  offset: number;
  readonly bucketCounts: number[];
}

/**
 * A histogram that a sink keeps, to add window after window to it. What is added changes its own arrays
 * as long as its buckets have room: new ones for all series in each window, and the garbage that the old ones
 * become, would cost long pauses.
 */
export class KeptHistogram implements ExponentialHistogram {
  /** The finer the buckets, the higher: each bound is `2 ** 2 ** -scale` times the one before. Falls as values spread. */
  scale: number;
  /** Number of values that are 0. */
  zeroCount: number;
  /** Counts of the values above 0. */
  readonly positive: OwnBuckets;
  /** Counts of the values below 0, by their size. */
  readonly negative: OwnBuckets;
  /** The most buckets on each side of zero, where that is not 160. */
  readonly maxBuckets?: number;

  /** @param histogram is copied */
  constructor({ scale, zeroCount, positive, negative, maxBuckets }: ExponentialHistogram) {
    this.scale = scale;
    this.zeroCount = zeroCount;
    this.positive = { offset: positive.offset, bucketCounts: [...positive.bucketCounts] };
    this.negative = { offset: negative.offset, bucketCounts: [...negative.bucketCounts] };
    if (maxBuckets !== undefined) this.maxBuckets = maxBuckets;
  }

  /** Adds another histogram if its values lie in buckets of this one; returns whether they do. If not, merge both. */
  add({ scale, zeroCount, positive, negative }: ExponentialHistogram): boolean {
    const shift = scale - this.scale;
    const hasRoom =
      shift >= 0 && fits(this.positive, positive, shift) && fits(this.negative, negative, shift);
    if (!hasRoom) return false;
    this.zeroCount += zeroCount;
    addBuckets(this.positive, positive, shift);
    addBuckets(this.negative, negative, shift);
    return true;
  }

  /** Takes over another histogram of the same `maxBuckets`. */
  replace({ scale, zeroCount, positive, negative }: ExponentialHistogram): void {
    this.scale = scale;
    this.zeroCount = zeroCount;
    replaceBuckets(this.positive, positive);
    replaceBuckets(this.negative, negative);
  }
}

function fits(
  own: OwnBuckets,
  { offset, bucketCounts }: ExponentialBuckets,
  shift: number,
): boolean {
  return (
    bucketCounts.length === 0 ||
    (offset >> shift >= own.offset &&
      (offset + bucketCounts.length - 1) >> shift < own.offset + own.bucketCounts.length)
  );
}

function addBuckets(
  { offset: first, bucketCounts: own }: OwnBuckets,
  { offset, bucketCounts }: ExponentialBuckets,
  shift: number,
): void {
  for (let i = 0; i < bucketCounts.length; i++) {
    const position = ((offset + i) >> shift) - first;
    own[position] = (own[position] ?? 0) + (bucketCounts[i] ?? 0);
  }
}

function replaceBuckets(own: OwnBuckets, { offset, bucketCounts }: ExponentialBuckets): void {
  own.offset = offset;
  for (let i = 0; i < bucketCounts.length; i++) own.bucketCounts[i] = bucketCounts[i] ?? 0;
  own.bucketCounts.length = bucketCounts.length;
}
