import fc from "fast-check";
import { expect, test } from "vitest";
import type { ExponentialHistogram } from "../contract/exponential-histogram.ts";
import { Histogram } from "./histogram.ts";
import { KeptHistogram } from "./kept-histogram.ts";
import { mergeSnapshots } from "./merge-snapshots.ts";

const SNAPSHOT = {
  name: "a",
  kind: "distribution",
  unit: "1",
  count: 1,
  sum: 0,
  min: 0,
  max: 0,
  last: 0,
  dimensions: [],
  windowStart: 0,
  windowEnd: 1,
} as const;

function histogramOf(values: readonly number[], maxBuckets?: number): ExponentialHistogram {
  const histogram = new Histogram(maxBuckets);
  for (const value of values) histogram.record(value);
  return histogram.toData();
}

/** How many values there are in each bucket that has some, by the sign and the index at a scale. */
function countsAt(
  scale: number,
  { scale: own, zeroCount, ...sides }: ExponentialHistogram,
): ReadonlyMap<string, number> {
  const counts = new Map([["zero", zeroCount]]);
  for (const side of ["positive", "negative"] as const)
    for (const [i, count] of sides[side].bucketCounts.entries()) {
      const key = `${side} ${(sides[side].offset + i) >> (own - scale)}`;
      if (count > 0) counts.set(key, (counts.get(key) ?? 0) + count);
    }
  return counts;
}

const value = fc.oneof(
  fc.constantFrom(0, 1, -1, 1e300, -1e-300),
  fc.double({ min: -100, max: 100, noNaN: true }),
);

test("what has room is added as merging would, and what has none changes nothing", () => {
  let added = 0;
  fc.assert(
    fc.property(fc.array(value), fc.array(value), (first, second) => {
      const [a, b] = [histogramOf(first), histogramOf(second)];
      const kept = new KeptHistogram(a);
      if (!kept.add(b)) {
        expect(kept).toEqual(a);
        return;
      }
      added++;
      const { histogram = a } = mergeSnapshots(
        { ...SNAPSHOT, histogram: a },
        { ...SNAPSHOT, histogram: b },
      );
      const scale = Math.min(kept.scale, histogram.scale);
      expect(countsAt(scale, kept)).toEqual(countsAt(scale, histogram));
    }),
  );
  expect(added).toBeGreaterThan(5);
});

test("it is a copy with its own limit of buckets, and can take over another one", () => {
  const given = histogramOf([1, 2, 3], 1_024);
  const kept = new KeptHistogram(given);
  expect(kept.add(histogramOf([2], 1_024))).toBe(true);
  expect(given).toEqual(histogramOf([1, 2, 3], 1_024));
  const other = histogramOf([-5, 0, 1e9], 1_024);
  kept.replace(other);
  expect(kept).toEqual(other);
});
