import * as fc from "fast-check";
import { expect, onTestFinished, test, vi } from "vitest";
import { indexAtMaxScale, MAX_BUCKETS, MAX_SCALE } from "./bucket-index.ts";
import type {
  ExponentialBuckets,
  ExponentialHistogram,
} from "../contract/exponential-histogram.ts";
import { Histogram } from "./histogram.ts";

const EMPTY = { offset: 0, bucketCounts: [] };

/** A value in the middle of an octave's bucket: no rounding can move it to another. */
const octave = (exponent: number): number => 1.5 * 2 ** exponent;

const anyValue = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.double({ min: 0.9, max: 1.1, noNaN: true }),
  fc.constantFrom(0, -0, 1, -1, Number.MIN_VALUE, -Number.MAX_VALUE),
);

/** The buckets by definition, with the finest scale, not above `scale`, at which both sides fit. */
function reference(values: readonly number[], scale: number = MAX_SCALE): ExponentialHistogram {
  const sides = [values.filter((v) => v > 0), values.filter((v) => v < 0)].map((side) => {
    const indices = side
      .map((v) => indexAtMaxScale(v) >> (MAX_SCALE - scale))
      .sort((a, b) => a - b);
    const counts = new Map<number, number>();
    for (const index of indices) counts.set(index, (counts.get(index) ?? 0) + 1);
    return { counts, low: indices[0] ?? 0, high: indices.at(-1) ?? -1 };
  });
  if (sides.some(({ low, high }) => high - low >= MAX_BUCKETS)) return reference(values, scale - 1);
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

test("reset() begins an empty window at the same scale after a window of many buckets", () => {
  const histogram = histogramOf(Array.from({ length: 41 }, (_, i) => octave(i * 2)));
  const { scale } = histogram.toData();
  histogram.reset();
  expect(histogram.toData()).toEqual({ scale, zeroCount: 0, positive: EMPTY, negative: EMPTY });
});

test("the scale rises at a reset, as far as a window like the last one would fit", () => {
  const wide = [octave(0), octave(159)];
  const windows: [values: number[], rise: number][] = [
    [[octave(0), octave(79)], 1],
    [[octave(0), octave(80)], 0],
    [[-octave(0), -octave(80), octave(3)], 0],
    [[octave(0), octave(39)], 2],
    [[octave(0), octave(40)], 1],
    [[octave(7)], 7],
    [[-octave(7)], 7],
    [[0, 0], 0],
    [[], 0],
  ];
  for (const [values, rise] of windows) {
    const histogram = histogramOf(wide);
    histogram.reset();
    expect(histogram.toData().scale).toBe(0);
    for (const value of values) histogram.record(value);
    histogram.reset();
    expect(histogram.toData().scale).toBe(rise);
  }
});

test("in the fourth window after the widest range there is, the scale is a new histogram's", () => {
  const histogram = histogramOf([Number.MIN_VALUE, Number.MAX_VALUE]);
  const scales: number[] = [];
  for (let window = 0; window < 4; window++) {
    histogram.reset();
    for (let value = 10; value <= 500; value++) histogram.record(value);
    scales.push(histogram.toData().scale);
  }
  const fresh = histogramOf(Array.from({ length: 491 }, (_, i) => 10 + i));
  expect(scales.at(-1)).toBe(fresh.toData().scale);
});

test("the scale rises no further than 10", () => {
  const histogram = histogramOf([1, 2]);
  expect(histogram.toData().scale).toBe(7);
  for (let window = 0; window < 12; window++) {
    histogram.reset();
    histogram.record(1);
  }
  expect(histogram.toData()).toEqual(reference([1]));
});

test("a steady window finds its scale and stays there", () => {
  const histogram = new Histogram();
  const scales: number[] = [];
  for (let window = 0; window < 6; window++) {
    for (let i = 0; i <= 300; i++) histogram.record(2 ** (i / 60));
    scales.push(histogram.toData().scale);
    histogram.reset();
  }
  expect(new Set(scales)).toEqual(new Set([4]));
});

test("each window has the buckets of the definition at the scale it ends with", () => {
  fc.assert(
    fc.property(fc.array(fc.array(anyValue, { maxLength: 30 }), { maxLength: 12 }), (windows) => {
      const histogram = new Histogram();
      for (const values of windows) {
        for (const value of values) histogram.record(value);
        const data = histogram.toData();
        expect(data).toEqual(reference(values, data.scale));
        histogram.reset();
      }
    }),
  );
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
  const histograms = Array.from({ length: 300 }, (_, i) => histogramOf([i + 1, -i - 1]));
  for (const [i, histogram] of histograms.entries())
    expect(histogram.toData()).toEqual(reference([i + 1, -i - 1]));
  for (const histogram of histograms) histogram.release();
});
