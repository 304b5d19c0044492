import type { MetricSnapshot, ThresholdCounts } from "../../contract/metric-snapshot.ts";
import { bucketBound } from "../bucket-index.ts";
import { nextUp } from "./next-double.ts";

/** Some observations of a snapshot, all from `low` to `high`. */
export interface Cell {
  low: number;
  high: number;
  count: number;
  /** −1, 0 or 1: the sign of its values. */
  readonly side: number;
  /** Numbers the buckets of one side, in ascending order of their values. */
  readonly position: number;
  /** How many thresholds are below its values. */
  readonly place: number;
}

/**
 * What is known about where a snapshot's observations lie: its buckets that are not empty, clipped to
 * minimum and maximum, and cut at its thresholds, so that the observations at or under each are exactly
 * those of the cells below it. In ascending order; no two cells have a double in common. Without a
 * histogram all observations are one bucket.
 */
export function cellsOf({ count, min, max, histogram, thresholds }: MetricSnapshot): Cell[] {
  const cells = new CellList(min, max, thresholds);
  if (histogram === undefined) {
    cells.add(min, max, count, 0, 0);
    return cells.all;
  }
  const { scale, zeroCount, positive, negative } = histogram;
  // The bound that the last bucket shares with the next one, if that is not empty.
  let shared = NaN;
  let bound = 0;
  for (let i = negative.bucketCounts.length - 1; i >= 0; i--) {
    const inBucket = negative.bucketCounts[i] ?? 0;
    if (inBucket === 0) continue;
    const index = negative.offset + i;
    const low = -(shared === index + 1 ? bound : bucketBound(index + 1, scale));
    shared = index;
    bound = bucketBound(index, scale);
    // A bucket's lower bound is in the bucket below it; below the smallest double there is none.
    cells.add(low, Math.max(low, -nextUp(bound)), inBucket, -1, -index);
  }
  cells.add(0, 0, zeroCount, 0, 0);
  shared = NaN;
  for (let i = 0; i < positive.bucketCounts.length; i++) {
    const inBucket = positive.bucketCounts[i] ?? 0;
    if (inBucket === 0) continue;
    const index = positive.offset + i;
    const low = nextUp(shared === index ? bound : bucketBound(index, scale));
    shared = index + 1;
    bound = bucketBound(shared, scale);
    cells.add(Math.min(low, bound), bound, inBucket, 1, index);
  }
  return cells.all;
}

/** Takes buckets in ascending order. */
class CellList {
  readonly all: Cell[] = [];
  readonly #min: number;
  readonly #max: number;
  readonly #bounds: readonly number[];
  readonly #counts: readonly number[];
  /** How many bounds are below what comes next. */
  #place = 0;
  /** How many observations are at or under the bound at `#place`. */
  #upToBound: number;
  /** How many observations have come. */
  #taken = 0;

  constructor(min: number, max: number, thresholds: ThresholdCounts | undefined) {
    this.#min = min;
    this.#max = max;
    this.#bounds = thresholds?.bounds ?? [];
    this.#counts = thresholds?.counts ?? [];
    this.#upToBound = this.#counts[0] ?? 0;
  }

  /** Takes the next bucket, whose values lie from `lowest` to `highest`. */
  add(lowest: number, highest: number, count: number, side: number, position: number): void {
    if (count === 0) return;
    let low = Math.max(this.#min, Math.min(this.#max, lowest));
    const high = Math.max(this.#min, Math.min(this.#max, highest));
    let left = count;
    for (;;) {
      const bound = this.#bounds[this.#place];
      if (bound === undefined || bound >= high) break;
      if (bound >= low) {
        const under = Math.max(0, Math.min(left, this.#upToBound - this.#taken));
        this.#push({ low, high: bound, count: under, side, position, place: this.#place });
        left -= under;
        low = nextUp(bound);
      }
      this.#upToBound += this.#counts[++this.#place] ?? 0;
    }
    this.#push({ low, high, count: left, side, position, place: this.#place });
  }

  #push(cell: Cell): void {
    if (cell.count === 0) return;
    this.#taken += cell.count;
    this.all.push(cell);
  }
}
