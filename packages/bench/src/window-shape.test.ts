import { InMemorySink, MetricsManager } from "@aiokpl/metrics-core";
import { expect, test } from "vitest";
import { fill, fullDistributions } from "./window-shape.ts";

test("a full distribution has as many buckets as a histogram has at most, each with one value", async () => {
  const sink = new InMemorySink();
  const metrics = new MetricsManager({ sink, exportIntervalMs: 0 });
  fill(
    { ...fullDistributions, seriesShort: 1 },
    { short: true, sabotage: false },
    (_s, _h, value) => metrics.distribution("latency", value),
  );
  await metrics.close();
  const [snapshot] = sink.allSnapshots;
  expect(snapshot?.histogram?.positive.bucketCounts).toEqual(Array.from({ length: 160 }, () => 1));
});
