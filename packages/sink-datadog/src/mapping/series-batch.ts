import type { Dimensions, MetricSnapshot } from "@aiokpl/metrics-core";
import { mergeSnapshots } from "@aiokpl/metrics-core/sink";
import type { RunningTotals } from "./running-totals.ts";
import type { Tags } from "../naming/tags.ts";
import { type CorrectedSecond, stampOf, toSeries, type WireSeries } from "./to-series.ts";

/** A request of counts and gauges, and what Datadog has once it has taken the request. */
export interface SeriesBatch {
  readonly series: readonly WireSeries[];
  readonly writes: readonly {
    /** Identifies the series. */
    readonly key: string;
    readonly total: MetricSnapshot;
    readonly corrected: readonly CorrectedSecond[];
  }[];
}

/** What is needed to turn snapshots into series. */
export interface SeriesBatchOptions {
  readonly totals: RunningTotals;
  readonly keyOf: (snapshot: MetricSnapshot) => string;
  readonly tagsOf: (dimensions: Dimensions) => Tags;
  readonly percentiles: readonly number[];
}

/** Makes one point for each series and second, in the order of their first snapshots. */
export function toSeriesBatch(
  snapshots: readonly MetricSnapshot[],
  { totals, keyOf, tagsOf, percentiles }: SeriesBatchOptions,
): SeriesBatch {
  const seconds = new Map<number, Map<string, MetricSnapshot>>();
  for (const snapshot of snapshots) {
    const second = stampOf(snapshot);
    const bySeries = seconds.get(second) ?? new Map<string, MetricSnapshot>();
    if (bySeries.size === 0) seconds.set(second, bySeries);
    const key = keyOf(snapshot);
    const other = bySeries.get(key);
    bySeries.set(key, other === undefined ? snapshot : mergeSnapshots(other, snapshot));
  }
  const series: WireSeries[] = [];
  const writes: SeriesBatch["writes"][number][] = [];
  for (const bySeries of seconds.values())
    for (const [key, merged] of bySeries) {
      const { tags, host } = tagsOf(merged.dimensions);
      const total = totals.totalOf(key, merged);
      // A second that has a window of its own in this request is written with that.
      const corrected = totals
        .doubtfulIn(key, total)
        .filter(({ second }) => seconds.get(second)?.has(key) !== true);
      series.push(...toSeries(total, { tags, host, percentiles, corrected }));
      writes.push({ key, total, corrected });
    }
  return { series, writes };
}
