import type { MetricKind, MetricSnapshot, RejectedSnapshot } from "@aiokpl/metrics-core";
import { explicitCounts } from "../metric-data/explicit-buckets.ts";
import type { Point, Temporality } from "../metric-data/to-metric-data.ts";
import { nameSnapshots } from "../names/name-snapshots.ts";
import type { InstrumentNames } from "../names/instrument-names.ts";
import type { CumulativeSeries, Total } from "../series/cumulative-series.ts";
import type { CumulativeTotals } from "../series/cumulative-totals.ts";
import { mergeBySeries } from "../series/merged-delta.ts";

interface AnyItem {
  /** The instrument's name. */
  readonly name: string;
  /** What the point says; a cumulative series' total is this once the exporter has accepted it. */
  readonly total: Total;
  /** The manager's snapshots that are new in the point; none if a cumulative series was idle. */
  readonly sources: readonly MetricSnapshot[];
}

/** One point of an export. */
export type Item = AnyItem &
  (
    | { readonly temporality: "delta" }
    | { readonly temporality: "cumulative"; readonly series: CumulativeSeries }
  );

/** What {@link toItems} needs besides the snapshots. */
export interface ItemContext {
  readonly names: InstrumentNames;
  readonly totals: CumulativeTotals;
  readonly boundaries: readonly number[] | undefined;
  readonly temporalityOf: (kind: MetricKind) => Temporality;
}

/** Makes the points of an export: deltas of the snapshots, and the totals of all cumulative series, idle ones included. */
export function toItems(
  snapshots: readonly MetricSnapshot[],
  { names, totals, boundaries, temporalityOf }: ItemContext,
): { readonly items: readonly Item[]; readonly rejected: readonly RejectedSnapshot[] } {
  const { named, rejected } = nameSnapshots(snapshots, names);
  const isDelta = ({ kind }: MetricSnapshot): boolean => temporalityOf(kind) === "delta";
  const items: Item[] = [];
  for (const { name, delta } of mergeBySeries(named.filter((each) => isDelta(each.snapshot)))) {
    const { snapshot, sources } = delta;
    const total = { snapshot, counts: explicitCounts(snapshot, boundaries) };
    items.push({ temporality: "delta", name, total, sources });
  }
  const deltas = totals.place(named.filter((each) => !isDelta(each.snapshot)));
  for (const [series, { snapshot, sources }] of deltas) {
    const total = series.plus(snapshot);
    items.push({ temporality: "cumulative", name: series.name, total, sources, series });
  }
  for (const series of totals.series()) {
    const { name, total } = series;
    if (total === undefined || deltas.has(series)) continue;
    items.push({ temporality: "cumulative", name, total, sources: [], series });
  }
  return { items, rejected };
}

/** Returns an item's data point; cumulative totals all end at the same moment. */
export function toPoint({ temporality, name, total }: Item, cumulativeEnd: number): Point {
  const { snapshot, counts } = total;
  const endTime = temporality === "cumulative" ? cumulativeEnd : snapshot.windowEnd;
  return { name, snapshot, counts, endTime };
}
