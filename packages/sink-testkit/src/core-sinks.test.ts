import { ConsoleSink, InMemorySink, NullSink } from "@aiokpl/metrics-core";
import type { MetricSnapshot } from "@aiokpl/metrics-core";
import { describe, it } from "vitest";
import { describeSinkContract } from "./index.ts";
import type { Kept, ReceivedPoint } from "./index.ts";

const all: readonly Kept[] = ["count", "sum", "min", "max", "last"];
const keeps = { counter: all, gauge: all, distribution: all, dimensions: true, thresholds: true };

function pointOf(snapshot: MetricSnapshot): ReceivedPoint {
  const { bounds = [], counts = [] } = snapshot.thresholds ?? {};
  const atOrUnder = (bound: number): number =>
    counts.reduce((sum, count, i) => sum + ((bounds[i] ?? Infinity) <= bound ? count : 0), 0);
  return { ...snapshot, atOrUnder };
}

describeSinkContract({ describe, it, name: "NullSink", create: () => new NullSink() });

describeSinkContract({
  describe,
  it,
  name: "InMemorySink",
  create: () => new InMemorySink(),
  received: ({ sink }) => sink.allSnapshots.map(pointOf),
  keeps,
});

describeSinkContract({
  describe,
  it,
  name: "ConsoleSink",
  create: () => new ConsoleSink({ format: "json" }),
  received: ({ written }) => written.map((line) => pointOf(JSON.parse(line) as MetricSnapshot)),
  keeps,
  writesToConsole: true,
});

describeSinkContract({
  describe,
  it,
  name: "ConsoleSink with tables",
  create: () => new ConsoleSink(),
  writesToConsole: true,
});
