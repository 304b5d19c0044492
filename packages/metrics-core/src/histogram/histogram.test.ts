import * as fc from "fast-check";
import { expect, onTestFinished, test, vi } from "vitest";
import { indexAtMaxScale, MAX_BUCKETS, MAX_SCALE, MIN_SCALE } from "./bucket-index.ts";
import type {
  ExponentialBuckets,
  ExponentialHistogram,
} from "../contract/exponential-histogram.ts";
import { Histogram } from "./histogram.ts";

const EMPTY = { offset: 0, bucketCounts: [] };

const anyValue = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.double({ min: 0.9, max: 1.1, noNaN: true }),
  fc.constantFrom(0, -0, 1, -1, Number.MIN_VALUE, -Number.MAX_VALUE),
);

/** The buckets by definition, at the finest scale, not above `scale`, at which both sides fit. */
function reference(
  values: readonly number[],
  scale: number = MAX_SCALE,
  maxBuckets: number = MAX_BUCKETS,
): ExponentialHistogram {
  const sides = [values.filter((v) => v > 0), values.filter((v) => v < 0)].map((side) => {
    const indices = side
      .map((v) => indexAtMaxScale(v) >> (MAX_SCALE - scale))
      .sort((a, b) => a - b);
    const counts = new Map<number, number>();
    for (const index of indices) counts.set(index, (counts.get(index) ?? 0) + 1);
    return { counts, low: indices[0] ?? 0, high: indices.at(-1) ?? -1 };
  });
  if (sides.some(({ low, high }) => high - low >= maxBuckets))
    return reference(values, scale - 1, maxBuckets);
  const [positive = EMPTY, negative = EMPTY] = sides.map(
    ({ counts, low, high }): ExponentialBuckets => ({
      offset: low,
      bucketCounts: Array.from({ length: high - low + 1 }, (_, i) => counts.get(low + i) ?? 0),
    }),
  );
  return { scale, zeroCount: values.filter((v) => v === 0).length, positive, negative };
}

function histogramOf(values: Iterable<number>): Histogram {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  return histogram;
}

test("a histogram without values is empty, at scale 10", () => {
  expect(new Histogram().toData()).toEqual({
    scale: 10,
    zeroCount: 0,
    positive: EMPTY,
    negative: EMPTY,
  });
});

test("zeros of both signs are counted apart from the buckets", () => {
  expect(histogramOf([0, -0, 0]).toData()).toEqual({
    scale: 10,
    zeroCount: 3,
    positive: EMPTY,
    negative: EMPTY,
  });
});

test("any values are in the buckets of the definition, at the finest scale at which they fit", () => {
  fc.assert(
    fc.property(fc.array(anyValue, { maxLength: 400 }), (values) => {
      expect(histogramOf(values).toData()).toEqual(reference(values));
    }),
    { numRuns: 500 },
  );
});

test("the range grows in both directions to 160 buckets without losing resolution", () => {
  const values = Array.from({ length: MAX_BUCKETS }, (_, i) => 2 ** ((i - 79.5) / 1024));
  const fromTheMiddle = values.toSorted((a, b) => Math.abs(Math.log(a)) - Math.abs(Math.log(b)));
  for (const order of [values, values.toReversed(), fromTheMiddle]) {
    const histogram = histogramOf(order);
    expect(histogram.toData().scale).toBe(10);
    expect(histogram.toData().positive.bucketCounts).toEqual(values.map(() => 1));
    histogram.record(2 ** (80.5 / 1024));
    expect(histogram.toData()).toEqual(reference([...values, 2 ** (80.5 / 1024)]));
  }
});

test("both sides share the coarser scale", () => {
  const values = [1, 1.001, -1e-9, -1e9];
  expect(histogramOf(values).toData()).toEqual(reference(values));
  expect(histogramOf(values).toData().scale).toBe(1);
});

test("the smallest and the largest doubles fit together", () => {
  const values = [Number.MIN_VALUE, Number.MAX_VALUE, -Number.MIN_VALUE, -Number.MAX_VALUE];
  const data = histogramOf(values).toData();
  expect(data).toEqual(reference(values));
  expect(data.scale).toBe(-4);
});

test("a bucket counts past what 16 bits hold, and keeps its count when buckets are joined", () => {
  const histogram = new Histogram();
  for (let i = 0; i < 200_000; i++) histogram.record(1);
  for (let i = 0; i < 65_535; i++) histogram.record(1.0005);
  expect(histogram.toData().positive.bucketCounts).toEqual([200_000, 65_535]);
  histogram.record(2 ** 20);
  const { scale, positive } = histogram.toData();
  expect(scale).toBe(2);
  expect([
    positive.bucketCounts[0],
    positive.bucketCounts[1],
    positive.bucketCounts.at(-1),
  ]).toEqual([200_000, 65_535, 1]);
  for (let i = 0; i < 3; i++) histogram.record(1.0005);
  expect(histogram.toData().positive.bucketCounts[1]).toBe(65_538);
  histogram.reset();
  histogram.record(1);
  expect(histogram.toData().positive.bucketCounts).toEqual([1]);
});

test("joined buckets add up past 16 bits", () => {
  const histogram = new Histogram();
  for (let i = 0; i < 40_000; i++) for (const value of [1.2, 1.201, 1.202]) histogram.record(value);
  histogram.record(2 ** 200);
  expect(histogram.toData().scale).toBe(-1);
  expect(histogram.toData().positive.bucketCounts[0]).toBe(120_000);
});

test("joined buckets add up to just what 16 bits can't hold", () => {
  const histogram = new Histogram();
  for (let i = 0; i < 32_768; i++) for (const value of [1.2, 1.201]) histogram.record(value);
  expect(histogram.toData().positive.bucketCounts.filter(Boolean)).toEqual([32_768, 32_768]);
  histogram.record(2 ** 200);
  expect(histogram.toData().positive.bucketCounts[0]).toBe(65_536);
});

test("data taken earlier does not change with later values", () => {
  const histogram = histogramOf([1, 2, -3]);
  const before = histogram.toData();
  const copy = structuredClone(before);
  histogram.record(1);
  histogram.reset();
  histogram.record(5);
  expect(before).toEqual(copy);
});

test("each window has the buckets of the definition, at the finest scale at which its values fit", () => {
  const window = fc.oneof(
    fc.array(anyValue, { maxLength: 200 }),
    fc.array(fc.double({ min: 1, max: 31, noNaN: true }), { maxLength: 200 }),
    fc.constant([1, Number.MAX_VALUE]),
  );
  fc.assert(
    fc.property(fc.array(window, { maxLength: 8 }), (windows) => {
      const histogram = new Histogram();
      for (const values of windows) {
        for (const value of values) histogram.record(value);
        expect(histogram.toData()).toEqual(reference(values));
        histogram.reset();
      }
    }),
  );
});

test("one extreme value does not make the next window coarser", () => {
  const histogram = histogramOf([1, Number.MAX_VALUE]);
  histogram.reset();
  for (const value of [10, 20, 30, 40, 50]) histogram.record(value);
  expect(histogram.toData().scale).toBe(6);
});

test("nor do many values that are far apart", () => {
  const wide = Array.from({ length: 300 }, (_, i) => 1.9 ** i);
  for (const window of [wide, wide.map((value) => -value)]) {
    const histogram = histogramOf(window);
    histogram.reset();
    const narrow = Array.from({ length: 300 }, (_, i) => 1 + i / 300);
    for (const value of narrow) histogram.record(value);
    expect(histogram.toData()).toEqual(reference(narrow));
  }
});

test("reading a window changes nothing in what follows", () => {
  fc.assert(
    fc.property(fc.array(anyValue, { maxLength: 300 }), fc.nat(300), (values, readAt) => {
      const histogram = new Histogram();
      for (const [i, value] of values.entries()) {
        if (i === readAt) histogram.toData();
        histogram.record(value);
      }
      expect(histogram.toData()).toEqual(reference(values));
    }),
  );
});

test.each([132, 160, 161, 1_024, 2_048])("with at most %i buckets a side", (maxBuckets) => {
  fc.assert(
    fc.property(fc.array(anyValue, { maxLength: 400 }), (values) => {
      const histogram = new Histogram(maxBuckets);
      for (const value of values) histogram.record(value);
      const { maxBuckets: shown = MAX_BUCKETS, ...data } = histogram.toData();
      expect(data).toEqual(reference(values, MAX_SCALE, maxBuckets));
      expect(shown).toBe(maxBuckets);
      expect(data.scale).toBeGreaterThanOrEqual(MIN_SCALE);
      histogram.release();
    }),
  );
});

test("with 1,024 buckets nine orders of magnitude are at scale 5", () => {
  const histogram = new Histogram(1_024);
  for (let i = 0; i <= 9_000; i++) histogram.record(10 ** (i / 1_000));
  const { scale, positive } = histogram.toData();
  expect(scale).toBe(5);
  expect(positive.bucketCounts.reduce((sum, count) => sum + count, 0)).toBe(9_001);
});

test("release() leaves a histogram as good as new", () => {
  const histogram = histogramOf([1, 1e9, -3, 0]);
  histogram.release();
  expect(histogram.toData()).toEqual(new Histogram().toData());
  histogram.record(2);
  expect(histogram.toData()).toEqual(reference([2]));
  histogram.release();
  histogram.release();
  expect(histogram.toData()).toEqual(new Histogram().toData());
});

test("memory that was released is used again, and never by two histograms", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(9), fc.option(anyValue, { nil: undefined })), { maxLength: 200 }),
      (steps) => {
        const histograms = Array.from({ length: 10 }, () => new Histogram());
        const recorded = histograms.map((): number[] => []);
        for (const [i, value] of steps) {
          if (value === undefined) {
            histograms[i]?.release();
            recorded[i] = [];
          } else {
            histograms[i]?.record(value);
            recorded[i]?.push(value);
          }
        }
        expect(histograms.map((histogram) => histogram.toData())).toEqual(
          recorded.map((values) => reference(values)),
        );
        for (const histogram of histograms) histogram.release();
      },
    ),
  );
});

test("a histogram of positive values takes 160 counters of 16 bits, and none anew after a release", () => {
  let counters = 0;
  class CountedUint16Array extends Uint16Array {
    constructor(length: number) {
      super(length);
      counters += length;
    }
  }
  vi.stubGlobal("Uint16Array", CountedUint16Array);
  onTestFinished(() => void vi.unstubAllGlobals());
  const grow = (): Histogram[] =>
    Array.from({ length: 6_400 }, (_, i) => histogramOf([i + 1, 2 * i + 5, 1e6]));
  const histograms = grow();
  const grown = counters;
  expect(grown).toBeGreaterThan(0);
  expect(grown).toBeLessThanOrEqual(6_400 * MAX_BUCKETS);
  for (const histogram of histograms) histogram.release();
  for (const histogram of grow()) histogram.release();
  expect(counters).toBe(grown);
});

test("many histograms do not disturb each other", () => {
  const histograms = Array.from({ length: 300 }, () => new Histogram());
  const valuesOf = (i: number): readonly number[] =>
    Array.from({ length: 100 }, (_, j) => (i + 1 + j / 7) * (j % 9 === 0 ? -1 : 1));
  for (let j = 0; j < 100; j++)
    for (const [i, histogram] of histograms.entries()) histogram.record(valuesOf(i)[j] ?? 0);
  for (const [i, histogram] of histograms.entries())
    expect(histogram.toData()).toEqual(reference(valuesOf(i)));
  for (const histogram of histograms) histogram.release();
});

const repeated = fc.array(
  fc.tuple(anyValue, fc.oneof(fc.integer({ min: 1, max: 100 }), fc.constant(70_000))),
  { maxLength: 12 },
);

test.each([MAX_BUCKETS, 640])(
  "a value that is repeated is the same as so many values, with %i buckets",
  (maxBuckets) => {
    fc.assert(
      fc.property(repeated, repeated, (before, after) => {
        const [one, many] = [new Histogram(maxBuckets), new Histogram(maxBuckets)];
        for (const all of [before, after]) {
          for (const [value, times] of all) {
            many.repeat(value, times);
            for (let i = 0; i < times; i++) one.record(value);
            expect(many.toData()).toEqual(one.toData());
          }
          one.reset();
          many.reset();
        }
      }),
      { numRuns: 50 },
    );
  },
);
