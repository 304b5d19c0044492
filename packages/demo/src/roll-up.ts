import type { Dimensions, MetricSnapshot } from "@aiokpl/metrics-core";
import { mergeSeries } from "@aiokpl/metrics-core/sink";

/**
 * Removes dimensions from a window. Series that differed only in these dimensions are merged:
 * counters and distributions add up, gauges become one reading of their sum. To be used as a sink's `prepare`.
 */
export function rollUp(
  window: readonly MetricSnapshot[],
  dropped: readonly string[],
): MetricSnapshot[] {
  const merged = new Map<string, MetricSnapshot>();
  for (const snapshot of window) {
    const dimensions: Dimensions = snapshot.dimensions.filter(([name]) => !dropped.includes(name));
    const key = JSON.stringify([snapshot.name, dimensions]);
    const coarse = { ...snapshot, dimensions };
    const before = merged.get(key);
    merged.set(key, before === undefined ? coarse : mergeSeries(before, coarse));
  }
  return [...merged.values()];
}
