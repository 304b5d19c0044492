import { exampleSnapshots } from "@aiokpl/sink-testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { atLeast, bucketCounts, cumulativeCounts } from "./explicit-buckets.ts";

const boundaries = fc
  .uniqueArray(fc.double({ min: -1e3, max: 1e6, noNaN: true, noDefaultInfinity: true }), {
    maxLength: 20,
  })
  .map((each) => each.toSorted((a, b) => a - b));
const values = fc.array(fc.double({ min: -1e3, max: 1e6, noNaN: true, noDefaultInfinity: true }), {
  minLength: 1,
  maxLength: 100,
});

function snapshotOf(all: readonly number[]) {
  const [snapshot] = exampleSnapshots({
    series: [{ name: "h", kind: "distribution", values: all }],
  });
  if (snapshot === undefined) throw new Error("no snapshot");
  return snapshot;
}

test("counts ascend to the total, are never too high, and too low by at most one bucket of the histogram", () => {
  fc.assert(
    fc.property(values, boundaries, (all, bounds) => {
      const snapshot = snapshotOf(all);
      const counts = cumulativeCounts(snapshot, bounds);
      expect(counts.at(-1)).toBe(all.length);
      expect(bucketCounts(counts).every((each) => each >= 0)).toBe(true);
      const base = 2 ** (2 ** -(snapshot.histogram?.scale ?? NaN));
      for (const [i, boundary] of bounds.entries()) {
        const atMost = (limit: number) => all.filter((value) => value <= limit).length;
        const low = Math.min(boundary / base, boundary * base);
        expect(counts[i]).toBeLessThanOrEqual(atMost(boundary * (1 + 1e-12 * Math.sign(boundary))));
        expect(counts[i]).toBeGreaterThanOrEqual(atMost(low * (1 - 1e-12 * Math.sign(low))));
      }
    }),
  );
});

test("at a metric's thresholds counts are exact, and others lie between theirs", () => {
  fc.assert(
    fc.property(values, boundaries, fc.func(fc.boolean()), (all, bounds, isThreshold) => {
      const thresholds = [...bounds.filter(isThreshold), 2e6];
      const [snapshot] = exampleSnapshots({
        series: [{ name: "h", kind: "distribution", values: all, thresholds }],
      });
      if (snapshot === undefined) throw new Error("no snapshot");
      const counts = cumulativeCounts(snapshot, bounds);
      expect(bucketCounts(counts).every((each) => each >= 0)).toBe(true);
      for (const [i, bound] of bounds.entries())
        if (thresholds.includes(bound))
          expect(counts[i]).toBe(all.filter((value) => value <= bound).length);
    }),
  );
});

test("counts are exact at powers of two, and one bucket short at negative ones", () => {
  expect(cumulativeCounts(snapshotOf([0, 1, 2, 3, 4, 5, -1, -2]), [-1, 0, 2, 4])).toEqual([
    1, 3, 5, 7, 8,
  ]);
});

test("atLeast() keeps the larger count at each boundary", () => {
  expect(atLeast([1, 5, 6], [2, 4, 7])).toEqual([2, 5, 7]);
});
