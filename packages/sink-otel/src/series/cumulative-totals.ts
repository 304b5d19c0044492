import type { Dimensions, MetricSnapshot } from "@aiokpl/metrics-core";
import { type SeriesOfMetric, SeriesMap, type Warnings } from "@aiokpl/metrics-core/sink";
import type { BoundariesOf } from "../metric-data/explicit-buckets.ts";
import { CumulativeMetric } from "./cumulative-metric.ts";
import { CumulativeSeries } from "./cumulative-series.ts";
import { SharedTimes } from "./shared-times.ts";

/** A series makes room for another one only after this time without an observation. */
const SHORTEST_IDLE_MS = 3_600_000;

/** The sink's overflow series of each metric; the manager's has dimensions if there are common ones. */
const OVERFLOW: SeriesOfMetric = { dimensions: [], overflow: true };

/** At most so many series make room when a window is closed, which takes a few milliseconds. */
const MOST_ROOM_AT_ONCE = 2_000;

/**
 * Which place a new series may get: a free one only, or that of an idle series too. An idle series may still come in
 * a window that is not complete, and must not make room then.
 */
export type Room = "free" | "made";

/** The series of a metric that had no place in the window that is being closed. */
interface TurnedAway {
  readonly count: number;
  /** The end of their window, in milliseconds since the epoch. */
  readonly until: number;
}

/** A series whose observations are counted in overflow. */
interface Overflowing {
  readonly dimensions: Dimensions;
}

/**
 * Finds the series that each snapshot adds to, and keeps every metric within its limit of series.
 *
 * At the limit, a new series takes the place of the one that was longest without an observation, if
 * that was an hour or more. If there is no such series, the new one is counted in the overflow
 * series. A series that lost its place and is observed again starts anew, after its former end.
 */
export class CumulativeTotals {
  readonly #limit: number;
  readonly #boundariesOf: BoundariesOf;
  readonly #warnings: Warnings;
  readonly #series = new SeriesMap<CumulativeSeries>();
  /** By the instrument's name. */
  readonly #metrics = new Map<string, CumulativeMetric>();
  readonly #starts = new SharedTimes();
  readonly #observations = new SharedTimes();
  /** Series whose unsettled observations are counted in overflow, and must not be counted elsewhere too. */
  #overflowing = new SeriesMap<Overflowing>();
  /** Those of the window that is being closed. */
  #closing = new SeriesMap<Overflowing>();
  #isClosing = false;
  readonly #turnedAway = new Map<string, TurnedAway>();
  #settlements = 0;
  #end = 0;
  /** No series starts before this time, up to which removed series were reported. */
  #earliestStart = -Infinity;

  /**
   * @param limit most series of a metric, the overflow series included
   */
  constructor(limit: number, boundariesOf: BoundariesOf, warnings: Warnings) {
    this.#limit = limit;
    this.#boundariesOf = boundariesOf;
    this.#warnings = warnings;
  }

  /** The moment up to which totals are reported, in milliseconds since the epoch. */
  get end(): number {
    return this.#end;
  }

  /** Moves the end forward; an earlier time changes nothing, so a clock that is set back does no harm. */
  advanceTo(end: number): void {
    if (end > this.#end) this.#end = end;
  }

  /** How many series have a place. */
  get size(): number {
    return this.#series.size;
  }

  /** All series that have a place, whether or not they have a total yet. Series may come and go meanwhile. */
  series(): Iterable<CumulativeSeries> {
    return this.#series.values();
  }

  /** The series of this identity, if it has a place. */
  get(name: string, series: SeriesOfMetric): CumulativeSeries | undefined {
    return this.#series.get(name, series);
  }

  /** Ends a series that has a place. One that comes back starts anew. */
  remove(series: CumulativeSeries): void {
    if (!series.overflow) series.metric.order.remove(series);
    this.#series.delete(series.name, series);
    this.#earliestStart = this.#end + 1;
  }

  /** Whether a series is a gauge that was neither in the last window that was closed nor in a later one. */
  isEndedGauge({ metric, observed }: CumulativeSeries): boolean {
    return metric.kind === "gauge" && observed.settlement < this.#settlements - 1;
  }

  /** Finds the series that a snapshot adds to, unless it has no place yet. Totals stay as they are. */
  placeKnown(name: string, snapshot: MetricSnapshot): CumulativeSeries | undefined {
    const series = this.#series.get(name, snapshot);
    if (series !== undefined) this.#observed(series, snapshot);
    return series;
  }

  /**
   * Finds the series that a snapshot adds to, and makes it if there is none. Totals stay as they are.
   * Until the observations are settled, the answer stays the same. Place the known series of a window
   * first: a series that was observed just now must not make room.
   */
  place(name: string, snapshot: MetricSnapshot, room: Room = "made"): CumulativeSeries {
    const series = this.#place(name, snapshot, room);
    if (this.#isClosing)
      series.observed = this.#observations.of(series.observed.time, this.#settlements + 1);
    if (series.overflow && snapshot.overflow !== true && !this.#overflowing.has(name, snapshot)) {
      const { dimensions } = snapshot;
      this.#overflowing.set(name, { dimensions }, { dimensions });
    }
    return series;
  }

  /**
   * Does the same for observations that are committed at once, so that the answer for later ones may differ. If a
   * series has no place, room is made for it when the window is closed, if that is possible.
   */
  placeCommitted(name: string, snapshot: MetricSnapshot, room: Room): CumulativeSeries {
    const series = this.#place(name, snapshot, room);
    if (series.overflow && snapshot.overflow !== true) {
      const { count, until } = this.#turnedAway.get(name) ?? { count: 0, until: -Infinity };
      const latest = Math.max(until, snapshot.windowEnd);
      this.#turnedAway.set(name, { count: count + 1, until: latest });
    }
    return series;
  }

  #place(name: string, snapshot: MetricSnapshot, room: Room): CumulativeSeries {
    const known = this.placeKnown(name, snapshot);
    if (known !== undefined) return known;
    const series = this.#hasPlace(name, snapshot, room)
      ? this.#make(name, snapshot, snapshot)
      : this.#overflowOf(name, snapshot);
    this.#observed(series, snapshot);
    return series;
  }

  /** Call it when all placed observations were committed or dropped: then overflow may get a place again. */
  settle(): void {
    this.windowCloses();
    this.windowClosed();
  }

  /** Whether a window is being committed in parts. */
  get isClosing(): boolean {
    return this.#isClosing;
  }

  /** Call it before a window is committed in parts. What is placed from now on may belong to the next window. */
  windowCloses(): void {
    this.#isClosing = true;
    this.#closing = this.#overflowing;
    this.#overflowing = new SeriesMap();
  }

  /** Call it when all parts of a window were committed: what was placed before {@link windowCloses} is settled. */
  windowClosed(): void {
    this.#makeRoomForTurnedAway();
    this.#isClosing = false;
    this.#closing = new SeriesMap();
    this.#settlements++;
  }

  #observed(series: CumulativeSeries, { windowEnd, description }: MetricSnapshot): void {
    const time = Math.max(series.observed.time, windowEnd);
    series.observed = this.#observations.of(time, this.#settlements);
    const { metric, overflow } = series;
    metric.description ??= description;
    if (overflow || metric.order.newest === series) return;
    metric.order.remove(series);
    metric.order.add(series);
  }

  #hasPlace(name: string, snapshot: MetricSnapshot, room: Room): boolean {
    return (
      snapshot.overflow !== true &&
      !this.#overflowing.has(name, snapshot) &&
      !this.#closing.has(name, snapshot) &&
      (this.#isFree(name, 1) || (room === "made" && this.#makeRoom(name, snapshot.windowEnd)))
    );
  }

  #isFree(name: string, places: number): boolean {
    return (this.#metrics.get(name)?.order.size ?? 0) + places < this.#limit;
  }

  /** The window is complete: whichever of its series had a place was observed, and makes no room. */
  #makeRoomForTurnedAway(): void {
    let left = MOST_ROOM_AT_ONCE;
    for (const [name, { count, until }] of this.#turnedAway)
      for (let places = 1; places <= count && left > 0; places++, left--)
        if (!this.#isFree(name, places) && !this.#makeRoom(name, until)) break;
    this.#turnedAway.clear();
  }

  #overflowOf(name: string, snapshot: MetricSnapshot): CumulativeSeries {
    const identity = snapshot.overflow === true ? snapshot : OVERFLOW;
    return this.#series.get(name, identity) ?? this.#make(name, identity, snapshot);
  }

  #make(name: string, identity: SeriesOfMetric, snapshot: MetricSnapshot): CumulativeSeries {
    const metric = this.#metricOf(name, snapshot);
    const start = Math.max(snapshot.windowStart, this.#earliestStart);
    const since = this.#starts.of(start, this.#settlements);
    const series = new CumulativeSeries(metric, identity, since);
    this.#series.set(name, series, series);
    if (!series.overflow) metric.order.add(series);
    return series;
  }

  #metricOf(name: string, snapshot: MetricSnapshot): CumulativeMetric {
    let metric = this.#metrics.get(name);
    if (metric === undefined) {
      metric = new CumulativeMetric(name, snapshot, this.#boundariesOf);
      this.#metrics.set(name, metric);
    }
    return metric;
  }

  /** Has an idle series make room at the given time, if there is one; returns whether there was. */
  #makeRoom(name: string, now: number): boolean {
    const oldest = this.#metrics.get(name)?.order.oldest;
    if (
      oldest === undefined ||
      oldest.observed.settlement >= this.#settlements ||
      !(now - oldest.observed.time >= SHORTEST_IDLE_MS)
    ) {
      this.#warnings.warn(
        `${name} has ${this.#limit} series, its limit, and none was idle for an hour; further series are counted together, in one series with otel.metric.overflow`,
      );
      return false;
    }
    this.remove(oldest);
    this.#warnings.warn(
      `${name} has ${this.#limit} series, its limit: from now on, series that were idle for an hour or more make room for new ones`,
    );
    return true;
  }
}
