import { MAX_BUCKETS } from "./bucket-index.ts";
import type { ExponentialBuckets } from "../contract/exponential-histogram.ts";

/** A page is 20 kB, so that one distribution does not cost much and many take few pages. */
const BLOCKS_PER_PAGE = 64;

/** What a counter of 16 bits can't hold is kept in multiples of this. */
const CARRY = 65_536;

/** Buckets that were given back, cleared, each still with its block. */
const free: Buckets[] = [];
let page = new Uint16Array(0);
let pageEnd = 0;
const scratch = /* @__PURE__ */ new Float64Array(MAX_BUCKETS);

/**
 * The counters of one side of a histogram, for indices from `low` to `high`. They are a block of
 * 160 16-bit numbers in a page that many share: a typed array per series would double its memory.
 */
export class Buckets {
  /** Lowest index in use. Empty buckets hold no index, since `low` is above `high`. */
  low = 1;
  /** Highest index in use, less than `low` + 160. */
  high = 0;
  readonly #page: Uint16Array;
  readonly #start: number;
  /** Where in the page index 0 would be, so that an index is at this plus itself. */
  #origin: number;
  /** How often each counter of the block has overflowed; undefined while none has. */
  #carries: Float64Array | undefined;

  constructor(page: Uint16Array, start: number) {
    this.#page = page;
    this.#start = start;
    this.#origin = start;
    this.#carries = undefined;
  }

  get isEmpty(): boolean {
    return this.low > this.high;
  }

  /** Counts one value, if its bucket is from `low` to `high`; returns whether it is. */
  increment(index: number): boolean {
    if (index < this.low || index > this.high) return false;
    const position = this.#origin + index;
    const count = (this.#page[position] ?? 0) + 1;
    this.#page[position] = count;
    if (count === CARRY) this.#carry(position, 1);
    return true;
  }

  /** How many values a bucket from `low` to `high` has. */
  count(index: number): number {
    const position = this.#origin + index;
    return (this.#page[position] ?? 0) + (this.#carries?.[position - this.#start] ?? 0) * CARRY;
  }

  /**
   * Counts one value in a bucket that is not from `low` to `high`. Halves the resolution as often as
   * that takes, and returns how often.
   */
  insert(index: number): number {
    const low = this.isEmpty ? index : Math.min(this.low, index);
    const high = this.isEmpty ? index : Math.max(this.high, index);
    let by = 0;
    while ((high >> by) - (low >> by) >= MAX_BUCKETS) by++;
    if (by > 0 || !this.#holds(low) || !this.#holds(high)) this.#move(low, high, by);
    this.low = low >> by;
    this.high = high >> by;
    this.#add(index >> by, 1);
    return by;
  }

  /** Halves the resolution `by` times. */
  downscale(by: number): void {
    if (!this.isEmpty) this.#move(this.low, this.high, by);
  }

  clear(): void {
    this.low = 1;
    this.high = 0;
    this.#page.fill(0, this.#start, this.#start + MAX_BUCKETS);
    this.#carries = undefined;
  }

  toData(): ExponentialBuckets {
    const { low, high } = this;
    if (this.isEmpty) return { offset: 0, bucketCounts: [] };
    const bucketCounts: number[] = [];
    bucketCounts.length = high - low + 1;
    for (let index = low; index <= high; index++) bucketCounts[index - low] = this.count(index);
    return { offset: low, bucketCounts };
  }

  #add(index: number, count: number): void {
    const position = this.#origin + index;
    const total = (this.#page[position] ?? 0) + count;
    this.#page[position] = total;
    if (total >= CARRY) this.#carry(position, Math.floor(total / CARRY));
  }

  #carry(position: number, times: number): void {
    const slot = position - this.#start;
    this.#carries ??= new Float64Array(MAX_BUCKETS);
    this.#carries[slot] = (this.#carries[slot] ?? 0) + times;
  }

  /** Whether the block has a counter for the index, as it lies now. */
  #holds(index: number): boolean {
    const slot = this.#origin + index - this.#start;
    return slot >= 0 && slot < MAX_BUCKETS;
  }

  /**
   * Lays the range into the middle of the block, so that it may then grow either way, and halves the
   * resolution `by` times. The range may be larger than what is counted so far.
   */
  #move(newLow: number, newHigh: number, by: number): void {
    const { low, high } = this;
    for (let index = low; index <= high; index++) scratch[index - low] = this.count(index);
    this.clear();
    this.low = newLow >> by;
    this.high = newHigh >> by;
    this.#origin = this.#start + ((MAX_BUCKETS - (this.high - this.low + 1)) >> 1) - this.low;
    for (let index = low; index <= high; index++) this.#add(index >> by, scratch[index - low] ?? 0);
  }
}

/** Empty buckets, from those given back if there are any. */
export function acquireBuckets(): Buckets {
  const reused = free.pop();
  if (reused !== undefined) return reused;
  if (pageEnd === page.length) {
    page = new Uint16Array(BLOCKS_PER_PAGE * MAX_BUCKETS);
    pageEnd = 0;
  }
  pageEnd += MAX_BUCKETS;
  return new Buckets(page, pageEnd - MAX_BUCKETS);
}

/** Gives buckets back, which their owner must not use any more. Their memory stays with the process. */
export function releaseBuckets(buckets: Buckets): void {
  buckets.clear();
  free.push(buckets);
}
