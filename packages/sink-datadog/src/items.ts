import type { MetricSnapshot, RejectedSnapshot } from "@aiokpl/metrics-core";
import type { Mapping } from "./mapping.ts";
import { mergeSnapshots } from "@aiokpl/metrics-core/sink";
import type { RunningTotals } from "./running-totals.ts";
import type { Tags } from "./tags.ts";
import {
  secondOf,
  toDistribution,
  toSeries,
  type WireDistribution,
  type WireSeries,
} from "./to-series.ts";
import type { Dimensions } from "@aiokpl/metrics-core";

/** Snapshots of one series and second, and what stands for them on the wire. */
export interface SeriesItem {
  readonly sources: MetricSnapshot[];
  /** The series, as running totals know it. */
  readonly key: string;
  readonly total: MetricSnapshot;
  /** Seconds in which the counts are written as 0 with it. */
  readonly emptied: readonly number[];
  readonly series: readonly WireSeries[];
}

/** A snapshot, and the true distribution that stands for it. */
export interface DistributionItem {
  readonly source: MetricSnapshot;
  readonly distribution: WireDistribution;
}

/** What becomes of an export's snapshots. */
export interface Items {
  readonly series: readonly SeriesItem[];
  readonly distributions: readonly DistributionItem[];
  readonly rejected: readonly RejectedSnapshot[];
}

/** How snapshots become items. */
export interface ItemsOptions {
  readonly mappingOf: (snapshot: MetricSnapshot) => Mapping;
  /** Why a snapshot can't be sent, or undefined. */
  readonly refusal: (snapshot: MetricSnapshot, mapping: Mapping) => string | undefined;
  readonly totals: RunningTotals;
  readonly tagsOf: (dimensions: Dimensions) => Tags;
  readonly host: string | undefined;
  readonly percentiles: readonly number[];
}

/** Items in the order of their first snapshots. */
export function toItems(snapshots: readonly MetricSnapshot[], options: ItemsOptions): Items {
  const bySecond = new Map<string, { key: string; tags: Tags; sources: MetricSnapshot[] }>();
  const distributions: DistributionItem[] = [];
  const rejected: RejectedSnapshot[] = [];
  for (const snapshot of snapshots) {
    const mapping = options.mappingOf(snapshot);
    const reason = options.refusal(snapshot, mapping);
    const tags = options.tagsOf(snapshot.dimensions);
    const host = tags.host ?? options.host;
    if (reason !== undefined) rejected.push({ snapshot, reason });
    else if (mapping === "distribution")
      distributions.push({
        source: snapshot,
        distribution: toDistribution(snapshot, { tags: [...tags.tags], host }),
      });
    else {
      const key = `${snapshot.name}\n${tags.id}`;
      const inSecond = `${secondOf(snapshot.windowStart)} ${key}`;
      const found = bySecond.get(inSecond);
      if (found === undefined) bySecond.set(inSecond, { key, tags, sources: [snapshot] });
      else found.sources.push(snapshot);
    }
  }
  const series = [...bySecond.values()].map(({ key, tags, sources }): SeriesItem => {
    const { totals, percentiles } = options;
    const merged = sources.reduce((all, each) => mergeSnapshots(all, each));
    const total = totals.totalOf(key, merged);
    const emptied = totals.doubtfulIn(key, total);
    const host = tags.host ?? options.host;
    const context = { tags: [...tags.tags], host, percentiles, emptied };
    return { sources, key, total, emptied, series: toSeries(total, context) };
  });
  return { series, distributions, rejected };
}
