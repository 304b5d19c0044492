import { MAX_BUCKETS } from "./bucket-index.ts";
import type { ExponentialBuckets } from "./exponential-histogram.ts";

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
  /** The index whose counter is the block's first. The block is circular, so growing either way moves nothing. */
  #anchor = 0;
  readonly #page: Uint16Array;
  readonly #start: number;
  /** How often each counter has overflowed; undefined while none has. */
  #carries: Float64Array | undefined;

  constructor(page: Uint16Array, start: number) {
    this.#page = page;
    this.#start = start;
    this.#carries = undefined;
  }

  get isEmpty(): boolean {
    return this.low > this.high;
  }

  /** Counts values in a bucket from `low` to `high`. */
  add(index: number, count: number): void {
    const slot = slotOf(index, this.#anchor);
    const position = this.#start + slot;
    const total = (this.#page[position] ?? 0) + count;
    this.#page[position] = total;
    if (total >= CARRY) {
      this.#carries ??= new Float64Array(MAX_BUCKETS);
      this.#carries[slot] = (this.#carries[slot] ?? 0) + Math.floor(total / CARRY);
    }
  }

  /** How many values a bucket from `low` to `high` has. */
  count(index: number): number {
    const slot = slotOf(index, this.#anchor);
    return (this.#page[this.#start + slot] ?? 0) + (this.#carries?.[slot] ?? 0) * CARRY;
  }

  /** Extends the range to hold an index, which the caller knows to fit. */
  include(index: number): void {
    if (this.isEmpty) {
      this.#anchor = index;
      this.low = index;
      this.high = index;
    } else if (index < this.low) {
      this.low = index;
    } else if (index > this.high) {
      this.high = index;
    }
  }

  /** Halves the resolution `by` times. */
  downscale(by: number): void {
    const { low, high } = this;
    if (this.isEmpty) return;
    for (let index = low; index <= high; index++) scratch[index - low] = this.count(index);
    this.clear();
    this.include(low >> by);
    this.include(high >> by);
    for (let index = low; index <= high; index++) this.add(index >> by, scratch[index - low] ?? 0);
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

/** Where a block has the counter of an index: at its distance from the anchor, modulo 160 and without a branch. */
function slotOf(index: number, anchor: number): number {
  const distance = index - anchor;
  return distance + ((distance >> 31) & MAX_BUCKETS);
}
