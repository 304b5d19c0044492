import { expect, test } from "vitest";
import { InMemorySink } from "./in-memory-sink.ts";
import { ManualClock } from "../windows/manual-clock.ts";
import { MetricsManager } from "../metrics-manager.ts";

async function filled(): Promise<InMemorySink> {
  const sink = new InMemorySink();
  const metrics = new MetricsManager({ sink, clock: new ManualClock() });
  metrics.distribution("latency", 1, { a: "x", b: "y" });
  metrics.distribution("latency", 2, { a: "z" });
  await metrics.flush();
  metrics.distribution("latency", 4, { b: "y", a: "x" });
  metrics.count("other");
  await metrics.close();
  return sink;
}

test("keeps each export, in order", async () => {
  const sink = await filled();
  expect(sink.exports.map((snapshots) => snapshots.length)).toEqual([2, 2]);
  expect(sink.allSnapshots.map(({ name, sum }) => [name, sum])).toEqual([
    ["latency", 1],
    ["latency", 2],
    ["latency", 4],
    ["other", 1],
  ]);
  expect(sink.byName("latency")).toHaveLength(3);
});

test("reads one series over all windows, merged, whatever the order of the dimensions", async () => {
  const sink = await filled();
  expect(sink.read("latency", { b: "y", a: "x", absent: undefined })).toMatchObject({
    count: 2,
    sum: 5,
    min: 1,
    max: 4,
    last: 4,
  });
  expect(sink.read("latency", { a: "y" })).toBeUndefined();
  expect(sink.read("missing")).toBeUndefined();
});

test("takes a part of the dimensions, and ignores common ones unless asked", async () => {
  const sink = new InMemorySink();
  const commonDimensions = { host: "h" };
  const metrics = new MetricsManager({ sink, clock: new ManualClock(), commonDimensions });
  metrics.count("orders", 1, { country: "PT", channel: "web" });
  metrics.count("orders", 2, { country: "PT" });
  metrics.count("orders", 4, { country: "NO", host: "other" });
  await metrics.close();
  expect(sink.read("orders", { country: "PT" })?.sum).toBe(3);
  expect(sink.byName("orders", { country: "PT" })).toHaveLength(2);
  expect(sink.read("orders", { host: "other" })?.sum).toBe(4);
  expect(sink.read("orders", { country: "PT", channel: undefined })?.sum).toBe(2);
  expect(sink.read("orders", { toString: "x" })).toBeUndefined();
});

test("reads all series of a metric as one where no dimensions are given", async () => {
  expect((await filled()).read("latency")).toMatchObject({ count: 3, sum: 7 });
});

test("forgets everything when told to", async () => {
  const sink = await filled();
  sink.clear();
  expect(sink.exports).toEqual([]);
});
