import type { ExponentialHistogram } from "@aiokpl/metrics-core";
import { exampleSnapshots } from "@aiokpl/sink-testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type NativeBuckets, toNativeHistogram } from "./native-histogram.ts";

function histogramOf(values: readonly number[]): ExponentialHistogram {
  const [snapshot] = exampleSnapshots({ series: [{ name: "d", kind: "distribution", values }] });
  if (snapshot?.histogram === undefined) throw new Error("no histogram");
  return snapshot.histogram;
}

/** The buckets as Prometheus reads them: index and count. */
function readBack({ spans, deltas }: NativeBuckets): readonly (readonly [number, number])[] {
  const buckets: [number, number][] = [];
  let [index, count, position] = [0, 0, 0];
  for (const { offset, length } of spans) {
    index += offset;
    for (let i = 0; i < length; i++) {
      count += deltas[position++] ?? NaN;
      buckets.push([index++, count]);
    }
  }
  expect(position).toBe(deltas.length);
  return buckets;
}

test("each value is in the bucket that Prometheus looks for it in, whatever the values", () => {
  const size = fc.double({ min: 1e-12, max: 1e12, noNaN: true });
  const value = fc.oneof(
    size,
    size.map((each) => -each),
    fc.constantFrom(0, 1, 4),
  );
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 200 }), (values) => {
      const { schema, zeroCount, positive, negative } = toNativeHistogram(histogramOf(values));
      expect(schema).toBeGreaterThanOrEqual(-4);
      expect(schema).toBeLessThanOrEqual(8);
      expect(zeroCount).toBe(values.filter((each) => each === 0).length);
      for (const [buckets, side] of [
        [positive, values.filter((each) => each > 0)],
        [negative, values.filter((each) => each < 0).map((each) => -each)],
      ] as const)
        for (const [index, count] of readBack(buckets)) {
          // Bucket i is (base^(i−1), base^i].
          const upper = 2 ** (index * 2 ** -schema);
          const lower = 2 ** ((index - 1) * 2 ** -schema);
          const inside = side.filter(
            (each) => each > lower * (1 + 1e-14) && each <= upper * (1 - 1e-14),
          );
          const near = side.filter(
            (each) => each > lower * (1 - 1e-14) && each <= upper * (1 + 1e-14),
          );
          expect(count).toBeGreaterThanOrEqual(inside.length);
          expect(count).toBeLessThanOrEqual(near.length);
        }
      const all = [...readBack(positive), ...readBack(negative)];
      expect(all.reduce((sum, [, count]) => sum + count, zeroCount)).toBe(values.length);
    }),
  );
});

test("a histogram finer than Prometheus takes is made coarser", () => {
  const positive = { offset: 5, bucketCounts: [1, 1, 1, 0, 0, 0, 0, 2] };
  const negative = { offset: 0, bucketCounts: [] };
  expect(toNativeHistogram({ scale: 10, zeroCount: 0, positive, negative })).toEqual({
    schema: 8,
    zeroCount: 0,
    positive: { spans: [{ offset: 2, length: 3 }], deltas: [3, -3, 2] },
    negative: { spans: [], deltas: [] },
  });
});

test("a short gap is part of its span, and a long one begins another", () => {
  const buckets = { offset: 3, bucketCounts: [5, 0, 0, 4, 0, 0, 0, 7] };
  const histogram = {
    scale: 0,
    zeroCount: 0,
    positive: buckets,
    negative: { offset: 0, bucketCounts: [] },
  };
  expect(toNativeHistogram(histogram).positive).toEqual({
    spans: [
      { offset: 4, length: 4 },
      { offset: 3, length: 1 },
    ],
    deltas: [5, -5, 0, 4, 3],
  });
});
