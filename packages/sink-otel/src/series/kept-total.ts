import type { ExponentialHistogram, MetricSnapshot } from "@aiokpl/metrics-core";
import { KeptHistogram, mergeSnapshots } from "@aiokpl/metrics-core/sink";
import { type CumulativeCounts, explicitCounts } from "../metric-data/explicit-buckets.ts";
import type { Values } from "../metric-data/metric-data-builder.ts";

/** All observations of a gauge or a distribution since its series' start. */
export interface Total extends Values {
  /** End of the last window of a gauge, in milliseconds since the epoch; `last` is of that window. */
  readonly until: number;
  /** The boundaries that the counts are for: those of the series' first observations. */
  readonly boundaries: readonly number[] | undefined;
}

/** Returns what a snapshot is as a total. Only a gauge shows what came last. */
export function totalOf(
  snapshot: MetricSnapshot,
  boundaries: readonly number[] | undefined,
): Total {
  const { kind, count, sum, min, max, last, windowEnd, histogram } = snapshot;
  const isGauge = kind === "gauge";
  return {
    count,
    sum,
    min,
    max,
    last: isGauge ? last : 0,
    until: isGauge ? windowEnd : 0,
    histogram,
    counts: explicitCounts(snapshot, boundaries),
    boundaries,
  };
}

/**
 * Keeps the total of one series. A new total is copied into the objects of the old one, because old
 * objects that become garbage, for all series in each window, would cost long pauses.
 */
export class KeptTotal implements Total {
  count = 0;
  sum = 0;
  min = 0;
  max = 0;
  last = 0;
  until = 0;
  histogram: KeptHistogram | undefined = undefined;
  counts: number[] | undefined = undefined;
  boundaries: readonly number[] | undefined = undefined;

  /** @param total is copied */
  constructor(total: Total) {
    this.replace(total);
  }

  /**
   * Adds what is new. It comes to the same as the total of `mergeSnapshots`, but makes no objects as long as the
   * buckets have room for what is new.
   */
  add(delta: MetricSnapshot): void {
    this.count += delta.count;
    this.sum = finiteSum(this.sum, delta.sum);
    this.min = Math.min(this.min, delta.min);
    this.max = Math.max(this.max, delta.max);
    if (delta.kind === "gauge" && delta.windowEnd >= this.until) {
      this.last = delta.last;
      this.until = delta.windowEnd;
    }
    this.histogram = withHistogram(this.histogram, delta);
    const counts = explicitCounts(delta, this.boundaries);
    if (counts !== undefined) this.counts = withNumbers(this.counts, counts);
  }

  /** Takes over another total of the same series. */
  replace(total: Total): void {
    this.count = total.count;
    this.sum = total.sum;
    this.min = total.min;
    this.max = total.max;
    this.last = total.last;
    this.until = total.until;
    this.boundaries = total.boundaries;
    this.histogram = replaced(this.histogram, total.histogram);
    if (this.counts !== undefined && total.counts !== undefined)
      replaceNumbers(this.counts, total.counts);
    else this.counts = total.counts && [...total.counts];
  }
}

/** As core adds them: a sum that would be infinite stays at the largest number. */
export function finiteSum(a: number, b: number): number {
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, a + b));
}

/** Adds a delta's histogram to the own one if it has room, and returns a new one otherwise; none where one of both has none. */
function withHistogram(
  own: KeptHistogram | undefined,
  delta: MetricSnapshot,
): KeptHistogram | undefined {
  if (own === undefined || delta.histogram === undefined) return undefined;
  if (own.add(delta.histogram)) return own;
  const { histogram } = mergeSnapshots({ ...delta, histogram: own }, delta);
  return histogram && new KeptHistogram(histogram);
}

function replaced(
  own: KeptHistogram | undefined,
  other: ExponentialHistogram | undefined,
): KeptHistogram | undefined {
  if (own === undefined || other === undefined || own.maxBuckets !== other.maxBuckets)
    return other && new KeptHistogram(other);
  own.replace(other);
  return own;
}

function withNumbers(own: number[] | undefined, numbers: CumulativeCounts): number[] {
  if (own === undefined) return [...numbers];
  for (let i = 0; i < numbers.length; i++) own[i] = (own[i] ?? 0) + (numbers[i] ?? 0);
  return own;
}

function replaceNumbers(own: number[], numbers: CumulativeCounts): void {
  for (let i = 0; i < numbers.length; i++) own[i] = numbers[i] ?? 0;
  own.length = numbers.length;
}
