import type { MetricSnapshot } from "@aiokpl/metrics-core";
import { mergeSnapshots } from "@aiokpl/metrics-core/sink";

/**
 * How many maps share the series. A single map stops the event loop whenever it doubles: for 7 ms at
 * 65,536 entries, 20 ms at 131,072, 50 ms at 262,144.
 */
const MAPS = 256;

/** One series; undefined once it was taken. */
interface Entry {
  snapshot: MetricSnapshot | undefined;
}

/** Snapshots of different series, in the order in which the series were added. */
export class SeriesByKey {
  #maps: Map<string, Entry>[] = [];
  #entries: Entry[] = [];
  #taken = 0;

  /** How many snapshots are in it. */
  get size(): number {
    return this.#entries.length - this.#taken;
  }

  /** Adds a snapshot, or merges it with the one of the same name and dimensions. */
  add(snapshot: MetricSnapshot): void {
    const key = JSON.stringify([snapshot.name, ...snapshot.dimensions]);
    const map = (this.#maps[hashOf(key) % MAPS] ??= new Map());
    const entry = map.get(key);
    if (entry?.snapshot === undefined) {
      const added = { snapshot };
      map.set(key, added);
      this.#entries.push(added);
    } else entry.snapshot = mergeSnapshots(entry.snapshot, snapshot);
  }

  /** Takes the first `most` snapshots out of it. */
  take(most: number): readonly MetricSnapshot[] {
    const taken: MetricSnapshot[] = [];
    for (const entry of this.#entries.slice(this.#taken, this.#taken + most)) {
      if (entry.snapshot !== undefined) taken.push(entry.snapshot);
      entry.snapshot = undefined;
      this.#taken++;
    }
    if (this.size === 0) {
      this.#maps = [];
      this.#entries = [];
      this.#taken = 0;
    }
    return taken;
  }
}

function hashOf(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) >>> 0;
  return hash;
}
