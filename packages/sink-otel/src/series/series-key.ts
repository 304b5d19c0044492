import type { MetricSnapshot } from "@aiokpl/metrics-core";

/** What tells a series from the other series of its metric. */
type SeriesIdentity = Pick<MetricSnapshot, "dimensions" | "overflow">;

/** Returns the key of a series within its metric. */
export function keyOf({ dimensions, overflow }: SeriesIdentity): string {
  return `${overflow === true ? "overflow " : ""}${JSON.stringify(dimensions)}`;
}

/** Returns the snapshot as one of the overflow series, which has no dimensions. */
export function asOverflow(snapshot: MetricSnapshot): MetricSnapshot {
  return { ...snapshot, dimensions: [], overflow: true };
}
