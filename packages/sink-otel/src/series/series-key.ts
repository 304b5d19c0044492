import type { SeriesOfMetric } from "@aiokpl/metrics-core/sink";

/** Returns the key of a series within its metric. */
export function keyOf({ dimensions, overflow }: SeriesOfMetric): string {
  return `${overflow === true ? "overflow " : ""}${JSON.stringify(dimensions)}`;
}
