import type {
  ExponentialBuckets,
  ExponentialHistogram,
  MetricSnapshot,
} from "@aiokpl/metrics-core";
import type { CumulativeCounts } from "../metric-data/explicit-buckets.ts";

/** All observations of a series since its start. */
export interface Total {
  readonly snapshot: MetricSnapshot;
  /** Counts of explicit buckets; undefined for exponential histograms and for other kinds. */
  readonly counts: CumulativeCounts | undefined;
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
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

interface OwnSnapshot extends Writable<Omit<MetricSnapshot, "histogram">> {
  histogram?: OwnHistogram;
}

/**
 * Keeps the total of one series. A new total is copied into the objects of the old one, because old
 * objects that become garbage, for all series in each window, would cost long pauses.
 */
export class KeptTotal implements Total {
  #snapshot: OwnSnapshot;
  #counts: number[] | undefined;

  constructor({ snapshot, counts }: Total) {
    this.#snapshot = copyOf(snapshot);
    this.#counts = counts && [...counts];
  }

  /** It shows the next total after {@link replace}. */
  get snapshot(): MetricSnapshot {
    return this.#snapshot;
  }

  /** They show the next total after {@link replace}. */
  get counts(): CumulativeCounts | undefined {
    return this.#counts;
  }

  /** Takes over another total of the same series. */
  replace({ snapshot, counts }: Total): void {
    const own = this.#snapshot;
    const { description, histogram } = snapshot;
    if (
      own.description === description &&
      (own.histogram === undefined) === (histogram === undefined)
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

function copyOf(snapshot: MetricSnapshot): OwnSnapshot {
  const { histogram, ...others } = snapshot;
  if (histogram === undefined) return others;
  const { scale, zeroCount, positive, negative } = histogram;
  return {
    ...others,
    histogram: {
      scale,
      zeroCount,
      positive: { offset: positive.offset, bucketCounts: [...positive.bucketCounts] },
      negative: { offset: negative.offset, bucketCounts: [...negative.bucketCounts] },
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
