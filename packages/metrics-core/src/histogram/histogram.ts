import { indexAtMaxScale, MAX_BUCKETS, MAX_SCALE } from "./bucket-index.ts";
import { acquireBuckets, releaseBuckets } from "./bucket-pool.ts";
import { Buckets } from "./buckets.ts";
import type { ExponentialHistogram } from "../contract/exponential-histogram.ts";

/** Stands for a side that no value has gone to. Holds no index and no memory, so nothing is ever counted in it. */
const NONE = /* @__PURE__ */ new Buckets(/* @__PURE__ */ new Uint16Array(0), 0, 0);

/**
 * The exponential histogram of one series' open window, as values are recorded into it.
 *
 * It begins each window at scale 10, and halves its resolution whenever values lie too far apart for its
 * buckets. So each window has the finest scale at which its values fit, whatever the window before it had.
 */
export class Histogram {
  #positive: Buckets = NONE;
  #negative: Buckets = NONE;
  #zeroCount = 0;
  /** How far the scale of what was counted is below 10; both sides share it. */
  #shift = 0;
  readonly #maxBuckets: number;

  /** @param maxBuckets most buckets a side, 132 to 2,048 */
  constructor(maxBuckets: number = MAX_BUCKETS) {
    this.#maxBuckets = maxBuckets;
  }

  /** Counts a value, which must be finite. Allocates nothing, except when a side needs more memory, and for every 65,536th value in one bucket. */
  record(value: number): void {
    if (value === 0) this.#zeroCount++;
    else this.count(value > 0, indexAtMaxScale(value));
  }

  /** Counts a value that is not zero by its sign and its index at scale 10. */
  count(isPositive: boolean, index: number): void {
    const buckets = isPositive ? this.#positive : this.#negative;
    if (!buckets.increment(index >> this.#shift)) this.#extend(isPositive, index);
  }

  /** Counts a value so many times, with the same result as if each was recorded. */
  repeat(value: number, times: number): void {
    if (value === 0) {
      this.#zeroCount += times;
      return;
    }
    const isPositive = value > 0;
    const index = indexAtMaxScale(value);
    // Values are counted one by one only as long as they are listed, or until they have a counter.
    for (let left = times; left > 0; left--) {
      const buckets = isPositive ? this.#positive : this.#negative;
      if (buckets.increase(index >> this.#shift, left)) return;
      this.#extend(isPositive, index);
    }
  }

  /** What was recorded in the window, as plain frozen data that later values do not change. */
  toData(): ExponentialHistogram {
    const above = this.#positive;
    const below = this.#negative;
    const lowAbove = above.lowestAt(this.#shift);
    const highAbove = above.highestAt(this.#shift);
    const lowBelow = below.lowestAt(this.#shift);
    const highBelow = below.highestAt(this.#shift);
    const by = Math.max(this.#halvings(lowAbove, highAbove), this.#halvings(lowBelow, highBelow));
    const shift = this.#shift + by;
    const scale = MAX_SCALE - shift;
    const positive = above.toData(lowAbove >> by, highAbove >> by, shift, by);
    const negative = below.toData(lowBelow >> by, highBelow >> by, shift, by);
    const zeroCount = this.#zeroCount;
    return Object.freeze(
      this.#maxBuckets === MAX_BUCKETS
        ? { scale, zeroCount, positive, negative }
        : { scale, zeroCount, positive, negative, maxBuckets: this.#maxBuckets },
    );
  }

  /** Nothing: a {@link ThresholdHistogram} has them. */
  thresholds(): undefined {
    return undefined;
  }

  /** Begins a new window. Memory is kept. */
  reset(): void {
    if (this.#positive !== NONE) this.#positive.clear();
    if (this.#negative !== NONE) this.#negative.clear();
    this.#zeroCount = 0;
    this.#shift = 0;
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

  /** Takes a value whose bucket is not in use yet. */
  #extend(isPositive: boolean, index: number): void {
    let buckets = isPositive ? this.#positive : this.#negative;
    if (buckets === NONE) buckets = this.#replace(isPositive, acquireBuckets(MAX_BUCKETS));
    if (buckets.list(index)) return;
    const low = Math.min(buckets.lowestAt(this.#shift), index >> this.#shift);
    const high = Math.max(buckets.highestAt(this.#shift), index >> this.#shift);
    const by = this.#halvings(low, high);
    this.#shift += by;
    if (by > 0) (isPositive ? this.#negative : this.#positive).downscale(by, this.#shift);
    const counters = (high >> by) - (low >> by) + 1;
    const home = counters > buckets.size ? acquireBuckets(counters) : buckets;
    home.takeOver(buckets, low >> by, high >> by, this.#shift, by);
    home.increment(index >> this.#shift);
    if (home === buckets) return;
    this.#replace(isPositive, home);
    releaseBuckets(buckets);
  }

  #replace(isPositive: boolean, buckets: Buckets): Buckets {
    if (isPositive) this.#positive = buckets;
    else this.#negative = buckets;
    return buckets;
  }

  /** How often the resolution must be halved until the values of a side fit; 0 where `low` is above `high`, as without values. */
  #halvings(low: number, high: number): number {
    let by = 0;
    while ((high >> by) - (low >> by) >= this.#maxBuckets) by++;
    return by;
  }
}
