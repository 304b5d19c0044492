import type { MetricSnapshot, RejectedSnapshot } from "@aiokpl/metrics-core";
import { SeriesMap } from "@aiokpl/metrics-core/sink";
import type { Temporalities } from "../metric-data/temporality.ts";
import type { InstrumentNames } from "../names/instrument-names.ts";
import type { CumulativeSeries } from "../series/cumulative-series.ts";
import type { CumulativeTotals } from "../series/cumulative-totals.ts";
import { type Delta, withSnapshot } from "../series/delta.ts";
import type { ForgottenTotals } from "./forgotten-totals.ts";
import { inTurns, type Turn } from "../turns/in-turns.ts";
import type { ExportItem } from "./export-item.ts";

/** What {@link toItems} needs besides the snapshots. */
export interface ItemContext {
  readonly names: InstrumentNames;
  readonly totals: CumulativeTotals;
  readonly temporalities: Temporalities;
  /** The series that the program has ended; those that are not in this export any more are removed. */
  readonly forgotten: ForgottenTotals;
  readonly turn: Turn;
  readonly signal: AbortSignal;
}

/** The points of an export, and the snapshots that OpenTelemetry has no name for. */
export interface ExportItems {
  readonly items: readonly ExportItem[];
  readonly rejected: readonly RejectedSnapshot[];
  /** End of the last window that the snapshots are of, in milliseconds since the epoch; −∞ without snapshots. */
  readonly end: number;
}

/**
 * Makes the points of an export: deltas of the snapshots, and the totals of all cumulative series, idle
 * ones included. It takes several turns, in which nobody else may place series in the totals.
 *
 * @throws the signal's reason if it aborts; until then series have got places, and no total has changed
 */
export async function toItems(
  snapshots: readonly MetricSnapshot[],
  { names, totals, temporalities, forgotten, turn, signal }: ItemContext,
): Promise<ExportItems> {
  const items: ExportItem[] = [];
  const rejected: RejectedSnapshot[] = [];
  const deltas = new SeriesMap<Delta>();
  const unplaced: MetricSnapshot[] = [];
  let end = -Infinity;
  let placed = 0;

  const addTotal = (series: CumulativeSeries, snapshot: MetricSnapshot | undefined): void => {
    if (items[series.position] !== series) {
      series.position = items.length;
      series.delta = snapshot;
      items.push(series);
      placed++;
    } else if (snapshot !== undefined) series.delta = withSnapshot(series.delta, snapshot);
  };
  const sort = (snapshot: MetricSnapshot): void => {
    if (snapshot.windowEnd > end) end = snapshot.windowEnd;
    const { name, refusal } = names.assign(snapshot);
    if (refusal !== undefined) rejected.push({ snapshot, reason: refusal });
    // A gauge has no total to keep: it is in each window, until it has ended.
    else if (snapshot.kind === "gauge" || temporalities[snapshot.kind] === "delta")
      deltas.set(name, snapshot, withSnapshot(deltas.get(name, snapshot), snapshot));
    else {
      // Known series come first: a series that was observed just now must not make room.
      const series = totals.placeKnown(name, snapshot);
      if (series === undefined) unplaced.push(snapshot);
      else addTotal(series, snapshot);
    }
  };
  const place = (snapshot: MetricSnapshot): void => {
    const { name } = names.assign(snapshot);
    if (name !== undefined) addTotal(totals.place(name, snapshot), snapshot);
  };
  const addIdle = (series: CumulativeSeries): void => {
    if (series.total !== undefined) addTotal(series, undefined);
  };
  await inTurns(snapshots, sort, turn, signal);
  await inTurns(deltas.values(), (delta) => items.push(delta), turn, signal);
  await inTurns(unplaced, place, turn, signal);
  forgotten.removeFrom(totals, names, (series) => items[series.position] === series);
  if (placed < totals.size) await inTurns(totals.series(), addIdle, turn, signal);
  return { items, rejected, end };
}
