import type { ThresholdCounts } from "../contract/metric-snapshot.ts";
import { MOST_THRESHOLDS } from "../histogram/threshold-bounds.ts";

/** Whether what a sink returned as thresholds can be merged: ascending bounds, and whole counts that add up to `total`. */
export function areThresholds(
  thresholds: Partial<ThresholdCounts> | null,
  total: number | undefined,
): boolean {
  const { bounds, counts } = thresholds ?? {};
  return (
    Array.isArray(bounds) &&
    bounds.length >= 1 &&
    bounds.length <= MOST_THRESHOLDS &&
    bounds.every((bound, i) => Number.isFinite(bound) && (i === 0 || bound > bounds[i - 1])) &&
    Array.isArray(counts) &&
    counts.length === bounds.length + 1 &&
    counts.every((count) => Number.isInteger(count) && count >= 0) &&
    counts.reduce((sum, count) => sum + count, 0) === total
  );
}
