import type {
  ExponentialBuckets,
  ExponentialHistogram,
  MetricSnapshot,
} from "@aiokpl/metrics-core";
import { mergeSnapshots } from "@aiokpl/metrics-core/sink";
import { added, type CumulativeCounts } from "../metric-data/explicit-buckets.ts";

/** All observations of a series since its start. */
export interface Total {
  readonly snapshot: MetricSnapshot;
  /** Counts of explicit buckets; undefined for exponential histograms and for other kinds. */
  readonly counts: CumulativeCounts | undefined;
  /** The boundaries that the counts are for: those of the series' first observations. */
  readonly boundaries?: readonly number[] | undefined;
}

interface OwnBuckets {
  offset: number;
  readonly bucketCounts: number[];
}

interface OwnHistogram {
  scale: number;
  zeroCount: number;
  readonly positive: OwnBuckets;
  readonly negative: OwnBuckets;
  readonly maxBuckets?: number;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Thresholds are left out: `counts` has what becomes of them. */
interface OwnSnapshot extends Writable<Omit<MetricSnapshot, "histogram" | "thresholds">> {
  histogram?: OwnHistogram;
}

/**
 * Keeps the total of one series. A new total is copied into the objects of the old one, because old
 * objects that become garbage, for all series in each window, would cost long pauses.
 */
export class KeptTotal implements Total {
  #snapshot: OwnSnapshot;
  #counts: number[] | undefined;
  #boundaries: readonly number[] | undefined;

  constructor({ snapshot, counts, boundaries }: Total) {
    this.#snapshot = copyOf(snapshot);
    this.#counts = counts && [...counts];
    this.#boundaries = boundaries;
  }

  /** It shows the next total after {@link replace}. */
  get snapshot(): MetricSnapshot {
    return this.#snapshot;
  }

  /** They show the next total after {@link replace}. */
  get counts(): CumulativeCounts | undefined {
    return this.#counts;
  }

  get boundaries(): readonly number[] | undefined {
    return this.#boundaries;
  }

  /**
   * Adds what is new. It comes to the same as taking over `mergeSnapshots` of both, but makes no objects
   * as long as the buckets have room for what is new.
   */
  add({ snapshot: delta, counts }: Total): void {
    const own = this.#snapshot;
    if (!hasRoom(own.histogram, delta.histogram)) {
      const { windowStart } = own;
      this.replace({
        snapshot: { ...mergeSnapshots(own, delta), windowStart },
        counts: counts && added(this.#counts, counts),
        boundaries: this.#boundaries,
      });
      return;
    }
    own.count += delta.count;
    own.sum = Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, own.sum + delta.sum));
    own.min = Math.min(own.min, delta.min);
    own.max = Math.max(own.max, delta.max);
    if (isLater(delta, own)) own.last = delta.last;
    own.windowEnd = Math.max(own.windowEnd, delta.windowEnd);
    if (own.description === undefined && delta.description !== undefined)
      own.description = delta.description;
    if (own.histogram !== undefined && delta.histogram !== undefined)
      addHistogram(own.histogram, delta.histogram);
    if (counts !== undefined) this.#counts = addNumbers(this.#counts, counts);
  }

  /** Takes over another total of the same series. */
  replace({ snapshot, counts, boundaries }: Total): void {
    this.#boundaries = boundaries;
    const own = this.#snapshot;
    const { description, histogram } = snapshot;
    if (
      own.description === description &&
      (own.histogram === undefined) === (histogram === undefined) &&
      own.histogram?.maxBuckets === histogram?.maxBuckets
    ) {
      own.count = snapshot.count;
      own.sum = snapshot.sum;
      own.min = snapshot.min;
      own.max = snapshot.max;
      own.last = snapshot.last;
      own.windowStart = snapshot.windowStart;
      own.windowEnd = snapshot.windowEnd;
      if (own.histogram !== undefined && histogram !== undefined)
        replaceHistogram(own.histogram, histogram);
    } else this.#snapshot = copyOf(snapshot);
    if (this.#counts !== undefined && counts !== undefined) replaceNumbers(this.#counts, counts);
    else this.#counts = counts && [...counts];
  }
}

/** Whether the second histogram's values lie in buckets of the first one. */
function hasRoom(own: OwnHistogram | undefined, delta: ExponentialHistogram | undefined): boolean {
  if (own === undefined || delta === undefined) return own === delta;
  const shift = delta.scale - own.scale;
  return (
    shift >= 0 &&
    fits(own.positive, delta.positive, shift) &&
    fits(own.negative, delta.negative, shift)
  );
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

/** Whether a window is later than what a total has, so that its last value is the newest. */
function isLater(delta: MetricSnapshot, own: OwnSnapshot): boolean {
  return (
    delta.windowEnd > own.windowEnd ||
    (delta.windowEnd === own.windowEnd && delta.windowStart >= own.windowStart)
  );
}

function addHistogram(own: OwnHistogram, delta: ExponentialHistogram): void {
  const shift = delta.scale - own.scale;
  own.zeroCount += delta.zeroCount;
  addBuckets(own.positive, delta.positive, shift);
  addBuckets(own.negative, delta.negative, shift);
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

function addNumbers(own: number[] | undefined, numbers: readonly number[]): number[] {
  if (own === undefined) return [...numbers];
  for (let i = 0; i < numbers.length; i++) own[i] = (own[i] ?? 0) + (numbers[i] ?? 0);
  return own;
}

function copyOf(snapshot: MetricSnapshot): OwnSnapshot {
  const { histogram, thresholds: _, ...others } = snapshot;
  if (histogram === undefined) return others;
  const { scale, zeroCount, positive, negative, maxBuckets } = histogram;
  return {
    ...others,
    histogram: {
      scale,
      zeroCount,
      positive: { offset: positive.offset, bucketCounts: [...positive.bucketCounts] },
      negative: { offset: negative.offset, bucketCounts: [...negative.bucketCounts] },
      ...(maxBuckets === undefined ? undefined : { maxBuckets }),
    },
  };
}

function replaceHistogram(own: OwnHistogram, histogram: ExponentialHistogram): void {
  own.scale = histogram.scale;
  own.zeroCount = histogram.zeroCount;
  replaceBuckets(own.positive, histogram.positive);
  replaceBuckets(own.negative, histogram.negative);
}

function replaceBuckets(own: OwnBuckets, { offset, bucketCounts }: ExponentialBuckets): void {
  own.offset = offset;
  replaceNumbers(own.bucketCounts, bucketCounts);
}

function replaceNumbers(own: number[], numbers: readonly number[]): void {
  for (let i = 0; i < numbers.length; i++) own[i] = numbers[i] ?? 0;
  own.length = numbers.length;
}
