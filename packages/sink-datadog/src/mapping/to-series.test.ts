import { exampleSnapshots } from "@aiokpl/sink-testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { toDistribution, toSeries } from "./to-series.ts";

const windowStart = 1_700_000_060_500;
const context = { tags: ["a:b"], host: "h", percentiles: [] };

function one(
  kind: "counter" | "gauge" | "distribution",
  values: readonly number[],
  windowMs = 60_000,
) {
  const [snapshot] = exampleSnapshots({
    series: [{ name: "m", kind, values }],
    windowStart,
    windowMs,
  });
  if (snapshot === undefined) throw new Error("no snapshot");
  return snapshot;
}

test("Timestamp: a counter is a count at the second in which its window begins", () => {
  expect(toSeries(one("counter", [2, 3]), context)).toEqual([
    {
      metric: "m",
      type: "count",
      points: [[1_700_000_060, 5]],
      tags: ["a:b"],
      host: "h",
      interval: 60,
    },
  ]);
});

test("Timestamp: a gauge is its last value, at the second in which its window ends", () => {
  const [series] = toSeries(one("gauge", [9, 2, 3]), { ...context, host: undefined });
  expect(series).toEqual({
    metric: "m",
    type: "gauge",
    points: [[1_700_000_120, 3]],
    tags: ["a:b"],
  });
});

test("a distribution is two counts, two gauges and one more gauge for each percentile", () => {
  const values = Array.from({ length: 100 }, (_, i) => i + 1);
  const series = toSeries(one("distribution", values), { ...context, percentiles: [0.5, 1] });
  expect(series.map(({ metric, type, points }) => [metric, type, points[0]?.[1]])).toEqual([
    ["m.count", "count", 100],
    ["m.sum", "count", 5_050],
    ["m.min", "gauge", 1],
    ["m.max", "gauge", 100],
    ["m.median", "gauge", expect.closeTo(50, -1)],
    ["m.100percentile", "gauge", 100],
  ]);
});

test.each([
  [60_000, 60],
  [10_049, 10],
  [10_051, undefined],
  [999, 1],
  [940, undefined],
  [40, undefined],
])("Interval: a window of %i ms has the interval %s", (windowMs, interval) => {
  expect(toSeries(one("counter", [1], windowMs), context)[0]?.interval).toBe(interval);
});

test("a true distribution has every observation: count, minimum and maximum exact, the sum within rounding", () => {
  const value = fc.double({ min: -1e6, max: 1e6, noNaN: true });
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 200 }), (values) => {
      const snapshot = one("distribution", values);
      const [[second, sent] = [0, []]] = toDistribution(snapshot, context).points;
      const magnitude = values.reduce((all, each) => all + Math.abs(each), 0);
      expect(second).toBe(1_700_000_060);
      expect(sent).toHaveLength(values.length);
      expect([Math.min(...sent), Math.max(...sent)]).toEqual([snapshot.min, snapshot.max]);
      const sum = sent.reduce((all, each) => all + each, 0);
      expect(Math.abs(sum - snapshot.sum)).toBeLessThanOrEqual(1e-9 * magnitude);
    }),
  );
});
