import type { Dimensions } from "../contract/dimensions.ts";
import type { MetricSnapshot } from "../contract/metric-snapshot.ts";

/** A list of the entries with the same hash. There is almost always only one. */
interface Entry<V> {
  readonly series: MetricSnapshot;
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

  /** Returns the value of the snapshot's series. If the series is new, `make` makes the value. */
  getOrMake(series: MetricSnapshot, make: () => V): V {
    const hash = hashOf(series);
    const byHash = (this.#shards[hash & LAST_SHARD] ??= new Map());
    const first = byHash.get(hash);
    for (let entry = first; entry !== undefined; entry = entry.next) {
      if (isSameSeries(entry.series, series)) return entry.value;
    }
    const value = make();
    byHash.set(hash, { series, value, next: first });
    return value;
  }
}

const LAST_SHARD = 63;

/** Random, so that whoever chooses dimensions can't choose their hashes. */
const SEED = /* @__PURE__ */ (() => Math.floor(Math.random() * 2 ** 32))();

function hashOf({ name, dimensions }: MetricSnapshot): number {
  let hash = hashText(SEED, name);
  for (const [key, value] of dimensions) hash = hashText(hashText(hash, key), value);
  return hash;
}

function hashText(seed: number, text: string): number {
  let hash = seed ^ text.length;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x5bd1e995);
    hash ^= hash >>> 15;
  }
  return hash;
}

function isSameSeries(a: MetricSnapshot, b: MetricSnapshot): boolean {
  return (
    a.name === b.name &&
    a.kind === b.kind &&
    a.unit === b.unit &&
    (a.overflow === true) === (b.overflow === true) &&
    (a.dimensions === b.dimensions || isSame(a.dimensions, b.dimensions))
  );
}

function isSame(a: Dimensions, b: Dimensions): boolean {
  return (
    a.length === b.length &&
    a.every(([name, value], i) => name === b[i]?.[0] && value === b[i]?.[1])
  );
}
