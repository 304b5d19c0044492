import { expect, test } from "vitest";
import { MetricsManager } from "../../metrics-manager.ts";
import { InMemorySink } from "../../sinks/in-memory-sink.ts";
import { ManualClock } from "../../windows/manual-clock.ts";

const MINUTE_MS = 60_000;

function setUp(options: { dimensions?: readonly string[]; commonDimensions?: object } = {}) {
  const { dimensions, commonDimensions } = options;
  const clock = new ManualClock();
  const sink = new InMemorySink();
  const metrics = new MetricsManager({
    clock,
    sink,
    exportIntervalMs: MINUTE_MS,
    maxSeriesPerMetric: 2,
    commonDimensions: commonDimensions as Record<string, string>,
    metrics: {
      failures: { kind: "counter", quiet: "zero", dimensions },
      other: { kind: "counter" },
    },
    onError: () => {},
  }) as unknown as MetricsManager;
  return { clock, sink, metrics };
}

test("ten windows sum to what was counted, and each is there", async () => {
  const { clock, sink, metrics } = setUp();
  await clock.advance(3 * MINUTE_MS);
  metrics.count("failures", 2);
  metrics.count("failures", 3);
  metrics.count("other");
  await clock.advance(7 * MINUTE_MS);
  await metrics.close();
  const all = sink.byName("failures");
  expect(all.map(({ sum }) => sum).slice(0, 10)).toEqual([0, 0, 0, 5, 0, 0, 0, 0, 0, 0]);
  for (const { windowStart, windowEnd } of all.slice(1, 10))
    expect(windowEnd - windowStart).toBe(MINUTE_MS);
  expect(all[0]).toMatchObject({ count: 1, sum: 0, min: 0, max: 0, last: 0 });
  expect(sink.byName("other")).toHaveLength(1);
  expect(metrics.stats().held).toBe(all.length - 1);
});

test("declaring one starts the schedule, also later", async () => {
  const clock = new ManualClock();
  const sink = new InMemorySink();
  const metrics = new MetricsManager({ clock, sink, exportIntervalMs: MINUTE_MS });
  await clock.advance(5 * MINUTE_MS);
  expect(metrics.stats().windows).toBe(0);
  metrics.declare({ late: { kind: "counter", quiet: "zero" } });
  await clock.advance(2 * MINUTE_MS);
  expect(sink.byName("late").length).toBeGreaterThanOrEqual(1);
  await metrics.close();
});

test("a series with dimensions says 0 once it was seen, and is not evicted", async () => {
  const { clock, sink, metrics } = setUp({ dimensions: ["shop"] });
  await clock.advance(2 * MINUTE_MS);
  expect(sink.allSnapshots).toEqual([]);
  metrics.count("failures", 1, { shop: "a" });
  await clock.advance(30 * MINUTE_MS);
  const all = sink.byName("failures");
  expect(all.length).toBeGreaterThanOrEqual(29);
  expect(all.reduce((total, { sum }) => total + sum, 0)).toBe(1);
  expect(metrics.stats().evicted).toBe(0);
  await metrics.close();
});

test("a required dimension that all series have counts as given", async () => {
  const commonDimensions = { shop: "a" };
  const { clock, sink } = setUp({ dimensions: ["shop"], commonDimensions });
  await clock.advance(MINUTE_MS + 20_000);
  expect(sink.allSnapshots).toMatchObject([
    { name: "failures", sum: 0, dimensions: [["shop", "a"]] },
  ]);
});

test("at the limit, the one that counted nothing for longest makes room", async () => {
  const { clock, sink, metrics } = setUp({ dimensions: ["shop"] });
  for (const shop of ["a", "b", "c"]) {
    metrics.count("failures", 1, { shop });
    await clock.advance(MINUTE_MS);
  }
  expect(metrics.stats()).toMatchObject({ series: 2, evicted: 1 });
  await metrics.close();
  const last = sink.exports.flat().slice(-2);
  expect(last.map(({ dimensions }) => dimensions[0]?.[1])).toEqual(["b", "c"]);
});

test("nothing is said at a level that leaves the counter out", async () => {
  const clock = new ManualClock();
  const sink = new InMemorySink();
  const metrics = new MetricsManager({
    clock,
    sink,
    level: "summary",
    metrics: { detail: { kind: "counter", quiet: "zero", level: "detailed" } },
  });
  await metrics.flush();
  await metrics.close();
  expect(sink.allSnapshots).toEqual([]);
});
