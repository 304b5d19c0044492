import type { Dimensions, MetricSnapshot } from "@aiokpl/metrics-core";
import { mergeSnapshots } from "@aiokpl/metrics-core/sink";
import type { RunningTotals } from "./running-totals.ts";
import type { Tags } from "../naming/tags.ts";
import { stampOf, toSeries, type WireSeries } from "./to-series.ts";

/** A request of counts and gauges, and what Datadog has once it has taken the request. */
export interface SeriesBatch {
  readonly series: readonly WireSeries[];
  readonly writes: readonly {
    /** Identifies the series; see {@link seriesKey}. */
    readonly key: string;
    readonly total: MetricSnapshot;
    /** Seconds whose counts the request sets to 0. */
    readonly emptied: readonly number[];
  }[];
}

/** What is needed to turn snapshots into series. */
export interface SeriesBatchOptions {
  readonly totals: RunningTotals;
  readonly tagsOf: (dimensions: Dimensions) => Tags;
  readonly percentiles: readonly number[];
}

/** Makes one point for each series and second, in the order of their first snapshots. */
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

/** Returns a key that is equal for snapshots of the same series at Datadog, and different for others. */
export function seriesKey(
  { name, dimensions }: MetricSnapshot,
  tagsOf: (dimensions: Dimensions) => Tags,
): string {
  return `${name}\n${tagsOf(dimensions).id}`;
}
