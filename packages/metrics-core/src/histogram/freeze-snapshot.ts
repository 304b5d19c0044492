import type { MetricSnapshot } from "../contract/metric-snapshot.ts";

/**
 * Makes a snapshot immutable, its histogram and thresholds included, and returns it. Sinks share snapshots with each
 * other and with the figures on what was delivered, so nobody may change one.
 */
export function freezeSnapshot(snapshot: MetricSnapshot): MetricSnapshot {
  const { histogram, thresholds } = snapshot;
  if (histogram !== undefined && !Object.isFrozen(histogram)) {
    const { positive, negative } = histogram;
    Object.freeze(positive.bucketCounts);
    Object.freeze(positive);
    Object.freeze(negative.bucketCounts);
    Object.freeze(negative);
    Object.freeze(histogram);
  }
  if (thresholds !== undefined && !Object.isFrozen(thresholds)) {
    Object.freeze(thresholds.bounds);
    Object.freeze(thresholds.counts);
    Object.freeze(thresholds);
  }
  return Object.freeze(snapshot);
}
