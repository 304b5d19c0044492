import type { Warnings } from "@aiokpl/metrics-core/sink";
import type { MetricSnapshot } from "@aiokpl/metrics-core";
import type { NamedSnapshot } from "../names/name-snapshots.ts";
import { CumulativeSeries } from "./cumulative-series.ts";
import { MergedDelta } from "./merged-delta.ts";
import { asOverflow, keyOf } from "./series-key.ts";

/** A series makes room for another one only after this time without an observation. */
const SHORTEST_IDLE_MS = 3_600_000;

/** The series of one metric, by key. */
interface MetricSeries {
  /** At most the limit; the one that was observed longest ago comes first. */
  readonly own: Map<string, CumulativeSeries>;
  /** The sink's overflow series and the manager's; they never make room. */
  readonly overflow: Map<string, CumulativeSeries>;
}

/** New observations by the series that they belong to. */
export type Deltas = ReadonlyMap<CumulativeSeries, MergedDelta>;

/**
 * Finds the series that each snapshot adds to, and keeps every metric within its limit of series.
 *
 * At the limit, a new series takes the place of the one that was longest without an observation, if
 * that was an hour or more. If there is no such series, the new one is counted in the overflow
 * series. A series that lost its place and is observed again starts anew, after its former end.
 */
export class CumulativeTotals {
  readonly #limit: number;
  readonly #boundaries: readonly number[] | undefined;
  readonly #warnings: Warnings;
  readonly #metrics = new Map<string, MetricSeries>();
  /** Series whose unsettled observations are counted in overflow, and must not be counted elsewhere too. */
  readonly #overflowing = new Set<string>();
  #end = 0;
  /** No series starts before this time, up to which removed series were reported. */
  #earliestStart = -Infinity;

  /**
   * @param limit most series of a metric, the overflow series included
   * @param boundaries of explicit buckets; undefined for exponential histograms
   */
  constructor(limit: number, boundaries: readonly number[] | undefined, warnings: Warnings) {
    this.#limit = limit;
    this.#boundaries = boundaries;
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

  /** All series that have a place, whether or not they have a total yet. */
  *series(): Iterable<CumulativeSeries> {
    for (const { own, overflow } of this.#metrics.values()) {
      yield* own.values();
      yield* overflow.values();
    }
  }

  /** Finds a series for each snapshot, and makes it if there is none. Totals stay as they are. */
  place(named: readonly NamedSnapshot[]): Deltas {
    const deltas = new Map<CumulativeSeries, MergedDelta>();
    const unknown: {
      readonly name: string;
      readonly key: string;
      readonly snapshot: MetricSnapshot;
    }[] = [];
    // Known series come first: a series that was observed just now must not make room.
    for (const { name, snapshot } of named) {
      const key = keyOf(snapshot);
      const known = this.#metrics.get(name)?.own.get(key);
      if (known === undefined) unknown.push({ name, key, snapshot });
      else this.#add(known, key, snapshot, deltas);
    }
    for (const { name, key, snapshot } of unknown)
      this.#add(this.#findOrMake(name, key, snapshot, deltas), key, snapshot, deltas);
    return deltas;
  }

  /** Call it when all placed observations were committed or dropped: then overflow may get a place again. */
  settle(): void {
    this.#overflowing.clear();
  }

  #add(
    series: CumulativeSeries,
    key: string,
    snapshot: MetricSnapshot,
    deltas: Map<CumulativeSeries, MergedDelta>,
  ): void {
    series.observed(snapshot.windowEnd);
    const own = this.#metrics.get(series.name)?.own;
    // Deleted and set again, the series comes last.
    if (own?.delete(series.key) === true) own.set(series.key, series);
    const delta = key === series.key ? snapshot : asOverflow(snapshot);
    const before = deltas.get(series);
    if (before === undefined) deltas.set(series, new MergedDelta(delta, snapshot));
    else before.add(delta, snapshot);
  }

  #findOrMake(
    name: string,
    key: string,
    snapshot: MetricSnapshot,
    deltas: Deltas,
  ): CumulativeSeries {
    let metric = this.#metrics.get(name);
    if (metric === undefined)
      this.#metrics.set(name, (metric = { own: new Map(), overflow: new Map() }));
    const found = metric.own.get(key);
    if (found !== undefined) return found;
    const isOverflowing = snapshot.overflow === true || this.#overflowing.has(`${name} ${key}`);
    const hasPlace = !isOverflowing && this.#makeRoom(name, metric, snapshot.windowEnd, deltas);
    if (hasPlace) return this.#make(metric.own, name, key, snapshot);
    if (snapshot.overflow !== true) this.#overflowing.add(`${name} ${key}`);
    const overflowKey = keyOf(snapshot.overflow === true ? snapshot : asOverflow(snapshot));
    return (
      metric.overflow.get(overflowKey) ?? this.#make(metric.overflow, name, overflowKey, snapshot)
    );
  }

  #make(
    among: Map<string, CumulativeSeries>,
    name: string,
    key: string,
    { windowStart }: MetricSnapshot,
  ): CumulativeSeries {
    const start = Math.max(windowStart, this.#earliestStart);
    const series = new CumulativeSeries(name, key, start, this.#boundaries);
    among.set(key, series);
    return series;
  }

  /** Makes room for one more series at the given time, if it can; returns whether there is room. */
  #makeRoom(name: string, { own }: MetricSeries, now: number, deltas: Deltas): boolean {
    if (own.size < this.#limit - 1) return true;
    const [longestIdle] = own.values();
    if (
      longestIdle === undefined ||
      deltas.has(longestIdle) ||
      !(now - longestIdle.observedUntil >= SHORTEST_IDLE_MS)
    ) {
      this.#warnings.warn(
        `${name} has ${this.#limit} series, its limit, and none was idle for an hour; further series are counted together, in one series with otel.metric.overflow`,
      );
      return false;
    }
    own.delete(longestIdle.key);
    this.#earliestStart = this.#end + 1;
    this.#warnings.warn(
      `${name} has ${this.#limit} series, its limit: from now on, series that were idle for an hour or more make room for new ones`,
    );
    return true;
  }
}
