import type { MetricSnapshot } from "@aiokpl/metrics-core";

/**
 * When CloudWatch is to have a snapshot, in milliseconds since the epoch: a gauge a millisecond
 * before its window's end, everything else at its start, so that no stamp lies in the next window.
 */
export function stampOf({ kind, windowStart, windowEnd }: MetricSnapshot): number {
  return kind === "gauge" ? Math.max(windowStart, windowEnd - 1) : windowStart;
}
