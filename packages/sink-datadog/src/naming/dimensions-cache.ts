import type { Dimensions } from "@aiokpl/metrics-core";

/**
 * The number of maps that share the entries. A single Map holds the main thread for 5 ms when it grows
 * beyond 65,536 entries (Node 24).
 */
const PARTS = 64;

/** Most entries of a part: 262,144 in all. A full part takes nothing new before others are forgotten. */
const MAX_PART = 4_096;

/** How long an entry is kept after its last use, in seconds: as long as the manager keeps an idle series. */
const KEPT_S = 600;

/** After this many seconds the next part is searched for entries to forget. */
const SEARCH_EVERY_S = 10;

/** After this many entries a search ends, in less than a millisecond. */
const SEARCHED_AT_ONCE = 2_000;

/** Taken when this file is loaded, so that fake timers of a test do not change it. */
const monotonicNow = performance.now.bind(performance);

/** What can be remembered. */
export interface Remembered {
  /** When it was last used, in seconds. The cache sets it. */
  usedAt: number;
}

/**
 * Remembers something about a series by its array of dimensions, which the snapshots of a series share.
 * It is no WeakMap: with 100,000 entries that makes each major garbage collection stop the program for
 * 0.1 s more (Node 24).
 */
export class DimensionsCache<V extends Remembered> {
  readonly #parts: readonly Map<Dimensions, V>[] = Array.from(
    { length: PARTS },
    () => new Map<Dimensions, V>(),
  );
  readonly #clock: () => number;
  /** In seconds. */
  #now: number;
  /** How many searches there were, in parts. */
  #searches = 0;
  #nextSearchAt: number;

  /** @param clock returns the time in milliseconds */
  constructor(clock: () => number = monotonicNow) {
    this.#clock = clock;
    this.#now = secondsOf(clock());
    this.#nextSearchAt = this.#now + SEARCH_EVERY_S;
  }

  /** The number of entries. */
  get size(): number {
    return this.#parts.reduce((sum, { size }) => sum + size, 0);
  }

  /** Returns what was remembered for this array, or undefined. */
  get(dimensions: Dimensions): V | undefined {
    const value = this.#partOf(dimensions)?.get(dimensions);
    if (value !== undefined) value.usedAt = this.#now;
    return value;
  }

  /** Remembers a value for this array, in place of an earlier one. Does nothing where there are very many others. */
  set(dimensions: Dimensions, value: V): void {
    const part = this.#partOf(dimensions);
    // A window's series come in the same order each time: if others made room, none would ever be found again.
    if (part === undefined || (part.size >= MAX_PART && !part.has(dimensions))) return;
    value.usedAt = this.#now;
    part.set(dimensions, value);
  }

  /**
   * Forgets some of what was not used for ten minutes. To be called with each part of a window, and
   * with each export.
   */
  forgetUnused(): void {
    this.#now = secondsOf(this.#clock());
    let searched = 0;
    while (this.#nextSearchAt <= this.#now && searched < SEARCHED_AT_ONCE) {
      const part = this.#parts[this.#searches++ % PARTS] ?? new Map<Dimensions, V>();
      searched += part.size;
      for (const [dimensions, { usedAt }] of part)
        if (this.#now - usedAt > KEPT_S) part.delete(dimensions);
      // A search of each part is enough, also after a long rest.
      const earliest = this.#now - PARTS * SEARCH_EVERY_S;
      this.#nextSearchAt = Math.max(this.#nextSearchAt, earliest) + SEARCH_EVERY_S;
    }
  }

  #partOf(dimensions: Dimensions): Map<Dimensions, V> | undefined {
    let hash = 0;
    for (let i = 0; i < dimensions.length; i++) hash = hashText(hash, dimensions[i]?.[1] ?? "");
    return this.#parts[hash % PARTS];
  }
}

function secondsOf(milliseconds: number): number {
  return Math.floor(milliseconds / 1_000);
}

/** Returns a number from 0 to 2^32 - 1 that depends on all characters of a text, and on the number given. */
export function hashText(seed: number, text: string): number {
  let hash = seed ^ text.length;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x5bd1e995);
  return (hash ^ (hash >>> 15)) >>> 0;
}
