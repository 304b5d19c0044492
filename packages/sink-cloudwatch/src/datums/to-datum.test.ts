import type { MetricSnapshot } from "@aiokpl/metrics-core";
import { InMemorySink, MetricsManager } from "@aiokpl/metrics-core";
import { exampleSnapshots } from "@aiokpl/sink-testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { toDatum } from "./to-datum.ts";

const options = { percentiles: true, storageResolution: 60 } as const;

function one(
  kind: MetricSnapshot["kind"],
  values: readonly number[],
  windowMs = 60_000,
): MetricSnapshot {
  const [snapshot] = exampleSnapshots({
    series: [{ name: "a", kind, values, unit: "ms" }],
    windowMs,
  });
  if (snapshot === undefined) throw new Error("none");
  return snapshot;
}

test.each(["counter", "gauge"] as const)("a %s becomes a set of statistics", (kind) => {
  expect(toDatum(one(kind, [3, 1, 2]), options)).toMatchObject({
    MetricName: "a",
    Unit: "Milliseconds",
    StatisticValues: { SampleCount: 3, Sum: 6, Minimum: 1, Maximum: 3 },
  });
});

test("the time stamp of a gauge is just before its window's end, that of other kinds its start", () => {
  const counter = one("counter", [1]);
  expect(toDatum(counter, options).Timestamp?.getTime()).toBe(counter.windowStart);
  const gauge = one("gauge", [1]);
  expect(toDatum(gauge, options).Timestamp?.getTime()).toBe(gauge.windowEnd - 1);
  const instant = { ...gauge, windowEnd: gauge.windowStart };
  expect(toDatum(instant, options).Timestamp?.getTime()).toBe(gauge.windowStart);
});

test("without percentiles a distribution is a set of statistics too", () => {
  expect(toDatum(one("distribution", [1, 2]), { ...options, percentiles: false })).toMatchObject({
    StatisticValues: { SampleCount: 2, Sum: 3 },
  });
});

test("a resolution of one second is sent, one of a minute is left to the default", () => {
  expect(toDatum(one("counter", [1]), options).StorageResolution).toBeUndefined();
  expect(toDatum(one("counter", [1]), { ...options, storageResolution: 1 }).StorageResolution).toBe(
    1,
  );
});

test("more than 150 values are merged: count, minimum and maximum stay exact, the sum to within rounding", () => {
  const value = fc.double({ min: -1e9, max: 1e9, noNaN: true });
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 2_000 }), (values) => {
      const snapshot = one("distribution", values);
      const { Values = [], Counts = [] } = toDatum(snapshot, options);
      expect(Values.length).toBeLessThanOrEqual(150);
      expect(new Set(Values).size).toBe(Values.length);
      expect(Counts.reduce((all, each) => all + each, 0)).toBe(values.length);
      expect(Math.min(...Values)).toBe(snapshot.min);
      expect(Math.max(...Values)).toBe(snapshot.max);
      const sum = Values.reduce((all, each, i) => all + each * (Counts[i] ?? 0), 0);
      const magnitude = values.reduce((all, each) => all + Math.abs(each), 0);
      expect(Math.abs(sum - snapshot.sum)).toBeLessThanOrEqual(1e-9 * magnitude);
    }),
    { numRuns: 300 },
  );
});

test("the percentile rank PR(:bound) of a datum is exact at a metric's thresholds", () => {
  const bounds = [100, 256, 300, 1_000];
  const beside = bounds.flatMap((bound) => [bound, bound * (1 + Number.EPSILON), bound * 0.999]);
  const value = fc.oneof(
    fc.double({ min: 0, max: 5_000, noNaN: true }),
    fc.constantFrom(...beside),
  );
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 1_000 }), (values) => {
      const [snapshot] = exampleSnapshots({
        series: [{ name: "a", kind: "distribution", values, thresholds: bounds }],
      });
      if (snapshot === undefined) throw new Error("none");
      const { Values = [], Counts = [] } = toDatum(snapshot, options);
      for (const bound of bounds) {
        const under = Values.reduce(
          (all, each, i) => all + (each <= bound ? (Counts[i] ?? 0) : 0),
          0,
        );
        expect(under).toBe(values.filter((each) => each <= bound).length);
      }
    }),
    { numRuns: 300 },
  );
});

test("for a million log-normal latencies p50, p90 and p99 of the datum are within one bucket", async () => {
  const sink = new InMemorySink();
  const metrics = new MetricsManager({ sink, exportIntervalMs: 0 });
  const values = new Float64Array(1_000_000);
  let seed = 1;
  const random = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
  for (let i = 0; i < values.length; i++) {
    const normal = Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
    values[i] = Math.exp(3 + 0.7 * normal);
    metrics.distribution("latency", values[i] ?? 0);
  }
  await metrics.close();
  const snapshot = sink.read("latency");
  if (snapshot === undefined) throw new Error("nothing was exported");
  const { Values = [], Counts = [] } = toDatum(snapshot, options);
  values.sort();
  for (const q of [0.5, 0.9, 0.99]) {
    let below = 0;
    const position = Counts.findIndex((each) => (below += each) >= q * values.length);
    const exact = values[Math.ceil(q * values.length) - 1] ?? 0;
    expect(Math.abs((Values[position] ?? 0) - exact) / exact).toBeLessThan(2 ** (1 / 16) - 1);
  }
});
