// oxlint-disable typescript/unbound-method -- that these need no `this` is what is tested
import { expect, test } from "vitest";
import { defineMetrics } from "./catalogues/define-metrics.ts";
import { MetricsManager } from "./metrics-manager.ts";
import { InMemorySink } from "./sinks/in-memory-sink.ts";
import { ManualClock } from "./windows/manual-clock.ts";

const catalogue = defineMetrics({
  Ticks: { kind: "counter" },
  Depth: { kind: "gauge" },
  Size: { kind: "distribution" },
});

function setUp() {
  const clock = new ManualClock();
  const sink = new InMemorySink();
  const metrics = new MetricsManager({ clock, sink, metrics: catalogue });
  return { clock, sink, metrics };
}

test("the methods of a handle need no handle", () => {
  const { metrics } = setUp();
  const { put: tick } = metrics.bind("Ticks");
  const { put: set, add: move } = metrics.bind("Depth");
  tick();
  tick(2);
  set(5);
  move(-2);
  [10, 20, 30].forEach(metrics.bind("Size").put);
  expect(metrics.snapshots()).toMatchObject([
    { name: "Ticks", count: 2, sum: 3 },
    { name: "Depth", count: 2, last: 3 },
    { name: "Size", count: 3, sum: 60 },
  ]);
  expect(metrics.stats().refused).toEqual({});
});

test("a handle's method that was kept goes on through windows, evictions and levels", async () => {
  const { clock, metrics, sink } = setUp();
  const { put } = metrics.bind("Ticks");
  put();
  await clock.advance(90_000);
  put(2);
  metrics.forget("Ticks");
  put(3);
  metrics.level = "none";
  put(4);
  metrics.level = "detailed";
  put(5);
  await metrics.close();
  put(6);
  expect(sink.allSnapshots.filter(({ name }) => name === "Ticks").map(({ sum }) => sum)).toEqual([
    1, 10,
  ]);
  expect(metrics.stats().refused).toEqual({ closed: 1 });
});

test("a manager's methods that are handed to others need no manager", async () => {
  const { metrics, sink } = setUp();
  const { start, flush, close, snapshots, stats } = metrics;
  metrics.count("Ticks");
  await start();
  expect(snapshots()).toMatchObject([{ sum: 1 }]);
  expect(await flush()).toMatchObject({ ok: true, delivered: 1 });
  metrics.count("Ticks", 2);
  expect(await close()).toMatchObject({ ok: true });
  expect(stats()).toMatchObject({ accepted: 2 });
  expect(sink.read("Ticks")?.sum).toBe(3);
});

test("a subclass may override what can be handed on", async () => {
  const calls: string[] = [];
  class Logged extends MetricsManager {
    override close(options?: { readonly timeoutMs?: number | undefined }) {
      calls.push("close");
      return super.close(options);
    }
  }
  const { close } = new Logged();
  await close();
  expect(calls).toEqual(["close"]);
});
