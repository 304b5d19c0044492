import type { ExponentialHistogram, MetricSnapshot } from "@aiokpl/metrics-core";
import { KeptHistogram, mergeSnapshots } from "@aiokpl/metrics-core/sink";
import { added, type CumulativeCounts } from "../metric-data/explicit-buckets.ts";

/** All observations of a series since its start. */
export interface Total {
  readonly snapshot: MetricSnapshot;
  /** Counts of explicit buckets; undefined for exponential histograms and for other kinds. */
  readonly counts: CumulativeCounts | undefined;
  /** The boundaries that the counts are for: those of the series' first observations. */
  readonly boundaries?: readonly number[] | undefined;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Thresholds are left out: `counts` has what becomes of them. */
interface OwnSnapshot extends Writable<Omit<MetricSnapshot, "histogram" | "thresholds">> {
  histogram?: KeptHistogram;
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
    if (!isAdded(own.histogram, delta.histogram)) {
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
      if (own.histogram !== undefined && histogram !== undefined) own.histogram.replace(histogram);
    } else this.#snapshot = copyOf(snapshot);
    if (this.#counts !== undefined && counts !== undefined) replaceNumbers(this.#counts, counts);
    else this.#counts = counts && [...counts];
  }
}

/** Adds what is new to the own histogram, if there is one with room for it; returns whether nothing is left to add. */
function isAdded(own: KeptHistogram | undefined, delta: ExponentialHistogram | undefined): boolean {
  return own === undefined || delta === undefined ? own === delta : own.add(delta);
}

/** Whether a window is later than what a total has, so that its last value is the newest. */
function isLater(delta: MetricSnapshot, own: OwnSnapshot): boolean {
  return (
    delta.windowEnd > own.windowEnd ||
    (delta.windowEnd === own.windowEnd && delta.windowStart >= own.windowStart)
  );
}

function addNumbers(own: number[] | undefined, numbers: readonly number[]): number[] {
  if (own === undefined) return [...numbers];
  for (let i = 0; i < numbers.length; i++) own[i] = (own[i] ?? 0) + (numbers[i] ?? 0);
  return own;
}

function copyOf(snapshot: MetricSnapshot): OwnSnapshot {
  const { histogram, thresholds: _, ...others } = snapshot;
  return histogram === undefined ? others : { ...others, histogram: new KeptHistogram(histogram) };
}

function replaceNumbers(own: number[], numbers: readonly number[]): void {
  for (let i = 0; i < numbers.length; i++) own[i] = numbers[i] ?? 0;
  own.length = numbers.length;
}
