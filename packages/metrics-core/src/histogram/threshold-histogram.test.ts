import * as fc from "fast-check";
import { expect, test } from "vitest";
import { Histogram } from "./histogram.ts";
import { nextDown, nextUp } from "./cells/next-double.ts";
import { ThresholdBounds } from "./threshold-bounds.ts";
import { ThresholdHistogram } from "./threshold-histogram.ts";

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
const near = fc.oneof(
  finite,
  fc.double({ min: -100, max: 10_000, noNaN: true }),
  fc.constantFrom(-1, -0, 0, 5, 300, 1_000, Number.MIN_VALUE, Number.MAX_VALUE, -Number.MAX_VALUE),
);
const bounds = fc
  .uniqueArray(near, { minLength: 1, maxLength: 64, comparator: (a, b) => a === b })
  .map((all) => all.toSorted((a, b) => a - b));

/** Bounds, and values on and around them. */
const cases = bounds.chain((all) =>
  fc.record({
    all: fc.constant(all),
    values: fc.array(
      fc.oneof(
        near,
        fc.constantFrom(...all, ...all.map(nextUp), ...all.map(nextDown)).filter(Number.isFinite),
      ),
      { maxLength: 200 },
    ),
  }),
);

function bruteForce(values: readonly number[], all: readonly number[]): readonly number[] {
  return [...all, Infinity].map(
    (bound, i) => values.filter((v) => v <= bound && v > (all[i - 1] ?? -Infinity)).length,
  );
}

test("counts are those of counting each value, also of values on a bound and beside it", () => {
  fc.assert(
    fc.property(cases, ({ all, values }) => {
      const histogram = new ThresholdHistogram(160, new ThresholdBounds(all));
      for (const value of values) histogram.record(value);
      expect(histogram.thresholds()).toEqual({ bounds: all, counts: bruteForce(values, all) });
    }),
    { numRuns: 1_000 },
  );
});

test("buckets are those of a histogram without thresholds", () => {
  fc.assert(
    fc.property(cases, ({ all, values }) => {
      const histogram = new ThresholdHistogram(160, new ThresholdBounds(all));
      const plain = new Histogram();
      for (const value of values) {
        histogram.record(value);
        plain.record(value);
      }
      expect(histogram.toData()).toEqual(plain.toData());
    }),
  );
});

test("a window, and a histogram that is used again, begin with nothing", () => {
  const histogram = new ThresholdHistogram(160, new ThresholdBounds([1, 2]));
  histogram.record(1);
  const before = histogram.thresholds();
  histogram.reset();
  histogram.record(3);
  expect(histogram.thresholds().counts).toEqual([0, 0, 1]);
  histogram.release();
  expect(histogram.thresholds().counts).toEqual([0, 0, 0]);
  expect(before.counts).toEqual([1, 0, 0]);
});

test("all series of a metric share their bounds", () => {
  const shared = new ThresholdBounds(Object.freeze([1, 2]));
  const [a, b] = [new ThresholdHistogram(160, shared), new ThresholdHistogram(160, shared)];
  expect(a.thresholds().bounds).toBe(b.thresholds().bounds);
});

test("a value that is repeated counts so many times", () => {
  fc.assert(
    fc.property(cases, fc.integer({ min: 1, max: 100 }), ({ all, values }, times) => {
      const [one, many] = [0, 1].map(() => new ThresholdHistogram(160, new ThresholdBounds(all)));
      for (const value of values) {
        many?.repeat(value, times);
        for (let i = 0; i < times; i++) one?.record(value);
      }
      expect(many?.thresholds()).toEqual(one?.thresholds());
      expect(many?.toData()).toEqual(one?.toData());
    }),
  );
});
