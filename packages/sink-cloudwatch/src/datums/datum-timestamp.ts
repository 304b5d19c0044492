import type { MetricSnapshot } from "@aiokpl/metrics-core";

/**
 * The time stamp of a snapshot's datum, in milliseconds since the epoch. A gauge is stamped one
 * millisecond before its window ends, so that its time stamp is not in the next window. Everything
 * else is stamped with the start of its window.
 */
export function datumTimestamp({ kind, windowStart, windowEnd }: MetricSnapshot): number {
  return kind === "gauge" ? Math.max(windowStart, windowEnd - 1) : windowStart;
}
