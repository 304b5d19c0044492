import { expect, test } from "vitest";
import { MetricsManager } from "../metrics-manager.ts";
import { InMemorySink } from "../sinks/in-memory-sink.ts";
import { ManualClock } from "../windows/manual-clock.ts";
import { readMetric, readSeries } from "./read-metric.ts";

const clock = new ManualClock();

async function filled(): Promise<InMemorySink> {
  const sink = new InMemorySink();
  const commonDimensions = { host: "h" };
  await using metrics = new MetricsManager({ sink, clock, commonDimensions });
  metrics.count("orders", 1, { country: "PT", channel: "web" });
  metrics.count("orders", 2, { country: "NO" });
  metrics.gauge("depth", 3, { queue: "a" });
  metrics.gauge("depth", 4, { queue: "b" });
  await metrics.flush();
  metrics.count("orders", 4, { country: "PT", channel: "shop" });
  metrics.count("orders", 8, { country: "PT", channel: "web" });
  return sink;
}

test("reads a plain object over all windows, by a part of the dimensions", async () => {
  expect(readMetric(await filled(), "orders", { channel: "web" })).toEqual({
    name: "orders",
    kind: "counter",
    unit: "1",
    count: 2,
    sum: 9,
    min: 1,
    max: 8,
    last: 8,
    dimensions: { host: "h", country: "PT", channel: "web" },
  });
});

test("merges the series that match, and names the dimensions that they share", async () => {
  const sink = await filled();
  expect(readMetric(sink, "orders", { country: "PT" })).toMatchObject({
    sum: 13,
    dimensions: { host: "h", country: "PT" },
  });
  expect(readMetric(sink, "orders").dimensions).toEqual({ host: "h" });
});

test("reads each series by itself", async () => {
  const sink = await filled();
  const sums = readSeries(sink, "orders", { country: "PT" }).map(({ sum, dimensions }) => [
    dimensions["channel"],
    sum,
  ]);
  expect(sums).toEqual([
    ["web", 9],
    ["shop", 4],
  ]);
  expect(readSeries(sink, "orders", { country: "SE" })).toEqual([]);
});

test("reads the open window of a manager, without a flush", () => {
  const metrics = new MetricsManager({ sink: new InMemorySink(), clock });
  metrics.count("orders", 2);
  expect(readMetric(metrics, "orders").sum).toBe(2);
  expect(() => readMetric(metrics, "order")).toThrow(/not found in the manager's open window/);
});

test("what is not found throws, and the message lists what there is", async () => {
  const sink = await filled();
  expect(() => readMetric(sink, "orders", { country: "SE" })).toThrow(
    [
      'orders {"country":"SE"} was not found in what was exported to the sink. It has these series: ',
      '  orders {"channel":"web","country":"PT","host":"h"}',
      '  orders {"country":"NO","host":"h"}',
      '  orders {"channel":"shop","country":"PT","host":"h"}',
    ].join("\n"),
  );
  expect(() => readMetric(sink, "order")).toThrow(
    /These metrics are there: \n {2}depth\n {2}orders/,
  );
  expect(() => readMetric(new InMemorySink(), "orders")).toThrow(
    /nothing at all. A sink has what was recorded before the last flush\(\)/,
  );
});

test("lists no more than a reader reads", async () => {
  const sink = new InMemorySink();
  await using metrics = new MetricsManager({ sink, clock });
  for (let id = 0; id < 30; id++) metrics.count("orders", 1, { id });
  await metrics.flush();
  expect(() => readMetric(sink, "orders", { id: 99 })).toThrow(/\{"id":"19"\}\n {2}and 10 more$/);
});

test("several series of a gauge are no level", async () => {
  const sink = await filled();
  expect(readMetric(sink, "depth", { queue: "b" }).last).toBe(4);
  expect(() => readMetric(sink, "depth")).toThrow(
    /matches 2 series of a gauge, whose levels do not add up.*\n {2}depth \{"host":"h","queue":"a"\}/,
  );
});

test("the overflow series is read as one of its own, and is marked", async () => {
  const sink = new InMemorySink();
  await using metrics = new MetricsManager({ sink, clock, maxSeriesPerMetric: 1, onError() {} });
  metrics.count("a", 1);
  metrics.count("a", 2, { x: 1 });
  await metrics.flush();
  expect(readSeries(sink, "a").map(({ sum, overflow }) => [sum, overflow])).toEqual([
    [1, undefined],
    [2, true],
  ]);
  expect(readMetric(sink, "a")).toMatchObject({ sum: 3, overflow: true });
});
