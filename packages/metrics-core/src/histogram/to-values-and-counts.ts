import { ascendingBuckets } from "./bucket-index.ts";
import type { MetricSnapshot } from "../contract/metric-snapshot.ts";

/** Distinct values in ascending order, and how often each occurs, position by position. */
export interface ValuesAndCounts {
  readonly values: number[];
  readonly counts: number[];
}

/** Observations other than the minimum and the maximum, all from `low` to `high`. */
interface Cell {
  low: number;
  high: number;
  count: number;
}

/**
 * A snapshot as (value, count) pairs, for vendors that take values instead of buckets.
 *
 * The smallest and the largest value are the snapshot's `min` and `max`, and the counts add up to
 * its `count`. Each bucket stands as one value within it, `low + t * (high - low)` with the one `t`
 * for all of them that makes the values times their counts add up to `sum`, within
 * `count * 2^-52 * Σ|value|` of rounding. Where there are too many buckets, those neighbours are
 * joined first whose observations times relative width are the least. Without a histogram all
 * observations but the extremes count as one bucket.
 *
 * @param maxValues the most values to return, an integer of at least 3
 * @throws RangeError if `maxValues` is anything else
 */
export function toValuesAndCounts(snapshot: MetricSnapshot, maxValues: number): ValuesAndCounts {
  if (!Number.isInteger(maxValues) || maxValues < 3) {
    throw new RangeError(`maxValues must be an integer of at least 3, was ${maxValues}`);
  }
  const { count, min, max } = snapshot;
  if (count === 1 || min === max) return { values: [min], counts: [count] };
  const cells = cellsOf(snapshot);
  while (cells.length > maxValues - 2) joinCheapest(cells);
  const values = [min];
  const counts = [1];
  const add = (value: number, times: number): void => {
    if (value === values.at(-1)) {
      counts.push((counts.pop() ?? 0) + times);
    } else {
      values.push(value);
      counts.push(times);
    }
  };
  for (const [i, value] of placeValues(cells, snapshot).entries()) add(value, cells[i]?.count ?? 0);
  add(max, 1);
  return { values, counts };
}

/** The snapshot's buckets, clipped to what it can hold, without one observation each for minimum and maximum. */
function cellsOf({ count, min, max, histogram }: MetricSnapshot): Cell[] {
  const clip = (value: number): number => Math.max(min, Math.min(max, value));
  const cells: Cell[] = [];
  const buckets = histogram ? ascendingBuckets(histogram) : [{ low: min, high: max, count }];
  for (const { low, high, count } of buckets)
    cells.push({ low: clip(low), high: clip(high), count });
  for (const end of [0, -1]) {
    const cell = cells.at(end);
    if (cell !== undefined && --cell.count === 0) cells.splice(end, 1);
  }
  return cells;
}

function joinCheapest(cells: Cell[]): void {
  let cheapest = 0;
  let lowestCost = Infinity;
  for (let i = 0; i + 1 < cells.length; i++) {
    const [a, b] = [cells[i], cells[i + 1]];
    if (a === undefined || b === undefined) break;
    const magnitude = Math.max(Math.abs(a.low), Math.abs(b.high));
    const cost = (a.count + b.count) * (b.high / magnitude - a.low / magnitude);
    if (cost < lowestCost) {
      lowestCost = cost;
      cheapest = i;
    }
  }
  const [a, b] = cells.splice(cheapest, 2);
  if (a && b) cells.splice(cheapest, 0, { low: a.low, high: b.high, count: a.count + b.count });
}

/**
 * One value in each cell, such that with minimum and maximum they add up to the snapshot's sum; the
 * last one takes up the rounding of the others.
 */
function placeValues(cells: readonly Cell[], { sum, min, max }: MetricSnapshot): number[] {
  // Dividing by a power of two is exact, and keeps the sums of the largest and the smallest doubles in range.
  const unit = 2 ** Math.min(1023, Math.floor(Math.log2(Math.max(-min, max))));
  const rest = sum / unit - min / unit - max / unit;
  let lowest = 0;
  let width = 0;
  for (const { low, high, count } of cells) {
    lowest += count * (low / unit);
    width += count * (high / unit - low / unit);
  }
  const t = width > 0 ? Math.max(0, Math.min(1, (rest - lowest) / width)) : 0;
  let left = rest;
  return cells.map(({ low, high, count }, i) => {
    const isLast = i === cells.length - 1;
    const value = isLast ? (left / count) * unit : low * (1 - t) + high * t;
    const placed = Math.max(low, Math.min(high, value));
    left -= count * (placed / unit);
    return placed;
  });
}
