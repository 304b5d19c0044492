import type { MetricSnapshot } from "@aiokpl/metrics-core";
import { mergeSnapshots } from "@aiokpl/metrics-core/sink";
import { exampleSnapshots } from "@aiokpl/sink-testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { KeptTotal, totalOf } from "./kept-total.ts";

function snapshotOf(values: readonly number[], window = 0): MetricSnapshot {
  const [snapshot] = exampleSnapshots({
    series: [{ name: "d", kind: "distribution", values }],
    windowStart: Date.UTC(2030, 0, 1) + window * 60_000,
    windowMs: 60_000,
  });
  if (snapshot === undefined) throw new Error("no snapshot");
  return snapshot;
}

const BOUNDARIES = [1, 10, 1_000];

/** A window of a distribution or of a gauge, with or without what is in it only sometimes. */
const windows: fc.Arbitrary<MetricSnapshot> = fc
  .record({
    values: fc.array(fc.constantFrom(-8, -1, 0, 0.5, 1, 1.1, 2, 3, 1_000, 1e9), { minLength: 1 }),
    index: fc.nat(3),
    isWithoutHistogram: fc.constantFrom(true, false, false, false, false),
  })
  .map(({ values, index, isWithoutHistogram }) => {
    const { histogram, ...others } = snapshotOf(values, index);
    return isWithoutHistogram || histogram === undefined ? others : { ...others, histogram };
  });
const boundaries = fc.constantFrom(undefined, BOUNDARIES);

test("shows the last total that it was given, whatever the ones before were", () => {
  const total = fc.tuple(windows, boundaries).map(([window, bounds]) => totalOf(window, bounds));
  fc.assert(
    fc.property(total, fc.array(total, { maxLength: 5 }), (first, others) => {
      const kept = new KeptTotal(first);
      expect(kept).toEqual(first);
      for (const each of others) {
        kept.replace(each);
        expect(kept).toEqual(each);
      }
    }),
  );
});

test("adding comes to the same as merging, whatever the buckets are", () => {
  const kinds = fc.constantFrom("distribution" as const, "gauge" as const);
  const script = fc.array(windows, { minLength: 1, maxLength: 7 });
  fc.assert(
    fc.property(kinds, script, boundaries, (kind, snapshots, bounds) => {
      const [first, ...others] = snapshots.map((each) => ({ ...each, kind }));
      if (first === undefined) return;
      const kept = new KeptTotal(totalOf(first, bounds));
      let merged: MetricSnapshot = first;
      let counts = kept.counts;
      for (const each of others) {
        merged = mergeSnapshots(merged, each);
        const more = totalOf(each, bounds).counts ?? [];
        counts = counts?.map((count, i) => count + (more[i] ?? NaN));
        kept.add(each);
        expect(kept).toEqual({ ...totalOf(merged, undefined), counts, boundaries: bounds });
      }
    }),
    { numRuns: 500 },
  );
});

test("a total that it was given does not change, nor does a copy of it", () => {
  const total = totalOf(snapshotOf([1, 2, 3]), BOUNDARIES);
  const kept = new KeptTotal(total);
  const copy = new KeptTotal(kept);
  kept.add(snapshotOf([2, 3]));
  kept.replace(totalOf(snapshotOf([4, 5]), BOUNDARIES));
  expect(total).toEqual(totalOf(snapshotOf([1, 2, 3]), BOUNDARIES));
  expect(copy).toEqual(total);
});
