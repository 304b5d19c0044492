import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { ExponentialHistogram } from "../contract/exponential-histogram.ts";
import { Histogram } from "./histogram.ts";
import type { MetricSnapshot } from "../contract/metric-snapshot.ts";
import { quantile } from "./quantile.ts";

function snapshotOf(values: readonly number[], hasHistogram = true): MetricSnapshot {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
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
    ...(hasHistogram ? { histogram: histogram.toData() } : undefined),
  };
}

const overTwelveOrders = fc
  .double({ min: -6, max: 6, noNaN: true })
  .map((exponent) => 10 ** exponent);
const value = fc.oneof(
  overTwelveOrders,
  overTwelveOrders.map((v) => -v),
  fc.constant(0),
);

test("any quantile is within the stated bound of the observation of that rank", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.array(value, { minLength: 1, maxLength: 300 }),
        fc.array(overTwelveOrders, { minLength: 1, maxLength: 300 }),
      ),
      fc.nat(1_000),
      (values, thousandths) => {
        const snapshot = snapshotOf(values);
        const rank = Math.max(1, Math.ceil((thousandths * values.length) / 1000));
        const exact = values.toSorted((a, b) => a - b)[rank - 1] ?? NaN;
        const base = 2 ** (2 ** -(snapshot.histogram?.scale ?? 0));
        const found = quantile(snapshot, thousandths / 1000) ?? NaN;
        expect(Math.abs(found - exact)).toBeLessThanOrEqual(
          (base - 1) * Math.abs(exact) * (1 + 1e-9),
        );
      },
    ),
    { numRuns: 2_000 },
  );
});

test("up to three observations are exact", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -1e9, max: 1e9 }), { minLength: 1, maxLength: 3 }),
      fc.boolean(),
      (values, hasHistogram) => {
        const snapshot = snapshotOf(values, hasHistogram);
        const found = values.map((_, i) => quantile(snapshot, (i + 1) / values.length));
        expect(found).toEqual(values.toSorted((a, b) => a - b));
      },
    ),
  );
  const tiny = [1, 2, 3].map((times) => times * Number.MIN_VALUE);
  expect(quantile(snapshotOf(tiny), 0.5)).toBe(2 * Number.MIN_VALUE);
});

test("where a sum has lost the third observation, its bucket says where it is", () => {
  expect(quantile(snapshotOf([0, 1.5, 2 ** 200]), 0.5)).toBeCloseTo(2, 12);
});

test("ranks are placed within a bucket, so that a smooth spread is shown as it is", () => {
  const snapshot = snapshotOf(Array.from({ length: 100_000 }, (_, i) => (i + 1) / 100));
  for (const q of [0.1, 0.5, 0.875, 0.9, 0.95, 0.99, 0.999]) {
    const found = quantile(snapshot, q) ?? NaN;
    expect(Math.abs(found / (q * 1_000) - 1)).toBeLessThan(0.001);
  }
});

/** Prometheus' histogram_quantile of a native histogram: `HistogramQuantile` in promql/quantile.go, exponential interpolation. */
function prometheusQuantile(histogram: ExponentialHistogram, count: number, q: number): number {
  const { scale, zeroCount, positive, negative } = histogram;
  const bound = (index: number): number => 2 ** (index * 2 ** -scale);
  const buckets = negative.bucketCounts
    .map((inBucket, i) => ({
      lower: -bound(negative.offset + i + 1),
      upper: -bound(negative.offset + i),
      count: inBucket,
    }))
    .reverse();
  if (zeroCount > 0) buckets.push({ lower: 0, upper: 0, count: zeroCount });
  for (const [i, inBucket] of positive.bucketCounts.entries())
    buckets.push({
      lower: bound(positive.offset + i),
      upper: bound(positive.offset + i + 1),
      count: inBucket,
    });
  let rank = q * count;
  for (const bucket of buckets) {
    if (bucket.count === 0) continue;
    if (rank > bucket.count) {
      rank -= bucket.count;
      continue;
    }
    const fraction = rank / bucket.count;
    if (bucket.upper === 0) return 0;
    const logLower = Math.log2(Math.abs(bucket.lower));
    const logUpper = Math.log2(Math.abs(bucket.upper));
    return bucket.lower > 0
      ? 2 ** (logLower + (logUpper - logLower) * fraction)
      : -(2 ** (logUpper + (logLower - logUpper) * (1 - fraction)));
  }
  return NaN;
}

test("is what Prometheus makes of the same buckets, where it knows as much", () => {
  fc.assert(
    fc.property(
      fc.array(value, { minLength: 4, maxLength: 300 }),
      fc.integer({ min: 1, max: 9_999 }),
      (values, share) => {
        const snapshot = snapshotOf(values);
        const { histogram, count, min, max } = snapshot;
        if (histogram === undefined) throw new Error("no histogram");
        const q = (share + 0.5) / 10_000;
        const rank = Math.ceil(q * count);
        const theirs = prometheusQuantile(histogram, count, q);
        const base = 2 ** (2 ** -histogram.scale);
        // It does not know minimum and maximum, which clip the outermost buckets.
        const isInner = [min, max].every(
          (end) => theirs === 0 || theirs / end < 0 || theirs / end > base || end / theirs > base,
        );
        fc.pre(rank > 1 && rank < count && isInner);
        expect(Math.abs((quantile(snapshot, q) ?? NaN) - theirs)).toBeLessThanOrEqual(
          1e-9 * Math.abs(theirs),
        );
      },
    ),
    { numRuns: 1_000 },
  );
});

test("ranks of more observations than a double counts don't slip", () => {
  const half = 2 ** 54;
  const snapshot = {
    ...snapshotOf([1, 2]),
    count: 2 * half,
    sum: 3 * half,
    histogram: {
      scale: 0,
      zeroCount: 0,
      positive: { offset: -1, bucketCounts: [half, half] },
      negative: { offset: 0, bucketCounts: [] },
    },
  };
  expect(quantile(snapshot, 0.5)).toBe(1);
  expect(quantile(snapshot, 0.5 + Number.EPSILON)).toBeGreaterThan(1);
  expect(quantile(snapshot, 1)).toBe(2);
});

test("0 gives the minimum and 1 the maximum", () => {
  const values = [-7.123, 0, 3.3, 1234.567, 1234.569];
  expect([quantile(snapshotOf(values), 0), quantile(snapshotOf(values), 1)]).toEqual([
    -7.123, 1234.569,
  ]);
});

test("the first and the last rank are exact", () => {
  const values = [-7.123, 3.3, 1234.567];
  expect([quantile(snapshotOf(values), 0.33), quantile(snapshotOf(values), 0.67)]).toEqual([
    -7.123, 1234.567,
  ]);
});

test("the rank is not one too high where a product misses an integer by rounding", () => {
  // 0.07 * 100 is 7.000000000000001.
  const values = Array.from({ length: 100 }, (_, i) => 2 ** i);
  expect(quantile(snapshotOf(values), 0.07)).toBeLessThanOrEqual(64);
  expect(quantile(snapshotOf(values), 0.0701)).toBeGreaterThan(64);
});

test("quantiles ascend with q", () => {
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 100 }), (values) => {
      const snapshot = snapshotOf(values);
      const found = Array.from({ length: 101 }, (_, i) => quantile(snapshot, i / 100) ?? NaN);
      expect(found).toEqual(found.toSorted((a, b) => a - b));
    }),
  );
});

test("the extreme doubles give no infinity, and the smallest is not rounded to zero", () => {
  const { MIN_VALUE, MAX_VALUE } = Number;
  const snapshot = {
    ...snapshotOf([-MAX_VALUE, -MAX_VALUE, -MIN_VALUE, MIN_VALUE, MAX_VALUE, MAX_VALUE]),
    sum: 0,
  };
  const [second, third, fourth, fifth] = [0.3, 0.5, 0.6, 0.8].map(
    (q) => quantile(snapshot, q) ?? NaN,
  );
  expect(second).toBeLessThan(-1e303);
  expect(second).toBeGreaterThanOrEqual(-MAX_VALUE);
  expect(third).toBeLessThan(0);
  expect(fourth).toBeGreaterThan(0);
  expect(fifth).toBeGreaterThan(1e303);
  expect(fifth).toBeLessThanOrEqual(MAX_VALUE);
});

test("without a histogram only the extremes and constants are known", () => {
  const known = snapshotOf([1, 2, 3, 4], false);
  expect([0, 0.25, 0.5, 0.75, 0.76, 1].map((q) => quantile(known, q))).toEqual([
    1,
    1,
    undefined,
    undefined,
    4,
    4,
  ]);
  expect(quantile(snapshotOf([5, 5, 5], false), 0.5)).toBe(5);
  expect(quantile(snapshotOf([5], false), 0.5)).toBe(5);
});

test.each([-0.001, 1.001, 50, NaN, Infinity])("q = %s is a RangeError that names it", (q) => {
  expect(() => quantile(snapshotOf([1]), q)).toThrow(
    new RangeError(`q must be from 0 to 1, was ${q}`),
  );
});
