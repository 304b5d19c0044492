import { expect, test } from "vitest";
import { MetricsManager } from "../metrics-manager.ts";
import { InMemorySink } from "../sinks/in-memory-sink.ts";
import { ManualClock } from "../windows/manual-clock.ts";

const HOUR_MS = 3_600_000;
const MOST_UNDECLARED = 10_000;

function setUp() {
  const clock = new ManualClock();
  const sink = new InMemorySink();
  const metrics = new MetricsManager({ clock, sink, exportIntervalMs: 300_000, onError: () => {} });
  return { clock, sink, metrics };
}

/** As many undeclared names as there may be. */
function flood(metrics: MetricsManager): void {
  for (let i = metrics.stats().metrics; i < MOST_UNDECLARED; i++) metrics.count(`outside ${i}`);
}

test("names from outside shut out a new metric until they are idle, and not for longer", async () => {
  const { clock, metrics } = setUp();
  flood(metrics);
  metrics.count("new");
  expect(metrics.stats().refused).toEqual({ too_many_metrics: 1 });
  await clock.advance(HOUR_MS);
  metrics.count("new");
  expect(metrics.stats()).toMatchObject({
    metrics: 1,
    accepted: MOST_UNDECLARED + 1,
    refused: { too_many_metrics: 1 },
  });
  flood(metrics);
  expect(metrics.stats()).toMatchObject({ metrics: MOST_UNDECLARED });
  await metrics.close();
});

test("declared metrics, levels that are not 0 and metrics in use stay", async () => {
  const { clock, metrics } = setUp();
  metrics.declare({ declared: { kind: "gauge", unit: "s" } });
  metrics.add("level", 2);
  metrics.count("idle");
  for (let minutes = 0; minutes < 120; minutes += 5) {
    metrics.count("busy");
    await clock.advance(300_000);
  }
  expect(metrics.stats().metrics).toBe(3);
  metrics.add("level", 1);
  expect(metrics.snapshots()).toMatchObject([{ name: "level", last: 3 }]);
  metrics.count("declared");
  expect(metrics.stats().refused).toEqual({ kind_conflict: 1 });
  await metrics.close();
});

test("a metric that comes back is registered again, and may be of another kind", async () => {
  const { clock, metrics } = setUp();
  metrics.count("a", 1);
  await clock.advance(HOUR_MS);
  metrics.gauge("a", 2);
  expect(metrics.snapshots()).toMatchObject([{ name: "a", kind: "gauge", last: 2 }]);
  await metrics.close();
});

test("a handle goes on with the kind and the unit of a metric that is gone, and with no level", async () => {
  const { clock, metrics } = setUp();
  metrics.count("counted");
  metrics.gauge("level", 1, { x: "other" });
  metrics.time("timed", () => {});
  const counted = metrics.bind("counted", { x: "1" });
  const level = metrics.bind("level", { x: "1" });
  const timed = metrics.bind("timed", { x: "1" });
  counted.put(1);
  level.add(5);
  level.add(-5);
  level.put(7);
  timed.put(1);
  metrics.forget("level");
  await clock.advance(HOUR_MS);
  expect(metrics.stats()).toMatchObject({ metrics: 0, series: 0 });
  counted.put(2);
  level.add(1);
  timed.put(3);
  expect(metrics.snapshots()).toMatchObject([
    { name: "counted", kind: "counter", sum: 2, dimensions: [["x", "1"]] },
    { name: "level", kind: "gauge", last: 1, dimensions: [["x", "1"]] },
    { name: "timed", kind: "distribution", unit: "ms", sum: 3, dimensions: [["x", "1"]] },
  ]);
  metrics.count("counted", 1, { x: "1" });
  counted.put(4);
  expect(metrics.snapshots()[0]).toMatchObject({ sum: 7, count: 3 });
  await metrics.close();
  expect(metrics.stats().refused).toEqual({});
});

test("a metric with nothing but an overflow series is forgotten once that is idle", async () => {
  const clock = new ManualClock();
  const metrics = new MetricsManager({
    clock,
    sink: new InMemorySink(),
    maxSeriesPerMetric: 1,
    onError: () => {},
  });
  for (let i = 0; i < 3; i++) metrics.count("a", 1, { i });
  await clock.advance(HOUR_MS);
  expect(metrics.stats()).toMatchObject({ metrics: 0, series: 0, accepted: 3 });
  await metrics.close();
});
