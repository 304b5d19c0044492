import type { MetricSnapshot } from "@aiokpl/metrics-core";
import { mergeSnapshots } from "@aiokpl/metrics-core/sink";

/**
 * How many maps share the series. A single map stops the event loop whenever it doubles: for 7 ms at
 * 65,536 entries, 20 ms at 131,072, 50 ms at 262,144.
 */
const MAPS = 256;

interface Entry {
  snapshot: MetricSnapshot;
  isTaken: boolean;
  /** Another series with the same hash. */
  readonly next: Entry | undefined;
}

/** Snapshots of different series, in the order in which the series were added. */
export class SeriesByKey {
  readonly #hash: (snapshot: MetricSnapshot) => number;
  #maps: Map<number, Entry>[] = [];
  #entries: Entry[] = [];
  #taken = 0;

  /** @param hash of the name and the dimensions, a whole number from 0 */
  constructor(hash: (snapshot: MetricSnapshot) => number = hashOf) {
    this.#hash = hash;
  }

  /** How many snapshots are in it. */
  get size(): number {
    return this.#entries.length - this.#taken;
  }

  /** Adds a snapshot, or merges it with the one of the same name and dimensions. */
  add(snapshot: MetricSnapshot): void {
    const hash = this.#hash(snapshot);
    const map = (this.#maps[hash % MAPS] ??= new Map());
    const first = map.get(hash);
    let entry = first;
    while (entry !== undefined && (entry.isTaken || !isSameSeries(entry.snapshot, snapshot)))
      entry = entry.next;
    if (entry === undefined) {
      const added = { snapshot, isTaken: false, next: first };
      map.set(hash, added);
      this.#entries.push(added);
    } else entry.snapshot = mergeSnapshots(entry.snapshot, snapshot);
  }

  /** Takes the first `most` snapshots out of it. */
  take(most: number): readonly MetricSnapshot[] {
    const entries = this.#entries.slice(this.#taken, this.#taken + most);
    for (const entry of entries) entry.isTaken = true;
    this.#taken += entries.length;
    if (this.size === 0) {
      this.#maps = [];
      this.#entries = [];
      this.#taken = 0;
    }
    return entries.map(({ snapshot }) => snapshot);
  }
}

/** Random, so that whoever chooses dimensions can't choose their hashes. */
const SEED = Math.floor(Math.random() * 2 ** 31);

/** In 30 bits: V8 keeps larger numbers elsewhere. */
function hashOf({ name, dimensions }: MetricSnapshot): number {
  let hash = hashText(SEED, name);
  for (const [key, value] of dimensions) hash = hashText(hashText(hash, key), value);
  return hash & 0x3fffffff;
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
    a.dimensions.length === b.dimensions.length &&
    a.dimensions.every(
      ([name, value], i) => name === b.dimensions[i]?.[0] && value === b.dimensions[i]?.[1],
    )
  );
}
