import fc from "fast-check";
import { expect, test } from "vitest";
import type { MetricKind, MetricSnapshot } from "../contract/metric-snapshot.ts";
import { coalesce } from "./coalesce.ts";

function snapshot(window: number, sum: number, kind: MetricKind = "counter"): MetricSnapshot {
  return {
    name: "a",
    kind,
    unit: "1",
    count: 1,
    sum,
    min: sum,
    max: sum,
    last: sum,
    dimensions: [],
    windowStart: window * 1_000,
    windowEnd: (window + 1) * 1_000,
  };
}

function merged(sums: readonly number[], kind: MetricKind): readonly MetricSnapshot[] {
  const batches = sums.map((sum, i) => ({ sequence: i + 1, snapshots: [snapshot(i, sum, kind)] }));
  const options = { spanMs: 2_000, longestSpanMs: Infinity, borders: [] };
  return coalesce(batches, { excess: Infinity, ...options }).flatMap((each) => each.snapshots);
}

test("a gauge at the largest number is one snapshot, with the sum at its limit", () => {
  const sums = Array.from({ length: 600 }, () => Number.MAX_VALUE);
  expect(merged(sums, "gauge")).toMatchObject([
    { count: 600, sum: Number.MAX_VALUE, last: Number.MAX_VALUE, min: Number.MAX_VALUE },
  ]);
});

test.each<MetricKind>(["counter", "distribution"])(
  "sums of a %s that would be infinite together are kept apart, in a bounded number",
  (kind) => {
    const apart = merged([1e308, 1e308, 1e308, 1, 2], kind);
    expect(apart.map(({ sum }) => sum)).toEqual([1e308, 1e308, 1e308]);
    expect(apart.reduce((total, { count }) => total + count, 0)).toBe(5);
    const many = merged(
      Array.from({ length: 600 }, () => 1e308),
      kind,
    );
    expect(many.length).toBeLessThanOrEqual(8);
    expect(many.reduce((total, { count }) => total + count, 0)).toBe(600);
    expect(many.every(({ sum }) => Number.isFinite(sum))).toBe(true);
  },
);

test("a sum is added to the first snapshot in which it stays finite", () => {
  expect(merged([1e308, 1.5e308, -1e308], "distribution").map(({ sum }) => sum)).toEqual([
    0, 1.5e308,
  ]);
});

test("an outage of huge values does not cost more with each window", () => {
  const batches = Array.from({ length: 20_000 }, (_, i) => ({
    sequence: i + 1,
    snapshots: [snapshot(i, 1e308)],
  }));
  const start = performance.now();
  const options = { excess: Infinity, spanMs: 2e7, longestSpanMs: Infinity, borders: [] };
  expect(coalesce(batches, options)).toHaveLength(1);
  // It takes some 20 ms; with keys that grow it took minutes.
  expect(performance.now() - start).toBeLessThan(2_000);
});

test("merging loses no observation and mixes no series", () => {
  const window = fc.array(
    fc.record({
      name: fc.constantFrom("a", "b"),
      unit: fc.constantFrom("1", "By"),
      kind: fc.constantFrom<MetricKind>("counter", "gauge"),
      value: fc.constantFrom("x", "y"),
      sum: fc.integer({ min: 0, max: 1_000 }),
    }),
    { minLength: 1, maxLength: 5 },
  );
  const keyOf = ({ name, unit, kind, dimensions }: MetricSnapshot): string =>
    JSON.stringify([name, unit, kind, dimensions]);
  const totals = (all: readonly MetricSnapshot[]): Record<string, readonly [number, number]> => {
    const bySeries: Record<string, readonly [number, number]> = {};
    for (const each of all) {
      const [count, sum] = bySeries[keyOf(each)] ?? [0, 0];
      bySeries[keyOf(each)] = [count + each.count, sum + each.sum];
    }
    return bySeries;
  };
  fc.assert(
    fc.property(fc.array(window, { minLength: 1 }), fc.nat(50), (windows, excess) => {
      const batches = windows.map((series, i) => ({
        sequence: i + 1,
        snapshots: series.map(({ name, unit, kind, value, sum }) => ({
          ...snapshot(i, sum, kind),
          name,
          unit,
          dimensions: [["d", value]] as const,
        })),
      }));
      const after = coalesce(batches, {
        excess,
        spanMs: 2_000,
        longestSpanMs: Infinity,
        borders: [],
      });
      const [before, now] = [batches, after].map((list) => list.flatMap((each) => each.snapshots));
      expect(totals(now ?? [])).toEqual(totals(before ?? []));
      const sequences = after.map(({ sequence }) => sequence);
      expect(sequences).toEqual(sequences.toSorted((a, b) => a - b));
    }),
  );
});

test("windows of a wall clock that is set to and fro become one, wherever the spans have their borders", () => {
  for (let border = 1; border < 2 ** 22; border *= 2) {
    const batches = Array.from({ length: 100 }, (_, i) => ({
      sequence: i + 1,
      snapshots: [snapshot(border - (i % 2), 1)],
    }));
    const options = { spanMs: 2_000, longestSpanMs: Infinity, borders: [] };
    expect(coalesce(batches, { excess: 60, ...options })).toHaveLength(1);
  }
});
