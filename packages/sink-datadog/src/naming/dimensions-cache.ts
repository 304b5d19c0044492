import type { Dimensions } from "@aiokpl/metrics-core";

/**
 * The number of maps that share the entries. A single WeakMap holds the main thread for 20 ms when it
 * grows beyond 87,000 entries (Node 24); a 64th of that takes less than 1 ms.
 */
const PARTS = 64;

/**
 * Remembers something about a series by its array of dimensions, for as long as that array lives. The
 * snapshots of a series share one array.
 */
export class DimensionsCache<V> {
  readonly #parts: readonly WeakMap<Dimensions, V>[] = Array.from(
    { length: PARTS },
    () => new WeakMap<Dimensions, V>(),
  );

  /** Returns what was remembered for this array, or undefined. */
  get(dimensions: Dimensions): V | undefined {
    return this.#partOf(dimensions)?.get(dimensions);
  }

  /** Remembers a value for this array, in place of an earlier one. */
  set(dimensions: Dimensions, value: V): void {
    this.#partOf(dimensions)?.set(dimensions, value);
  }

  #partOf(dimensions: Dimensions): WeakMap<Dimensions, V> | undefined {
    let hash = 0;
    for (let i = 0; i < dimensions.length; i++) hash = hashText(hash, dimensions[i]?.[1] ?? "");
    return this.#parts[hash % PARTS];
  }
}

/** Returns a number from 0 to 2^32 - 1 that depends on all characters of a text, and on the number given. */
export function hashText(seed: number, text: string): number {
  let hash = seed ^ text.length;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x5bd1e995);
  return (hash ^ (hash >>> 15)) >>> 0;
}
