import * as fc from "fast-check";
import { expect, test } from "vitest";
import type {
  ExponentialBuckets,
  ExponentialHistogram,
} from "../contract/exponential-histogram.ts";
import { Histogram } from "./histogram.ts";
import { mergeSnapshots } from "./merge-snapshots.ts";
import type { MetricSnapshot } from "../contract/metric-snapshot.ts";

const base: MetricSnapshot = {
  name: "Latency",
  kind: "distribution",
  unit: "ms",
  count: 1,
  sum: 0,
  min: 0,
  max: 0,
  last: 0,
  dimensions: [["stream", "a"]],
  windowStart: 0,
  windowEnd: 60_000,
};

function histogramOf(values: Iterable<number>): ExponentialHistogram {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  const data = histogram.toData();
  histogram.release();
  return data;
}

function merge(a: ExponentialHistogram, b: ExponentialHistogram): ExponentialHistogram | undefined {
  return mergeSnapshots({ ...base, histogram: a }, { ...base, histogram: b }).histogram;
}

/** The histogram at a lower scale, straight from the definition of a bucket. */
function atScale(histogram: ExponentialHistogram, scale: number): ExponentialHistogram {
  const join = ({ offset, bucketCounts }: ExponentialBuckets): ExponentialBuckets => {
    const joined: number[] = [];
    const indexOf = (i: number): number =>
      Math.floor((offset + i) / 2 ** (histogram.scale - scale));
    for (const [i, count] of bucketCounts.entries()) {
      const position = indexOf(i) - indexOf(0);
      joined[position] = (joined[position] ?? 0) + count;
    }
    return { offset: bucketCounts.length === 0 ? 0 : indexOf(0), bucketCounts: joined };
  };
  return {
    ...histogram,
    scale,
    positive: join(histogram.positive),
    negative: join(histogram.negative),
  };
}

const values = fc.array(
  fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.double({ min: -6, max: 6, noNaN: true }).map((exponent) => 10 ** exponent),
    fc.double({ min: 1, max: 1.1, noNaN: true }),
    fc.constantFrom(0, -1),
  ),
  { maxLength: 60 },
);

test("merged histograms are the histogram of all values", () => {
  fc.assert(
    fc.property(values, values, (a, b) => {
      expect(merge(histogramOf(a), histogramOf(b))).toEqual(histogramOf([...a, ...b]));
    }),
    { numRuns: 1_000 },
  );
});

test("merging in any order and grouping gives the same", () => {
  fc.assert(
    fc.property(fc.array(values, { minLength: 3, maxLength: 6 }), (windows) => {
      const snapshots = windows.map((window): MetricSnapshot => ({
        ...base,
        histogram: histogramOf(window),
      }));
      const forward = snapshots.reduce(mergeSnapshots);
      expect(snapshots.toReversed().reduce(mergeSnapshots)).toEqual(forward);
      expect(forward.histogram).toEqual(histogramOf(windows.flat()));
    }),
  );
});

test("histograms at different scales meet at the coarser one", () => {
  const fine = histogramOf([1, 1.01, 1.02, -1.5]);
  const coarse = histogramOf([1, 1e6]);
  expect(fine.scale).toBe(10);
  const merged = merge(fine, coarse);
  expect(merged?.scale).toBe(coarse.scale);
  expect(merged).toEqual(histogramOf([1, 1.01, 1.02, -1.5, 1, 1e6]));
  expect(merged).toEqual(merge(atScale(fine, coarse.scale), coarse));
});

test("a histogram of zeros alone costs the other one no resolution", () => {
  const zeros = { ...histogramOf([0, 0]), scale: -4 };
  const fine = histogramOf([1, 0]);
  expect(merge(zeros, fine)).toEqual({ ...fine, zeroCount: 3 });
  expect(merge(fine, zeros)).toEqual({ ...fine, zeroCount: 3 });
  expect(merge(zeros, { ...zeros, scale: 3 })?.zeroCount).toBe(4);
});

test("foreign histograms at scales up to 20 and down to -10 merge exactly", () => {
  const empty = { offset: 0, bucketCounts: [] };
  // At scale 20, just above 2^900 and just above 2^-900; at scale -10 all values from 2^-1024 to 2^1024.
  const high = {
    scale: 20,
    zeroCount: 1,
    positive: { offset: 900 * 2 ** 20, bucketCounts: [1, 2] },
    negative: empty,
  };
  const low = {
    scale: 20,
    zeroCount: 2,
    positive: { offset: -900 * 2 ** 20, bucketCounts: [4] },
    negative: empty,
  };
  const all = {
    scale: -10,
    zeroCount: 0,
    positive: { offset: -1, bucketCounts: [8, 16] },
    negative: empty,
  };
  expect(merge(high, high)).toEqual({
    ...high,
    zeroCount: 2,
    positive: { ...high.positive, bucketCounts: [2, 4] },
  });
  const both = merge(high, low);
  expect([both?.scale, both?.zeroCount, both?.positive.offset]).toEqual([-4, 3, -57]);
  expect([both?.positive.bucketCounts[0], both?.positive.bucketCounts.at(-1)]).toEqual([4, 3]);
  expect(both?.positive.bucketCounts.length).toBe(Math.floor(900 / 16) + 57 + 1);
  expect(merge(low, all)).toEqual({
    ...all,
    zeroCount: 2,
    positive: { offset: -1, bucketCounts: [12, 16] },
  });
  expect(merge(all, high)).toEqual({
    ...all,
    zeroCount: 1,
    positive: { offset: -1, bucketCounts: [8, 19] },
  });
});

test("160 buckets stay at their scale, 161 do not", () => {
  const one = (offset: number): ExponentialHistogram => ({
    scale: 10,
    zeroCount: 0,
    positive: { offset: 0, bucketCounts: [] },
    negative: { offset, bucketCounts: [1] },
  });
  expect(merge(one(-80), one(79))?.scale).toBe(10);
  expect(merge(one(-80), one(80))).toMatchObject({ scale: 9, negative: { offset: -40 } });
});

test("counts and sums add, extremes combine, the windows join", () => {
  const a = {
    ...base,
    count: 2,
    sum: 5,
    min: 1,
    max: 4,
    last: 4,
    windowStart: 0,
    windowEnd: 60_000,
  };
  const b = {
    ...base,
    count: 3,
    sum: -1,
    min: -3,
    max: 2,
    last: 2,
    windowStart: 60_000,
    windowEnd: 90_000,
  };
  const expected = {
    ...base,
    count: 5,
    sum: 4,
    min: -3,
    max: 4,
    last: 2,
    windowStart: 0,
    windowEnd: 90_000,
  };
  expect(mergeSnapshots(a, b)).toEqual(expected);
  expect(mergeSnapshots(b, a)).toEqual(expected);
});

test("last is that of the window that ends later, then of the one that starts later, then the second", () => {
  const window = (windowStart: number, windowEnd: number, last: number): MetricSnapshot => ({
    ...base,
    windowStart,
    windowEnd,
    last,
  });
  const lasts = (a: MetricSnapshot, b: MetricSnapshot): number[] => [
    mergeSnapshots(a, b).last,
    mergeSnapshots(b, a).last,
  ];
  expect(lasts(window(0, 10, 1), window(5, 9, 2))).toEqual([1, 1]);
  expect(lasts(window(0, 10, 1), window(5, 10, 2))).toEqual([2, 2]);
  expect(lasts(window(0, 10, 1), window(0, 10, 2))).toEqual([2, 1]);
});

test("a sum that would be infinite stays at the largest double", () => {
  const huge = { ...base, sum: Number.MAX_VALUE };
  const negative = { ...base, sum: -Number.MAX_VALUE };
  expect(mergeSnapshots(huge, huge).sum).toBe(Number.MAX_VALUE);
  expect(mergeSnapshots(negative, negative).sum).toBe(-Number.MAX_VALUE);
  expect(mergeSnapshots(huge, negative).sum).toBe(0);
});

test("the overflow mark and the description are kept from either side", () => {
  expect(mergeSnapshots({ ...base, overflow: true }, base).overflow).toBe(true);
  expect(mergeSnapshots(base, { ...base, overflow: true }).overflow).toBe(true);
  expect(mergeSnapshots(base, { ...base, description: "d" }).description).toBe("d");
  expect(mergeSnapshots({ ...base, description: "d" }, base).description).toBe("d");
  expect(Object.keys(mergeSnapshots(base, base)).toSorted()).toEqual(Object.keys(base).toSorted());
});

test("a histogram is dropped where the other snapshot has none", () => {
  const full = { ...base, histogram: histogramOf([1]) };
  expect(mergeSnapshots(full, base)).not.toHaveProperty("histogram");
  expect(mergeSnapshots(base, full)).not.toHaveProperty("histogram");
});

test("neither argument is changed, and the dimensions are the same object", () => {
  const a = { ...base, histogram: histogramOf([1, 2, -3]) };
  const b = { ...base, histogram: histogramOf([1, 1e9]) };
  const before = structuredClone([a, b]);
  expect(mergeSnapshots(a, b).dimensions).toBe(base.dimensions);
  expect([a, b]).toEqual(before);
});
