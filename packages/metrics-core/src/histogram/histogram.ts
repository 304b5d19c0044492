import { indexAtMaxScale, MAX_BUCKETS, MAX_SCALE } from "./bucket-index.ts";
import { acquireBuckets, Buckets, releaseBuckets } from "./bucket-pool.ts";
import type { ExponentialHistogram } from "../contract/exponential-histogram.ts";

/** Stands for a side that no value has gone to. Holds no index and no memory, so nothing is ever counted in it. */
const NONE = /* @__PURE__ */ new Buckets(/* @__PURE__ */ new Uint16Array(0), 0);

/**
 * The exponential histogram of one series' open window, as values are recorded into it.
 *
 * It begins at scale 10, and halves its resolution whenever values lie too far apart for 160 buckets.
 * The scale outlives the window, since finding it anew costs 15 times as much as the rest where a
 * window has few values; it rises after a window as far as one like it would still fit.
 */
export class Histogram {
  #positive: Buckets = NONE;
  #negative: Buckets = NONE;
  #zeroCount = 0;
  /** How far the scale is below 10; both sides share it. */
  #shift = 0;

  /** Counts a value, which must be finite. Allocates nothing, except for the first value of a sign and for every 65,536th in one bucket. */
  record(value: number): void {
    if (value === 0) {
      this.#zeroCount++;
      return;
    }
    const buckets = value > 0 ? this.#positive : this.#negative;
    const index = indexAtMaxScale(value) >> this.#shift;
    if (!buckets.increment(index)) this.#extend(value > 0, index);
  }

  /** What was recorded in the window, as plain data that later values do not change. */
  toData(): ExponentialHistogram {
    return {
      scale: MAX_SCALE - this.#shift,
      zeroCount: this.#zeroCount,
      positive: this.#positive.toData(),
      negative: this.#negative.toData(),
    };
  }

  /** Begins a new window. Memory is kept, and so is the scale, as the class describes. */
  reset(): void {
    const used = Math.max(width(this.#positive), width(this.#negative));
    if (used > 0) {
      for (let finer = used * 2; finer <= MAX_BUCKETS && this.#shift > 0; finer *= 2) this.#shift--;
    }
    if (!this.#positive.isEmpty) this.#positive.clear();
    if (!this.#negative.isEmpty) this.#negative.clear();
    this.#zeroCount = 0;
  }

  /** Gives the memory back to other histograms. This one is then as good as new. */
  release(): void {
    if (this.#positive !== NONE) releaseBuckets(this.#positive);
    if (this.#negative !== NONE) releaseBuckets(this.#negative);
    this.#positive = NONE;
    this.#negative = NONE;
    this.#zeroCount = 0;
    this.#shift = 0;
  }

  /** Counts a value in a bucket that is not in use yet. */
  #extend(isPositive: boolean, index: number): void {
    let buckets = isPositive ? this.#positive : this.#negative;
    if (buckets === NONE) {
      buckets = acquireBuckets();
      if (isPositive) this.#positive = buckets;
      else this.#negative = buckets;
    }
    const by = buckets.insert(index);
    if (by === 0) return;
    this.#shift += by;
    (isPositive ? this.#negative : this.#positive).downscale(by);
  }
}

function width(buckets: Buckets): number {
  return buckets.high - buckets.low + 1;
}
