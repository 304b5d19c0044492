import type { Dimensions, MetricSnapshot } from "@aiokpl/metrics-core";
import { mergeSnapshots } from "@aiokpl/metrics-core/sink";
import type { RunningTotals } from "./running-totals.ts";
import type { Tags } from "../naming/tags.ts";
import { stampOf, toSeries, type WireSeries } from "./to-series.ts";

/** What a request of counts and gauges carries, and what Datadog has once it has taken it. */
export interface SeriesBatch {
  readonly series: readonly WireSeries[];
  readonly writes: readonly {
    /** The series, as running totals know it. */
    readonly key: string;
    readonly total: MetricSnapshot;
    /** Seconds in which the counts are written as 0 with it. */
    readonly emptied: readonly number[];
  }[];
}

/** How snapshots become series. */
export interface SeriesBatchOptions {
  readonly totals: RunningTotals;
  readonly tagsOf: (dimensions: Dimensions) => Tags;
  readonly percentiles: readonly number[];
}

/** One point for each series and second, in the order of their first snapshots. */
export function toSeriesBatch(
  snapshots: readonly MetricSnapshot[],
  { totals, tagsOf, percentiles }: SeriesBatchOptions,
): SeriesBatch {
  const bySecond = new Map<string, MetricSnapshot>();
  for (const snapshot of snapshots) {
    const key = `${stampOf(snapshot)} ${seriesKey(snapshot, tagsOf)}`;
    const other = bySecond.get(key);
    bySecond.set(key, other === undefined ? snapshot : mergeSnapshots(other, snapshot));
  }
  const series: WireSeries[] = [];
  const writes: SeriesBatch["writes"][number][] = [];
  for (const merged of bySecond.values()) {
    const { tags, host } = tagsOf(merged.dimensions);
    const key = seriesKey(merged, tagsOf);
    const total = totals.totalOf(key, merged);
    const emptied = totals.doubtfulIn(key, total);
    series.push(...toSeries(total, { tags, host, percentiles, emptied }));
    writes.push({ key, total, emptied });
  }
  return { series, writes };
}

/** The same for snapshots of what is one series at Datadog, and for no others. */
export function seriesKey(
  { name, dimensions }: MetricSnapshot,
  tagsOf: (dimensions: Dimensions) => Tags,
): string {
  return `${name}\n${tagsOf(dimensions).id}`;
}
