import * as fc from "fast-check";
import { expect, test } from "vitest";
import { Histogram } from "./histogram.ts";
import { mergeSnapshots } from "./merge-snapshots.ts";
import type { MetricSnapshot } from "../contract/metric-snapshot.ts";
import { toValuesAndCounts } from "./to-values-and-counts.ts";

function snapshotOf(values: readonly number[], hasHistogram = true): MetricSnapshot {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  const data = histogram.toData();
  histogram.release();
  return {
    name: "Latency",
    kind: "distribution",
    unit: "ms",
    count: values.length,
    sum: values.reduce((a, b) => a + b, 0),
    min: Math.min(...values),
    max: Math.max(...values),
    last: values.at(-1) ?? 0,
    dimensions: [],
    windowStart: 0,
    windowEnd: 60_000,
    ...(hasHistogram ? { histogram: data } : undefined),
  };
}

const total = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

/** Sum of products with a correction term each, so that the test's own rounding is out of the way. */
function weightedSum(values: readonly number[], counts: readonly number[]): number {
  let sum = 0;
  let correction = 0;
  for (const [i, value] of values.entries()) {
    const term = value * (counts[i] ?? 0) - correction;
    const next = sum + term;
    correction = next - sum - term;
    sum = next;
  }
  return sum;
}

function check(snapshot: MetricSnapshot, observed: readonly number[], maxValues: number): void {
  const { values, counts } = toValuesAndCounts(snapshot, maxValues);
  expect(values.length).toBeLessThanOrEqual(maxValues);
  expect(counts.length).toBe(values.length);
  expect(values.every((value, i) => i === 0 || value > (values[i - 1] ?? NaN))).toBe(true);
  expect(values.every(Number.isFinite)).toBe(true);
  expect(counts.every((count) => Number.isInteger(count) && count > 0)).toBe(true);
  expect(total(counts)).toBe(snapshot.count);
  expect([values[0], values.at(-1)]).toEqual([snapshot.min, snapshot.max]);
  const magnitude = total(observed.map(Math.abs));
  const tolerance = snapshot.count * (Number.EPSILON * magnitude + Number.MIN_VALUE);
  expect(Math.abs(weightedSum(values, counts) - snapshot.sum)).toBeLessThanOrEqual(tolerance);
}

const moderate = fc.double({ min: -6, max: 6, noNaN: true }).map((exponent) => 10 ** exponent);
const observations = fc.oneof(
  fc.array(moderate, { minLength: 1, maxLength: 400 }),
  fc.array(
    fc.oneof(
      moderate,
      moderate.map((v) => -v),
      fc.constantFrom(0, 1, -1),
    ),
    { minLength: 1, maxLength: 400 },
  ),
  fc.array(fc.double({ min: -1e300, max: 1e300, noNaN: true }), { minLength: 1, maxLength: 50 }),
  fc.array(fc.double({ min: -1e-310, max: 1e-310, noNaN: true }), { minLength: 1, maxLength: 50 }),
  fc.array(fc.constantFrom(0, 5, -5, 0.1), { minLength: 1, maxLength: 50 }),
);

test.each([3, 4, 10, 150, 1_000])(
  "with %i values: count, minimum and maximum exact, the sum up to rounding",
  (maxValues) => {
    fc.assert(
      fc.property(observations, fc.boolean(), (observed, hasHistogram) => {
        check(snapshotOf(observed, hasHistogram), observed, maxValues);
      }),
      { numRuns: 400 },
    );
  },
);

test.each([3, 10, 150])(
  "merged snapshots too keep count, extremes and sum with %i values",
  (maxValues) => {
    fc.assert(
      fc.property(observations, observations, (a, b) => {
        const merged = mergeSnapshots(snapshotOf(a), snapshotOf(b));
        check(merged, [...a, ...b], maxValues);
      }),
    );
  },
);

test("one observation is one value, two are both, a constant is one", () => {
  for (const hasHistogram of [true, false]) {
    expect(toValuesAndCounts(snapshotOf([7], hasHistogram), 3)).toEqual({
      values: [7],
      counts: [1],
    });
    expect(toValuesAndCounts(snapshotOf([7, -2], hasHistogram), 3)).toEqual({
      values: [-2, 7],
      counts: [1, 1],
    });
    expect(toValuesAndCounts(snapshotOf([7, 7, 7, 7], hasHistogram), 3)).toEqual({
      values: [7],
      counts: [4],
    });
    expect(toValuesAndCounts(snapshotOf([0, 0], hasHistogram), 3)).toEqual({
      values: [0],
      counts: [2],
    });
  }
});

test("three observations are exact, with a histogram or without", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer(), { minLength: 3, maxLength: 3 }),
      fc.boolean(),
      (observed, hasHistogram) => {
        const values = observed.toSorted((a, b) => a - b);
        expect(toValuesAndCounts(snapshotOf(observed, hasHistogram), 3)).toEqual({
          values,
          counts: [1, 1, 1],
        });
      },
    ),
  );
});

test("zeros stay zeros", () => {
  const { values, counts } = toValuesAndCounts(snapshotOf([-3, 0, 0, 0, 5, 8]), 150);
  expect(counts[values.indexOf(0)]).toBe(3);
});

test("where the buckets fit, each observation is within its bucket's width of the value in its place", () => {
  fc.assert(
    fc.property(fc.array(moderate, { minLength: 3, maxLength: 100 }), (observed) => {
      const snapshot = snapshotOf(observed);
      const { values, counts } = toValuesAndCounts(snapshot, 150);
      const base = 2 ** (2 ** -(snapshot.histogram?.scale ?? 0));
      const places = values.flatMap((value, i) =>
        Array.from({ length: counts[i] ?? 0 }, () => value),
      );
      for (const [i, exact] of observed.toSorted((a, b) => a - b).entries()) {
        expect(Math.abs(Math.log((places[i] ?? NaN) / exact))).toBeLessThanOrEqual(
          Math.log(base) * (1 + 1e-9),
        );
      }
    }),
  );
});

test("buckets join where that moves the fewest observations the least", () => {
  const observed = [
    1,
    ...Array.from({ length: 50 }, () => 2),
    4,
    4.1,
    4.2,
    ...Array.from({ length: 50 }, () => 9),
    10,
  ];
  const { values, counts } = toValuesAndCounts(snapshotOf(observed), 5);
  expect(counts).toEqual([1, 50, 3, 50, 1]);
  expect(values[1]).toBeCloseTo(2, 1);
  expect(values[2]).toBeCloseTo(4.1, 1);
  expect(values[3]).toBeCloseTo(9, 0);
});

test("of equally wide joins, that of the fewest observations is made", () => {
  const observed = [
    1,
    ...[2, 4].flatMap((value) => Array.from({ length: 10 }, () => value)),
    8,
    16,
    20,
  ];
  expect(toValuesAndCounts(snapshotOf(observed), 5).counts).toEqual([1, 10, 10, 2, 1]);
});

test("a wide join of few observations costs more than a narrow one of many", () => {
  const tens = [300, 310].flatMap((value) => Array.from({ length: 10 }, () => value));
  expect(toValuesAndCounts(snapshotOf([1, 2, 2, 2, 200, ...tens, 10_000]), 5).counts).toEqual([
    1, 3, 1, 20, 1,
  ]);
});

test("the extreme doubles of both signs give finite values", () => {
  const { MIN_VALUE, MAX_VALUE } = Number;
  const observed = [MAX_VALUE, -MAX_VALUE, MAX_VALUE, -MAX_VALUE, MIN_VALUE, -MIN_VALUE, 0];
  for (const hasHistogram of [true, false]) {
    for (const maxValues of [3, 5, 150]) {
      const { values, counts } = toValuesAndCounts(snapshotOf(observed, hasHistogram), maxValues);
      expect(values.every(Number.isFinite)).toBe(true);
      expect([values[0], values.at(-1), total(counts)]).toEqual([-MAX_VALUE, MAX_VALUE, 7]);
    }
  }
});

test("a sum that was cut at the largest double gives values in range all the same", () => {
  const half = snapshotOf([1e308, 5e307]);
  const { values, counts } = toValuesAndCounts(mergeSnapshots(half, half), 10);
  expect(values.every((value) => value >= 5e307 && value <= 1e308)).toBe(true);
  expect(total(counts)).toBe(4);
});

test("the snapshot is not changed", () => {
  const snapshot = snapshotOf([1, 2, 3, -4, 0]);
  const before = structuredClone(snapshot);
  toValuesAndCounts(snapshot, 3);
  expect(snapshot).toEqual(before);
});

test.each([2, 0, -1, 3.5, NaN, Infinity])(
  "maxValues = %s is a RangeError that names it",
  (maxValues) => {
    const error = new RangeError(`maxValues must be an integer of at least 3, was ${maxValues}`);
    expect(() => toValuesAndCounts(snapshotOf([1]), maxValues)).toThrow(error);
  },
);
