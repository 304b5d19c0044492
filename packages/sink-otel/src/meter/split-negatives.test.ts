import { type MetricSnapshot, MetricsManager } from "@aiokpl/metrics-core";
import { mergeSnapshots } from "@aiokpl/metrics-core/sink";
import { exampleSnapshots } from "@aiokpl/sink-testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { splitNegatives } from "./split-negatives.ts";

function distributionOf(values: readonly number[]): MetricSnapshot {
  const metrics = new MetricsManager({ sink: { export: async () => {} }, exportIntervalMs: 0 });
  for (const value of values) metrics.distribution("d", value);
  const [snapshot] = metrics.snapshots();
  if (snapshot === undefined) throw new Error("no snapshot");
  return snapshot;
}

function closeTo(actual: number, expected: number, scale: number): void {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(1e-9 * scale);
}

test("each part is consistent, counts its observations exactly, and both merge to the whole", () => {
  const value = fc.oneof(
    fc.double({ min: -1e12, max: 1e12, noNaN: true }),
    fc.constantFrom(0, -0, -1e300, 1e300, -5e-324, 5e-324),
  );
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 30 }), (values) => {
      const whole = distributionOf(values);
      const { negative, others } = splitNegatives(whole);
      const negatives = values.filter((each) => each < 0);
      expect(negative?.count ?? 0).toBe(negatives.length);
      expect(others?.count ?? 0).toBe(values.length - negatives.length);
      // At least so large that a few of the smallest numbers do not matter.
      const scale = Math.max(1e-300, ...values.map(Math.abs)) * values.length;
      for (const part of [negative, others]) {
        if (part === undefined) continue;
        const { count, sum, min, max, last } = part;
        for (const each of [sum, min, max, last]) expect(each).toSatisfy(Number.isFinite);
        expect(min).toBeLessThanOrEqual(max);
        expect(last).toBeGreaterThanOrEqual(min);
        expect(last).toBeLessThanOrEqual(max);
        expect(sum).toBeGreaterThanOrEqual(count * min - 1e-9 * scale);
        expect(sum).toBeLessThanOrEqual(count * max + 1e-9 * scale);
      }
      if (negative !== undefined) expect(negative.max).toBeLessThanOrEqual(0);
      if (others !== undefined) expect(others.min).toBeGreaterThanOrEqual(0);
      if (negative === undefined || others === undefined) {
        expect(negative ?? others).toBe(whole);
        return;
      }
      const merged = mergeSnapshots(negative, others);
      closeTo(merged.sum, whole.sum, scale);
      expect({ ...merged, sum: 0, last: 0 }).toEqual({ ...whole, sum: 0, last: 0 });
    }),
    { numRuns: 500 },
  );
});

test("without a histogram all observations of a snapshot with a negative one count as negative", () => {
  const [snapshot] = exampleSnapshots({
    series: [{ name: "d", kind: "distribution", values: [-1, 5] }],
  });
  if (snapshot === undefined) throw new Error("no snapshot");
  const { histogram: _, ...bare } = snapshot;
  expect(splitNegatives(bare)).toEqual({ negative: bare });
});
