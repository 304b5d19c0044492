import { expect, test } from "vitest";
import { InMemorySink, MetricsManager, quantile } from "./index.ts";

function managerOf(): { metrics: MetricsManager; sink: InMemorySink } {
  const sink = new InMemorySink();
  const metrics = new MetricsManager({ sink, exportIntervalMs: 0, maxSeriesPerMetric: 2 });
  metrics.declare({
    latency: { kind: "distribution", unit: "ms", thresholds: [100, 300] },
    wide: { kind: "distribution", unit: "s", maxBuckets: 1_024 },
    plain: { kind: "distribution" },
  });
  return { metrics, sink };
}

test("snapshots say how many values lie at or under each threshold, by any way of recording", async () => {
  const { metrics, sink } = managerOf();
  metrics.put("latency", 100, { route: "a" });
  metrics.distribution("latency", 300.5, { route: "a" });
  metrics.bind("latency", { route: "a" }).put(300);
  metrics.put("plain", 1);
  expect(metrics.snapshots()[0]?.thresholds).toEqual({ bounds: [100, 300], counts: [1, 1, 1] });
  await metrics.flush();
  expect(sink.read("latency")?.thresholds).toEqual({ bounds: [100, 300], counts: [1, 1, 1] });
  expect(sink.read("plain")).not.toHaveProperty("thresholds");
  metrics.put("latency", 1, { route: "a" });
  await metrics.flush();
  expect(sink.read("latency")?.thresholds).toEqual({ bounds: [100, 300], counts: [2, 1, 1] });
  await metrics.close();
});

test("thresholds are frozen, and all series share their bounds, the overflow series included", async () => {
  const { metrics } = managerOf();
  for (const route of ["a", "b", "c", "d"]) metrics.put("latency", 1, { route });
  const all = metrics.snapshots().map(({ thresholds }) => thresholds);
  expect(all).toHaveLength(3);
  for (const thresholds of all) {
    expect(thresholds?.counts.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0);
    expect(thresholds?.bounds).toBe(all[0]?.bounds);
    for (const part of [thresholds, thresholds?.bounds, thresholds?.counts])
      expect(Object.isFrozen(part)).toBe(true);
  }
  await metrics.close();
});

test("bounds that the program changes after the declaration change nothing", async () => {
  const thresholds = [1, 2];
  const metrics = new MetricsManager({
    sink: new InMemorySink(),
    metrics: { a: { kind: "distribution", thresholds } },
  });
  thresholds[0] = 9;
  metrics.put("a", 1.5);
  expect(metrics.snapshots()[0]?.thresholds).toEqual({ bounds: [1, 2], counts: [0, 1, 0] });
  await metrics.close();
});

test("one extreme value does not spoil the next window", async () => {
  const { metrics, sink } = managerOf();
  metrics.put("plain", 1);
  metrics.put("plain", Number.MAX_VALUE);
  await metrics.flush();
  sink.clear();
  for (const value of [10, 20, 30, 40, 50]) metrics.put("plain", value);
  await metrics.flush();
  const snapshot = sink.read("plain");
  expect(snapshot?.histogram?.scale).toBe(6);
  expect(Math.abs((snapshot && quantile(snapshot, 0.5)) ?? NaN) / 30).toBeCloseTo(1, 1);
  await metrics.close();
});

test("with 1,024 buckets percentiles are within 1.1 % over nine orders of magnitude", async () => {
  const { metrics, sink } = managerOf();
  const values = Array.from(
    { length: 40_000 },
    (_, i) => 10 ** ((((i * 7_919) % 40_000) / 40_000) * 9),
  );
  for (const [i, value] of values.entries()) {
    metrics.put("wide", value);
    if (i % 10_000 === 9_999) await metrics.flush();
  }
  const merged = sink.read("wide");
  expect(merged?.histogram?.scale).toBe(5);
  const sorted = values.toSorted((a, b) => a - b);
  for (let permille = 1; permille < 1_000; permille++) {
    const exact = sorted[Math.ceil((permille / 1_000) * sorted.length) - 1] ?? NaN;
    const found = (merged && quantile(merged, permille / 1_000)) ?? NaN;
    expect(Math.abs(found / exact - 1)).toBeLessThan(0.011);
  }
  await metrics.close();
});
