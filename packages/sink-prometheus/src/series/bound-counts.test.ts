import type { MetricSnapshot } from "@aiokpl/metrics-core";
import { exampleSnapshots } from "@aiokpl/sink-testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { addBoundCounts } from "./bound-counts.ts";

function snapshotOf(values: readonly number[]): MetricSnapshot {
  const [snapshot] = exampleSnapshots({ series: [{ name: "d", kind: "distribution", values }] });
  if (snapshot === undefined) throw new Error("no snapshot");
  return snapshot;
}

function countsOf(snapshot: MetricSnapshot, bounds: readonly number[]): readonly number[] {
  const counts = bounds.map(() => 0);
  addBoundCounts(counts, snapshot, bounds);
  return counts;
}

function truth(values: readonly number[], bounds: readonly number[]): readonly number[] {
  return bounds.map((bound) => values.filter((value) => value <= bound).length);
}

const POWERS = Array.from({ length: 40 }, (_, i) => 2 ** (i - 20));
const valueList = fc.array(
  fc.oneof(
    fc.double({ min: 1e-9, max: 1e9, noNaN: true }),
    fc.double({ min: 1e-9, max: 1e9, noNaN: true }).map((each) => -each),
    fc.constantFrom(0, 1, 2, 4, 0.5, ...POWERS),
  ),
  { minLength: 1, maxLength: 100 },
);

test("counts at powers of 2, and at 0, are exact", () => {
  fc.assert(
    fc.property(valueList, (values) => {
      const bounds = [0, ...POWERS];
      expect(countsOf(snapshotOf(values), bounds)).toEqual(truth(values, bounds));
    }),
  );
});

test("counts at the metric's thresholds are exact, and others lie between their neighbours", () => {
  const bounds = [3, 77, 300, 1_000];
  fc.assert(
    fc.property(valueList, (values) => {
      const own = [77, 300];
      const upTo = [...truth(values, own), values.length];
      const counts = upTo.map((count, i) => count - (upTo[i - 1] ?? 0));
      const snapshot = { ...snapshotOf(values), thresholds: { bounds: own, counts } };
      expect(countsOf(snapshot, own)).toEqual(truth(values, own));
      const all = countsOf(snapshot, bounds);
      expect([all[1], all[2]]).toEqual(truth(values, own));
      expect(all).toEqual(all.toSorted((a, b) => a - b));
      expect(all[3]).toBeLessThanOrEqual(values.length);
    }),
  );
});

test("no count falls while values are added to a window, whatever the bounds and the range of the values", () => {
  const anyValue = fc.double({ min: -1e306, max: 1e306, noNaN: true });
  const bounds = fc.uniqueArray(fc.double({ min: -1e6, max: 1e6, noNaN: true }), {
    minLength: 1,
    maxLength: 10,
  });
  fc.assert(
    fc.property(
      fc.array(fc.oneof(valueList, fc.tuple(anyValue)), { minLength: 1, maxLength: 8 }),
      bounds,
      (parts, unsorted) => {
        const sorted = unsorted.toSorted((a, b) => a - b);
        const values: number[] = [];
        let before = sorted.map(() => 0);
        for (const part of parts) {
          values.push(...part);
          const counts = [...countsOf(snapshotOf(values), sorted)];
          for (const [i, count] of counts.entries()) {
            expect(count).toBeGreaterThanOrEqual(before[i] ?? 0);
            expect(count).toBeGreaterThanOrEqual(truth(values, sorted)[i] ?? 0);
            expect(count).toBeLessThanOrEqual(values.length);
          }
          expect(counts).toEqual(counts.toSorted((a, b) => a - b));
          before = counts;
        }
      },
    ),
  );
});
