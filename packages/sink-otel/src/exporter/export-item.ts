import type { MetricSnapshot } from "@aiokpl/metrics-core";
import { CumulativeSeries } from "../series/cumulative-series.ts";
import { type Delta, snapshotOf, sourcesOf } from "../series/delta.ts";

/** One point of an export: what is new of a series, or the total of a cumulative series. */
export type ExportItem = Delta | CumulativeSeries;

/** Returns whether the point is a series' total. */
export function isTotal(item: ExportItem): item is CumulativeSeries {
  return item instanceof CumulativeSeries;
}

/** Returns what is new in the point; nothing is if a cumulative series was idle. */
export function newIn(item: ExportItem): MetricSnapshot | undefined {
  const delta = isTotal(item) ? item.delta : item;
  return delta && snapshotOf(delta);
}

/** Returns the manager's snapshots of what is new in the point. */
export function sourcesIn(item: ExportItem): readonly MetricSnapshot[] {
  const delta = isTotal(item) ? item.delta : item;
  return delta === undefined ? [] : sourcesOf(delta);
}
