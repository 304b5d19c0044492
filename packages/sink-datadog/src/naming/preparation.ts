import type { MetricSnapshot, PreparedWindow, RejectedSnapshot } from "@aiokpl/metrics-core";
import { mergeSeries, seriesConflict, SeriesMap } from "@aiokpl/metrics-core/sink";
import { type PreparedSeries, PreparedSeriesCache } from "./prepared-series.ts";
import type { CommonTags } from "./tags.ts";

/**
 * Most snapshots, and most buckets of their histograms, that are returned at once. The manager checks each,
 * in 1 to 2 µs for a snapshot and 0.1 µs for a bucket.
 */
const PIECE = { snapshots: 1_000, buckets: 10_000 };

/**
 * Turns a window into what Datadog would make of it. Any two series of a window may be one at Datadog,
 * so nothing is returned before the whole window has been added.
 */
export class Preparation {
  readonly #cache: PreparedSeriesCache;
  readonly #warn: (message: string) => void;
  /** What the window has of each series at Datadog. What was merged has the name that the first one has in the program. */
  #series: PreparedSeries[] = [];
  #snapshots: MetricSnapshot[] = [];
  /** Since the last piece. */
  #rejected: RejectedSnapshot[] = [];
  #known = new SeriesMap<PreparedSeries>();
  /** How many were returned. */
  #returned = 0;

  constructor(namespace: string, common: CommonTags, warn: (message: string) => void) {
    this.#cache = new PreparedSeriesCache(namespace, common, warn);
    this.#warn = warn;
  }

  /**
   * Adds a part of the window, merging series that are one at Datadog. Gauges become one reading of their
   * combined level. What can't be merged is rejected. What is left of a window of which no more was taken is
   * dropped, with a warning, when the next window has its first snapshot.
   */
  add(part: readonly MetricSnapshot[]): void {
    this.#cache.forgetUnused();
    if (this.#returned > 0 && part.length > 0) this.#dropRest();
    for (const snapshot of part) {
      const series = this.#cache.of(snapshot);
      const known = this.#known.get(series.metric, series);
      if (known === undefined) {
        series.position = this.#snapshots.length;
        this.#known.set(series.metric, series, series);
        this.#series.push(series);
        this.#snapshots.push(snapshot);
      } else this.#merge(known.position, snapshot, series);
    }
  }

  /**
   * Returns the next snapshots of the window, up to a thousand, with Datadog's names and tags. After
   * the last of them the next window begins.
   */
  take(): PreparedWindow {
    const snapshots: MetricSnapshot[] = [];
    let buckets = 0;
    while (snapshots.length < PIECE.snapshots && buckets < PIECE.buckets) {
      const snapshot = this.#snapshots[this.#returned];
      const series = this.#series[this.#returned];
      if (snapshot === undefined || series === undefined) break;
      snapshots.push(viewOf(snapshot, series));
      buckets += bucketsOf(snapshot);
      this.#returned += 1;
    }
    const more = this.#returned < this.#snapshots.length;
    const rejected = this.#rejected;
    this.#rejected = [];
    if (!more) this.#beginAfresh();
    return { snapshots, rejected, more };
  }

  #dropRest(): void {
    const left = this.#snapshots.length - this.#returned;
    this.#warn(
      `${left} series of a window are lost, because the manager took no more of it after ${this.#returned}`,
    );
    this.#beginAfresh();
  }

  #beginAfresh(): void {
    this.#series = [];
    this.#snapshots = [];
    this.#known = new SeriesMap();
    this.#returned = 0;
  }

  #merge(position: number, snapshot: MetricSnapshot, series: PreparedSeries): void {
    const other = this.#snapshots[position];
    if (other === undefined) return;
    const reason = seriesConflict(other, snapshot);
    if (reason !== undefined) {
      this.#rejected.push({ snapshot, reason: `they are one series at Datadog, but ${reason}` });
      return;
    }
    this.#warn(
      `several series are merged because they are one at Datadog: ${series.name}, from ${snapshot.name}`,
    );
    this.#snapshots[position] = mergeSeries(other, snapshot);
  }
}

/** Unit, description and the overflow flag are not sent, so they must not keep series apart. */
function viewOf(snapshot: MetricSnapshot, { name, dimensions }: PreparedSeries): MetricSnapshot {
  const { kind, count, sum, min, max, last, windowStart, windowEnd } = snapshot;
  if (isAsReturned(snapshot) && snapshot.name === name && snapshot.dimensions === dimensions)
    return snapshot;
  const view: Writable<MetricSnapshot> = {
    name,
    kind,
    unit: "1",
    dimensions,
    count,
    sum,
    min,
    max,
    last,
    windowStart,
    windowEnd,
  };
  const { histogram, thresholds, combine, levels } = snapshot;
  if (histogram !== undefined) view.histogram = histogram;
  if (thresholds !== undefined) view.thresholds = thresholds;
  if (combine !== undefined) view.combine = combine;
  if (levels !== undefined) view.levels = levels;
  return view;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

function isAsReturned({ unit, description, overflow }: MetricSnapshot): boolean {
  return unit === "1" && description === undefined && overflow === undefined;
}

function bucketsOf({ histogram }: MetricSnapshot): number {
  if (histogram === undefined) return 0;
  return histogram.positive.bucketCounts.length + histogram.negative.bucketCounts.length;
}
