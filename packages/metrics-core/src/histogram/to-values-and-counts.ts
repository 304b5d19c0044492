import { type Cell, cellsOf } from "./cells/cells.ts";
import { fitCells } from "./cells/fit-cells.ts";
import type { MetricSnapshot } from "../contract/metric-snapshot.ts";

/** Distinct values in ascending order, and how often each occurs, position by position. */
export interface ValuesAndCounts {
  /** The distinct values, ascending. */
  readonly values: number[];
  /** How often each of them occurs; as long as `values`. */
  readonly counts: number[];
}

/**
 * A snapshot as (value, count) pairs, for vendors that take values instead of buckets.
 *
 * The smallest and the largest value are the snapshot's `min` and `max`, and the counts add up to
 * its `count` (above 2^53 as exactly as a double can). Each bucket stands as one value within it,
 * `low + t * (high - low)` with the one `t` for all of them that makes the values times their counts add
 * up to `sum`, within `count * 2^-52 * Σ|value|` of rounding. A bucket is also cut at each of the
 * snapshot's thresholds, so that the counts of the values at or under a threshold add up to exactly what
 * the snapshot says. Without a histogram all observations but the extremes count as one bucket.
 *
 * Where there are too many buckets, neighbours are joined, as few in a row as possible: at most two where
 * 160 buckets become 150 or 100 values, three and four where as many buckets have negative values, and
 * perhaps more where there are many thresholds. A percentile of the values is off by at most the width of
 * so many buckets.
 *
 * @param maxValues the most values to return, an integer of at least 3, and of at least 3 more than the
 *   snapshot has thresholds. 67 is enough for any snapshot
 * @throws RangeError if `maxValues` is anything else
 */
export function toValuesAndCounts(snapshot: MetricSnapshot, maxValues: number): ValuesAndCounts {
  if (!Number.isInteger(maxValues) || maxValues < 3) {
    throw new RangeError(`maxValues must be an integer of at least 3, was ${maxValues}`);
  }
  const { count, min, max, thresholds } = snapshot;
  const least = 3 + (thresholds?.bounds.length ?? 0);
  if (maxValues < least) {
    throw new RangeError(
      `maxValues must be at least ${least} for a snapshot with ${least - 3} thresholds, was ${maxValues}; 67 is enough for any snapshot`,
    );
  }
  if (count === 1 || min === max) return { values: [min], counts: [count] };
  const cells = fitCells(withoutExtremes(cellsOf(snapshot)), maxValues - 2);
  const placed = placeValues(cells, snapshot);
  const values = [min];
  const counts = [1];
  for (let i = 0; i <= cells.length; i++) {
    const value = placed[i] ?? max;
    const times = cells[i]?.count ?? 1;
    const last = values.length - 1;
    if (value === values[last]) counts[last] = (counts[last] ?? 0) + times;
    else {
      values.push(value);
      counts.push(times);
    }
  }
  return { values, counts };
}

/** The cells without one observation each for minimum and maximum. */
function withoutExtremes(cells: Cell[]): Cell[] {
  for (const end of [0, -1]) {
    const cell = cells.at(end);
    if (cell !== undefined && --cell.count === 0) cells.splice(end, 1);
  }
  return cells;
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
