import type { MetricSnapshot } from "@aiokpl/metrics-core";
import { mergeSnapshots } from "@aiokpl/metrics-core/sink";
import { exampleSnapshots } from "@aiokpl/sink-testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { KeptTotal, type Total } from "./kept-total.ts";

function snapshotOf(values: readonly number[], window = 0): MetricSnapshot {
  const [snapshot] = exampleSnapshots({
    series: [{ name: "d", kind: "distribution", values }],
    windowStart: Date.UTC(2030, 0, 1) + window * 60_000,
    windowMs: 60_000,
  });
  if (snapshot === undefined) throw new Error("no snapshot");
  return snapshot;
}

const totals: fc.Arbitrary<Total> = fc
  .record({
    values: fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1 }),
    counts: fc.option(fc.array(fc.nat(100), { maxLength: 4 }), { nil: undefined }),
    description: fc.constantFrom(undefined, "x", "y"),
    isWithoutHistogram: fc.boolean(),
  })
  .map(({ values, counts, description, isWithoutHistogram }) => {
    const { histogram, ...others } = snapshotOf(values);
    return {
      snapshot: {
        ...others,
        ...(description === undefined ? undefined : { description }),
        ...(isWithoutHistogram || histogram === undefined ? undefined : { histogram }),
      },
      counts,
    };
  });

test("shows the last total that it was given, whatever the ones before were", () => {
  fc.assert(
    fc.property(totals, fc.array(totals, { maxLength: 5 }), (first, others) => {
      const kept = new KeptTotal(first);
      expect({ snapshot: kept.snapshot, counts: kept.counts }).toEqual(first);
      for (const total of others) {
        kept.replace(total);
        expect({ snapshot: kept.snapshot, counts: kept.counts }).toEqual(total);
      }
    }),
  );
});

test("adding comes to the same as merging, whatever the buckets are", () => {
  const window = fc.record({
    values: fc.array(fc.constantFrom(-8, -1, 0, 0.5, 1, 1.1, 2, 3, 1_000, 1e9), { minLength: 1 }),
    index: fc.nat(3),
    counts: fc.tuple(fc.nat(9), fc.nat(9)),
    description: fc.constantFrom(undefined, "x", "y"),
    isWithoutHistogram: fc.constantFrom(true, false, false, false, false),
  });
  fc.assert(
    fc.property(fc.array(window, { minLength: 1, maxLength: 7 }), (windows) => {
      const totals = windows.map(({ values, index, counts, description, isWithoutHistogram }) => {
        const { histogram, ...others } = snapshotOf(values, index);
        const snapshot: MetricSnapshot = {
          ...others,
          ...(description === undefined ? undefined : { description }),
          ...(isWithoutHistogram || histogram === undefined ? undefined : { histogram }),
        };
        return { snapshot, counts };
      });
      const [first, ...others] = totals;
      if (first === undefined) return;
      const kept = new KeptTotal(first);
      let { snapshot: merged } = first;
      let counts: readonly number[] = first.counts;
      for (const each of others) {
        merged = {
          ...mergeSnapshots(merged, each.snapshot),
          windowStart: first.snapshot.windowStart,
        };
        counts = counts.map((count, i) => count + (each.counts[i] ?? NaN));
        kept.add(each);
        expect(kept.snapshot).toEqual(merged);
        expect(kept.counts).toEqual(counts);
      }
    }),
    { numRuns: 500 },
  );
});

test("a total that it was given does not change, nor does a sum that was made of it", () => {
  const snapshot = snapshotOf([1, 2, 3]);
  const more = snapshotOf([4, 5]);
  const kept = new KeptTotal({ snapshot, counts: undefined });
  const sum = mergeSnapshots(kept.snapshot, more);
  kept.replace({ snapshot: more, counts: undefined });
  expect(snapshot).toEqual(snapshotOf([1, 2, 3]));
  expect(sum).toEqual(mergeSnapshots(snapshot, more));
});
