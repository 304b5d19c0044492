import { MAX_BUCKETS } from "./bucket-index.ts";
import type {
  ExponentialBuckets,
  ExponentialHistogram,
} from "../contract/exponential-histogram.ts";
import { freezeSnapshot } from "./freeze-snapshot.ts";
import { mergeThresholds } from "./merge-thresholds.ts";
import type { MetricSnapshot } from "../contract/metric-snapshot.ts";

/**
 * One snapshot for two of the same series (not checked), as if all observations had come in one
 * window that spans both. The order of the arguments matters for `last` and `levels` alone, and only where
 * both windows are the same: then the second one's are taken. To merge many, `reduce(mergeSnapshots)`. For
 * two series that become one use `mergeSeries`.
 *
 * Counts, sums, histograms and thresholds add. A sum that would be infinite stays at ±`Number.MAX_VALUE`,
 * so there the order of merging matters. Histograms merge exactly, at the finest scale that both can be
 * brought to, also those of other programs with scales from −10 to 20. A side of the result has as many
 * buckets as the larger `maxBuckets` of both allows, or as the larger of both has already. If one
 * snapshot lacks its histogram, the result has none. It has the thresholds that both have.
 */
export function mergeSnapshots(a: MetricSnapshot, b: MetricSnapshot): MetricSnapshot {
  const later =
    a.windowEnd > b.windowEnd || (a.windowEnd === b.windowEnd && a.windowStart > b.windowStart)
      ? a
      : b;
  const description = a.description ?? b.description;
  const histogram = a.histogram && b.histogram && mergeHistograms(a.histogram, b.histogram);
  const thresholds = mergeThresholds(a.thresholds, b.thresholds);
  return freezeSnapshot({
    name: a.name,
    kind: a.kind,
    unit: a.unit,
    ...(description === undefined ? undefined : { description }),
    count: a.count + b.count,
    sum: Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, a.sum + b.sum)),
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
    last: later.last,
    dimensions: a.dimensions,
    windowStart: Math.min(a.windowStart, b.windowStart),
    windowEnd: Math.max(a.windowEnd, b.windowEnd),
    ...(histogram === undefined ? undefined : { histogram }),
    ...(thresholds === undefined ? undefined : { thresholds }),
    ...(a.combine === undefined ? undefined : { combine: a.combine }),
    ...(later.levels === undefined ? undefined : { levels: later.levels }),
    ...(a.overflow || b.overflow ? { overflow: true } : undefined),
  });
}

function mergeHistograms(a: ExponentialHistogram, b: ExponentialHistogram): ExponentialHistogram {
  // Zeros alone fit any scale, so theirs must not make the other one coarser.
  let scale = Math.min(isOnlyZeros(a) ? b.scale : a.scale, isOnlyZeros(b) ? a.scale : b.scale);
  const maxBuckets = Math.max(a.maxBuckets ?? MAX_BUCKETS, b.maxBuckets ?? MAX_BUCKETS);
  const most = Math.max(maxBuckets, widthOf(a), widthOf(b));
  for (;;) {
    const shiftA = a.scale - scale;
    const shiftB = b.scale - scale;
    const positive = mergeBuckets(a.positive, shiftA, b.positive, shiftB, most);
    const negative = mergeBuckets(a.negative, shiftA, b.negative, shiftB, most);
    if (positive && negative)
      return {
        scale,
        zeroCount: a.zeroCount + b.zeroCount,
        positive,
        negative,
        ...(maxBuckets === MAX_BUCKETS ? undefined : { maxBuckets }),
      };
    scale--;
  }
}

function widthOf({ positive, negative }: ExponentialHistogram): number {
  return Math.max(positive.bucketCounts.length, negative.bucketCounts.length);
}

function isOnlyZeros({ positive, negative }: ExponentialHistogram): boolean {
  return positive.bucketCounts.length === 0 && negative.bucketCounts.length === 0;
}

/** The sum of both with their indices shifted right, or undefined where it does not fit. */
function mergeBuckets(
  a: ExponentialBuckets,
  shiftA: number,
  b: ExponentialBuckets,
  shiftB: number,
  most: number,
): ExponentialBuckets | undefined {
  if (a.bucketCounts.length === 0 && b.bucketCounts.length === 0)
    return { offset: 0, bucketCounts: [] };
  const offset = Math.min(lowest(a, shiftA), lowest(b, shiftB));
  const length = Math.max(highest(a, shiftA), highest(b, shiftB)) - offset + 1;
  if (length > most) return undefined;
  const bucketCounts: number[] = [];
  // Twenty times as fast as Array.from().
  bucketCounts.length = length;
  bucketCounts.fill(0);
  addBuckets(bucketCounts, offset, a, shiftA);
  addBuckets(bucketCounts, offset, b, shiftB);
  return { offset, bucketCounts };
}

function lowest({ offset, bucketCounts }: ExponentialBuckets, shift: number): number {
  return bucketCounts.length === 0 ? Infinity : offset >> shift;
}

function highest({ offset, bucketCounts }: ExponentialBuckets, shift: number): number {
  return bucketCounts.length === 0 ? -Infinity : (offset + bucketCounts.length - 1) >> shift;
}

function addBuckets(
  into: number[],
  intoOffset: number,
  { offset, bucketCounts }: ExponentialBuckets,
  shift: number,
): void {
  for (let i = 0; i < bucketCounts.length; i++) {
    const position = ((offset + i) >> shift) - intoOffset;
    into[position] = (into[position] ?? 0) + (bucketCounts[i] ?? 0);
  }
}
