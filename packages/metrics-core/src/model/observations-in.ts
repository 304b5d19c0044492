import type { MetricSnapshot } from "../contract/metric-snapshot.ts";

/** How many observations the snapshots hold together. */
export function observationsIn(snapshots: readonly MetricSnapshot[]): number {
  return snapshots.reduce((total, { count }) => total + count, 0);
}
