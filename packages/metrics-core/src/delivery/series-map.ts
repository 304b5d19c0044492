import type { MetricSnapshot } from "../contract/metric-snapshot.ts";
import { hashOfSeries, isSameSeries } from "../histogram/series-identity.ts";

/** What tells a manager's series from each other. */
export type SeriesKey = Pick<MetricSnapshot, "name" | "kind" | "unit" | "dimensions" | "overflow">;

/** A list of the entries with the same hash. There is almost always only one. */
interface Entry<V> {
  readonly series: SeriesKey;
  readonly value: V;
  readonly next: Entry<V> | undefined;
}

/**
 * A map whose keys are series. Two snapshots are of the same series if name, kind, unit, dimensions
 * and overflow flag are equal. Hashes are compared first, because making a text of each key would
 * take ten times as long.
 */
export class SeriesMap<V> {
  /** By the low bits of the hash, since a map of 100,000 entries blocks the event loop whenever it grows. */
  readonly #shards: Map<number, Entry<V>>[] = [];

  /** Returns the value of a series; undefined if the series is not in the map. */
  get(series: SeriesKey): V | undefined {
    const hash = hashOfSeries(series);
    return entryOf(this.#shards[hash & LAST_SHARD]?.get(hash), series)?.value;
  }

  /** Returns the value of a series. If the series is new, `make` makes the value. */
  getOrMake(series: SeriesKey, make: () => V): V {
    const hash = hashOfSeries(series);
    const byHash = (this.#shards[hash & LAST_SHARD] ??= new Map());
    const first = byHash.get(hash);
    const known = entryOf(first, series);
    if (known !== undefined) return known.value;
    const value = make();
    byHash.set(hash, { series, value, next: first });
    return value;
  }

  /** Removes a series, if it is in the map. */
  delete(series: SeriesKey): void {
    const hash = hashOfSeries(series);
    const byHash = this.#shards[hash & LAST_SHARD];
    let rest: Entry<V> | undefined;
    for (let entry = byHash?.get(hash); entry !== undefined; entry = entry.next)
      if (!isSame(entry.series, series)) rest = { ...entry, next: rest };
    if (rest === undefined) byHash?.delete(hash);
    else byHash?.set(hash, rest);
  }
}

const LAST_SHARD = 63;

function entryOf<V>(first: Entry<V> | undefined, series: SeriesKey): Entry<V> | undefined {
  let entry = first;
  while (entry !== undefined && !isSame(entry.series, series)) entry = entry.next;
  return entry;
}

function isSame(a: SeriesKey, b: SeriesKey): boolean {
  return (
    a.kind === b.kind &&
    a.unit === b.unit &&
    (a.overflow === true) === (b.overflow === true) &&
    isSameSeries(a, b)
  );
}
