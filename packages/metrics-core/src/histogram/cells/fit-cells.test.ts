import { expect, test } from "vitest";
import type { MetricSnapshot } from "../../contract/metric-snapshot.ts";
import { distributionOf } from "../../testing/distribution-of.ts";
import { seededRandom, VALUE_FAMILIES } from "../../testing/value-families.ts";
import { toValuesAndCounts } from "../to-values-and-counts.ts";

/** What a vendor says the value of a rank is. */
function valueAt(rank: number, snapshot: MetricSnapshot, maxValues: number): number {
  const { values, counts } = toValuesAndCounts(snapshot, maxValues);
  let upTo = 0;
  return values.find((_, i) => (upTo += counts[i] ?? 0) >= rank) ?? NaN;
}

function drawn(family: string, count: number, seed: number): Float64Array {
  const random = seededRandom(seed);
  const draw = VALUE_FAMILIES[family];
  if (draw === undefined) throw new Error(`no family ${family}`);
  return Float64Array.from({ length: count }, () => draw(random)).sort();
}

/** The indices of the buckets that are not empty, side by side. */
function occupied({ histogram }: MetricSnapshot): readonly (readonly number[])[] {
  if (histogram === undefined) return [];
  const { positive, negative, zeroCount } = histogram;
  const sides = [negative, positive].map(({ offset, bucketCounts }) =>
    bucketCounts.flatMap((count, i) => (count > 0 ? [offset + i] : [])),
  );
  return zeroCount > 0 ? [...sides, [0]] : sides;
}

/** The fewest buckets in a row that a pair must stand for, so that `most` pairs are enough; undefined where even whole sides are too many. */
function leastReach(snapshot: MetricSnapshot, most: number): number | undefined {
  const sides = occupied(snapshot);
  const longest = Math.max(...sides.map((side) => (side.at(-1) ?? 0) - (side[0] ?? 0) + 1));
  for (let reach = 1; reach <= longest; reach++) {
    let pairs = 0;
    for (const side of sides) {
      let first = -Infinity;
      for (const index of side) {
        if (index - first < reach) continue;
        first = index;
        pairs++;
      }
    }
    if (pairs <= most) return reach;
  }
  return undefined;
}

test.each(["latencies, log-normal", "nine orders of magnitude", "differences, log-normal"])(
  "%s: for every number of pairs, each rank is within as few buckets as it takes",
  (family) => {
    const values = drawn(family, 3_000, 5);
    const snapshot = distributionOf(values);
    const base = 2 ** (2 ** -(snapshot.histogram?.scale ?? NaN));
    for (let maxValues = 3; maxValues <= 200; maxValues++) {
      // Minimum and maximum are pairs by themselves, and may leave a bucket empty.
      const reach = leastReach(snapshot, maxValues - 2);
      if (reach === undefined) continue;
      const { values: shown, counts } = toValuesAndCounts(snapshot, maxValues);
      let rank = 0;
      for (const [i, value] of shown.entries()) {
        for (const exact of [values[rank], values[rank + (counts[i] ?? 1) - 1]])
          expect(Math.abs(Math.log(value / (exact ?? NaN)))).toBeLessThanOrEqual(
            Math.log(base) * reach * (1 + 1e-9),
          );
        rank += counts[i] ?? 0;
      }
    }
  },
);

test("160 buckets become 150 or 100 pairs of at most two, and with as many negative ones of three or four", () => {
  const positive = Array.from({ length: 160 }, (_, i) => 2 ** ((i + 0.5) / 16));
  const both = [...positive, ...positive.map((value) => -value), 0];
  expect([148, 98].map((most) => leastReach(distributionOf(positive), most))).toEqual([2, 2]);
  expect([148, 98].map((most) => leastReach(distributionOf(both), most))).toEqual([3, 4]);
});

test("a sparse tail is not bent", () => {
  // 149 buckets of 142 values each, then 11 of 2 each.
  const values = Array.from({ length: 160 }, (_, i) => i).flatMap((i) =>
    Array.from({ length: i < 149 ? 142 : 2 }, () => 2 ** ((i + 0.5) / 8)),
  );
  const snapshot = distributionOf(values);
  expect(snapshot.histogram?.scale).toBe(3);
  const rank = Math.ceil(0.999 * values.length);
  const exact = values[rank - 1] ?? NaN;
  for (const maxValues of [150, 100])
    expect(Math.abs(Math.log2(valueAt(rank, snapshot, maxValues) / exact))).toBeLessThan(1 / 8);
});

test("p99 and p99.9 of latencies keep their buckets at 150 pairs, and at 100", () => {
  const countAt = (rank: number, counts: readonly number[]): number => {
    let upTo = 0;
    return counts.find((count) => (upTo += count) >= rank) ?? NaN;
  };
  let joined = 0;
  for (let window = 1; window <= 200; window++) {
    const snapshot = distributionOf(drawn("latencies, log-normal", 5_000, window));
    for (const share of [0.99, 0.999])
      for (const maxValues of [150, 100]) {
        const rank = Math.ceil(share * snapshot.count);
        const { counts } = toValuesAndCounts(snapshot, maxValues);
        const inBucket = countAt(rank, snapshot.histogram?.positive.bucketCounts ?? []);
        if (countAt(rank, counts) !== inBucket) joined++;
      }
  }
  expect(joined).toBe(0);
});
