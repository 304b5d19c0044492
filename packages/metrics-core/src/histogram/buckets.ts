import type { ExponentialBuckets } from "../contract/exponential-histogram.ts";
import { MOST_MAX_BUCKETS } from "./bucket-index.ts";

/** What a counter of 16 bits can't hold is kept in multiples of this. */
const CARRY = 65_536;

/** So many values are listed before they are counted; the smallest block has room for them. */
const MOST_LISTED = 80;

/** The data of a side without values. */
const EMPTY: ExponentialBuckets = /* @__PURE__ */ Object.freeze({
  offset: 0,
  bucketCounts: /* @__PURE__ */ Object.freeze([]),
});

/** New counts, while a block is written anew. */
const scratch = /* @__PURE__ */ new Float64Array(MOST_MAX_BUCKETS);

/**
 * The values of one side of a histogram. They are kept in a block of 16-bit numbers in a page that many
 * share: a typed array per series would double its memory.
 *
 * The first values are only listed, each by its index at scale 10. A list needs no scale, so it costs
 * nothing to find one anew in each window. Further values are counted, in one counter for each index
 * from `low` to `high`, at a resolution that their owner knows.
 */
export class Buckets {
  /** Lowest index that is counted. Above `high` while nothing is. */
  low = 1;
  /** Highest index that is counted, less than `low` + `size`. */
  high = 0;
  /** How many counters the block has. */
  readonly size: number;
  readonly #page: Uint16Array;
  readonly #start: number;
  /** Where in the page index 0 would be, so that an index is at this plus itself. */
  #origin: number;
  /** How many values are listed. */
  #listed = 0;
  /** How often each counter of the block has overflowed; undefined while none has. */
  #carries: Float64Array | undefined;

  /** @param page in which the counters from `start` on are the block */
  constructor(page: Uint16Array, start: number, size: number) {
    this.size = size;
    this.#page = page;
    this.#start = start;
    this.#origin = start;
    this.#carries = undefined;
  }

  get isEmpty(): boolean {
    return this.#listed === 0 && this.low > this.high;
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

  /** Counts a value so many times, if its bucket is from `low` to `high`; returns whether it is. */
  increase(index: number, times: number): boolean {
    if (index < this.low || index > this.high) return false;
    this.#set(index, (this.#page[this.#origin + index] ?? 0) + times);
    return true;
  }

  /** Lists one value by its index at scale 10, if none is counted yet and there is room; returns whether it has. */
  list(index: number): boolean {
    if (this.low <= this.high || this.#listed === MOST_LISTED) return false;
    const position = this.#start + 2 * this.#listed++;
    // The page keeps 16 bits of each.
    this.#page[position] = index;
    this.#page[position + 1] = index >> 16;
    return true;
  }

  /** The lowest index of all values. @param shift how far below 10 the scale is */
  lowestAt(shift: number): number {
    if (this.#listed === 0) return this.low;
    let lowest = this.#listedAt(0);
    for (let i = 1; i < this.#listed; i++) {
      const index = this.#listedAt(i);
      if (index < lowest) lowest = index;
    }
    return lowest >> shift;
  }

  /** The highest index of all values. @param shift how far below 10 the scale is */
  highestAt(shift: number): number {
    if (this.#listed === 0) return this.high;
    let highest = this.#listedAt(0);
    for (let i = 1; i < this.#listed; i++) {
      const index = this.#listedAt(i);
      if (index > highest) highest = index;
    }
    return highest >> shift;
  }

  /**
   * Makes room for the indices from `low` to `high`, so that they can be counted, and takes over what
   * another side, or this one, has so far. All of that must lie in the range.
   *
   * @param shift how far below 10 the scale is, from now on
   * @param by how often the resolution of what was counted is halved
   */
  takeOver(other: Buckets, low: number, high: number, shift: number, by: number): void {
    if (other === this && by === 0 && this.#listed === 0 && this.#holds(low) && this.#holds(high)) {
      this.low = low;
      this.high = high;
      return;
    }
    scratch.fill(0, 0, high - low + 1);
    other.#addTo(scratch, low, shift, by);
    this.clear();
    this.#page.fill(0, this.#start, this.#start + this.size);
    this.low = low;
    this.high = high;
    // In the middle of the block, so that it may then grow either way.
    this.#origin = this.#start + ((this.size - (high - low + 1)) >> 1) - low;
    for (let index = low; index <= high; index++) this.#set(index, scratch[index - low] ?? 0);
  }

  /** Halves the resolution of what was counted `by` times, to the scale that is `shift` below 10. */
  downscale(by: number, shift: number): void {
    if (this.low <= this.high) this.takeOver(this, this.low >> by, this.high >> by, shift, by);
  }

  clear(): void {
    this.low = 1;
    this.high = 0;
    this.#listed = 0;
    this.#carries = undefined;
  }

  /**
   * The counts as plain data, frozen.
   *
   * @param low the lowest index of all values, at that scale
   * @param high the highest
   * @param shift how far below 10 the scale is
   * @param by how much coarser that is than what was counted
   */
  toData(low: number, high: number, shift: number, by: number): ExponentialBuckets {
    if (this.isEmpty) return EMPTY;
    const bucketCounts: number[] = [];
    bucketCounts.length = high - low + 1;
    if (this.#listed === 0 && by === 0) {
      for (let index = low; index <= high; index++) bucketCounts[index - low] = this.#count(index);
    } else {
      // Twenty times as fast as Array.from().
      bucketCounts.fill(0);
      this.#addTo(bucketCounts, low, shift, by);
    }
    return Object.freeze({ offset: low, bucketCounts: Object.freeze(bucketCounts) });
  }

  /** Adds all values to counts, the first of which is for index `low`. */
  #addTo(counts: Float64Array | number[], low: number, shift: number, by: number): void {
    for (let i = 0; i < this.#listed; i++) {
      const at = (this.#listedAt(i) >> shift) - low;
      counts[at] = (counts[at] ?? 0) + 1;
    }
    for (let index = this.low; index <= this.high; index++) {
      const at = (index >> by) - low;
      counts[at] = (counts[at] ?? 0) + this.#count(index);
    }
  }

  /** The index at scale 10 of a listed value. */
  #listedAt(i: number): number {
    const position = this.#start + 2 * i;
    return (this.#page[position] ?? 0) | ((this.#page[position + 1] ?? 0) << 16);
  }

  #count(index: number): number {
    const position = this.#origin + index;
    return (this.#page[position] ?? 0) + (this.#carries?.[position - this.#start] ?? 0) * CARRY;
  }

  /** Sets what the page has of a count; what does not fit is carried. */
  #set(index: number, count: number): void {
    const position = this.#origin + index;
    this.#page[position] = count;
    if (count >= CARRY) this.#carry(position, Math.floor(count / CARRY));
  }

  #carry(position: number, times: number): void {
    const slot = position - this.#start;
    this.#carries ??= new Float64Array(this.size);
    this.#carries[slot] = (this.#carries[slot] ?? 0) + times;
  }

  /** Whether the block has a counter for the index, as it lies now. */
  #holds(index: number): boolean {
    const slot = this.#origin + index - this.#start;
    return slot >= 0 && slot < this.size;
  }
}
