import type { Dimensions } from "../contract/dimensions.ts";

/** What tells a series from the other series of its metric. */
export interface SeriesOfMetric {
  /** Canonical dimensions, as a snapshot has them. */
  readonly dimensions: Dimensions;
  /** True for the series that takes the observations past the metric's limit of series. */
  readonly overflow?: boolean | undefined;
}

/** Stands in a chain for its end. */
const NONE = -1;

/**
 * A map whose keys are series: a metric's name, dimensions, and whether it is an overflow series.
 *
 * It makes no text of a key, as a Map of texts would need; that takes a tenth of the time and leaves no
 * garbage. It also grows by one bucket with each series, so that no call takes long: a Map doubles, and
 * at 100,000 series that is a pause of several milliseconds.
 */
export class SeriesMap<V extends object> {
  readonly #names: string[] = [];
  readonly #dimensions: Dimensions[] = [];
  readonly #values: (V | undefined)[] = [];
  /** The lowest bit says whether it is an overflow series. */
  #hashes = new Int32Array(16);
  /** The next entry of the same bucket; of an entry without a value, the next one of these. */
  #next = new Int32Array(16);
  #free = NONE;
  /** The first entry of each bucket. */
  #buckets = new Int32Array(16).fill(NONE);
  #bucketCount = 1;
  #size = 0;
  /** The entry that was found last. */
  #found = NONE;
  #lastName = "";
  #lastNameHash = hashText(SEED, "");

  /** How many series have a value. */
  get size(): number {
    return this.#size;
  }

  /** Returns the value of a series, if it has one. */
  get(name: string, series: SeriesOfMetric): V | undefined {
    let entry = this.#found + 1;
    if (!this.#isAt(entry, name, series))
      entry = this.#find(this.#hashOf(name, series), name, series.dimensions);
    if (entry === NONE) return undefined;
    this.#found = entry;
    return this.#values[entry];
  }

  /** Returns whether a series has a value. */
  has(name: string, series: SeriesOfMetric): boolean {
    return this.get(name, series) !== undefined;
  }

  /** Gives a series a value, instead of the one that it has. */
  set(name: string, series: SeriesOfMetric, value: V): void {
    const hash = this.#hashOf(name, series);
    const found = this.#find(hash, name, series.dimensions);
    if (found !== NONE) {
      this.#values[found] = value;
      return;
    }
    const entry = this.#makeEntry();
    this.#names[entry] = name;
    this.#dimensions[entry] = series.dimensions;
    this.#values[entry] = value;
    this.#hashes[entry] = hash;
    this.#link(entry, this.#bucketOf(hash));
    this.#size++;
    if (this.#values.length > this.#bucketCount) this.#addBucket();
  }

  /** Removes a series that has a value. */
  delete(name: string, series: SeriesOfMetric): void {
    const hash = this.#hashOf(name, series);
    const entry = this.#find(hash, name, series.dimensions);
    if (entry === NONE) return;
    this.#unlink(entry, this.#bucketOf(hash));
    this.#names[entry] = "";
    this.#dimensions[entry] = NO_DIMENSIONS;
    this.#values[entry] = undefined;
    this.#next[entry] = this.#free;
    this.#free = entry;
    this.#size--;
  }

  /**
   * All values. The map may change meanwhile: what is there from the first value to the last one comes
   * exactly once, and what is added or removed may come or not.
   */
  *values(): Iterable<V> {
    for (let entry = 0; entry < this.#values.length; entry++) {
      const value = this.#values[entry];
      if (value !== undefined) yield value;
    }
  }

  /** Windows have their series in the order in which they came first, so that the next entry most often is the one. */
  #isAt(entry: number, name: string, { dimensions, overflow }: SeriesOfMetric): boolean {
    return (
      entry < this.#dimensions.length &&
      this.#dimensions[entry] === dimensions &&
      this.#names[entry] === name &&
      ((this.#hashes[entry] ?? 0) & 1) === (overflow === true ? 1 : 0)
    );
  }

  #hashOf(name: string, { dimensions, overflow }: SeriesOfMetric): number {
    if (name !== this.#lastName) {
      this.#lastName = name;
      this.#lastNameHash = hashText(SEED, name);
    }
    const hash = hashDimensions(this.#lastNameHash, dimensions);
    return overflow === true ? hash | 1 : hash & ~1;
  }

  #find(hash: number, name: string, dimensions: Dimensions): number {
    let entry = this.#buckets[this.#bucketOf(hash)] ?? NONE;
    while (entry !== NONE) {
      if (
        this.#hashes[entry] === hash &&
        this.#names[entry] === name &&
        isSame(this.#dimensions[entry] ?? NO_DIMENSIONS, dimensions)
      )
        return entry;
      entry = this.#next[entry] ?? NONE;
    }
    return NONE;
  }

  #makeEntry(): number {
    if (this.#free !== NONE) {
      const entry = this.#free;
      this.#free = this.#next[entry] ?? NONE;
      return entry;
    }
    const entry = this.#values.length;
    if (entry === this.#next.length) {
      this.#next = doubled(this.#next);
      this.#hashes = doubled(this.#hashes);
    }
    return entry;
  }

  /** The bucket of a hash by as many of its bits as are needed; one bit less where that bucket is not there yet. */
  #bucketOf(hash: number): number {
    const half = 1 << (31 - Math.clz32(this.#bucketCount));
    const bucket = (hash >>> 1) & (2 * half - 1);
    return bucket < this.#bucketCount ? bucket : bucket & (half - 1);
  }

  /** Adds a bucket, and moves those entries there that belong in it by one bit more of their hashes. */
  #addBucket(): void {
    const added = this.#bucketCount++;
    if (added === this.#buckets.length) this.#buckets = doubled(this.#buckets);
    this.#buckets[added] = NONE;
    const split = added - (1 << (31 - Math.clz32(added)));
    let entry = this.#buckets[split] ?? NONE;
    this.#buckets[split] = NONE;
    while (entry !== NONE) {
      const next = this.#next[entry] ?? NONE;
      this.#link(entry, this.#bucketOf(this.#hashes[entry] ?? 0));
      entry = next;
    }
  }

  #link(entry: number, bucket: number): void {
    this.#next[entry] = this.#buckets[bucket] ?? NONE;
    this.#buckets[bucket] = entry;
  }

  #unlink(entry: number, bucket: number): void {
    const next = this.#next[entry] ?? NONE;
    let before = this.#buckets[bucket] ?? NONE;
    if (before === entry) {
      this.#buckets[bucket] = next;
      return;
    }
    while (this.#next[before] !== entry) before = this.#next[before] ?? NONE;
    this.#next[before] = next;
  }
}

const NO_DIMENSIONS: Dimensions = [];

/** Random, so that whoever chooses dimensions can't choose their hashes. */
const SEED = /* @__PURE__ */ (() => Math.floor(Math.random() * 2 ** 32))();

/** Without iterators, which would be the larger part of the garbage of an export. */
function hashDimensions(seed: number, dimensions: Dimensions): number {
  let hash = seed;
  for (let i = 0; i < dimensions.length; i++) {
    const pair = dimensions[i];
    if (pair !== undefined) hash = hashText(hashText(hash, pair[0]), pair[1]);
  }
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

/** A series has the same dimensions object in all its snapshots, so most comparisons end at once. */
function isSame(a: Dimensions, b: Dimensions): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++)
    if (a[i]?.[0] !== b[i]?.[0] || a[i]?.[1] !== b[i]?.[1]) return false;
  return true;
}

function doubled(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(2 * array.length);
  larger.set(array);
  return larger;
}
