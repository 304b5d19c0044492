import type { MetricSnapshot } from "@aiokpl/metrics-core";
import { mergeSnapshots } from "@aiokpl/metrics-core/sink";
import { type BodyBytes, RequestBody } from "./request-body.ts";
import type { RunningTotals } from "./running-totals.ts";
import { type CorrectedSecond, stampOf, toSeries } from "./to-series.ts";
import type { Turn } from "./turn.ts";
import type { VendorSeries, VendorSeriesCache } from "./vendor-series.ts";

/** What a request writes to one second of one series. */
interface Write {
  readonly series: VendorSeries;
  total: MetricSnapshot;
  /** Other seconds that it writes again. */
  corrected: readonly CorrectedSecond[];
}

/** A request of counts and gauges, and what Datadog has once it has taken the request. */
export interface SeriesBatch {
  readonly body: BodyBytes;
  readonly writes: readonly Readonly<Write>[];
}

/** What is needed to turn snapshots into series. */
export interface SeriesBatchOptions {
  readonly totals: RunningTotals;
  readonly cache: Pick<VendorSeriesCache, "of">;
  readonly percentiles: readonly number[];
  readonly turn: Turn;
}

/**
 * Makes one point for each series and second, in the order of their first snapshots. Takes several
 * turns, in which nothing else may be written to these series.
 */
export async function toSeriesBatch(
  snapshots: readonly MetricSnapshot[],
  { totals, cache, percentiles, turn }: SeriesBatchOptions,
): Promise<SeriesBatch> {
  const all: Write[] = [];
  const seconds = new Map<number, Map<string, Write>>();
  for (const snapshot of snapshots) {
    const second = stampOf(snapshot);
    const bySeries = seconds.get(second) ?? new Map<string, Write>();
    if (bySeries.size === 0) seconds.set(second, bySeries);
    const series = cache.of(snapshot);
    const other = bySeries.get(series.key);
    if (other !== undefined) other.total = mergeSnapshots(other.total, snapshot);
    else {
      const write = { series, total: snapshot, corrected: [] };
      bySeries.set(series.key, write);
      all.push(write);
    }
    if (turn.isOver) await turn.next();
  }
  const body = new RequestBody();
  for (const write of all) {
    const { key, tags, host } = write.series;
    write.total = totals.totalOf(key, write.total);
    // A second that has a window of its own in this request is written with that.
    write.corrected = totals
      .doubtfulIn(key, write.total)
      .filter(({ second }) => seconds.get(second)?.has(key) !== true);
    body.add(toSeries(write.total, { tags, host, percentiles, corrected: write.corrected }));
    if (turn.isOver) await turn.next();
  }
  return { body: body.end(), writes: all };
}
