import { ConsoleSink, InMemorySink, NullSink } from "@aiokpl/metrics-core";
import type { MetricSnapshot } from "@aiokpl/metrics-core";
import { describe, it } from "vitest";
import { describeSinkContract } from "./index.ts";
import type { Kept } from "./index.ts";

const all: readonly Kept[] = ["count", "sum", "min", "max", "last"];
const keeps = { counter: all, gauge: all, distribution: all, dimensions: true };

describeSinkContract({ describe, it, name: "NullSink", create: () => new NullSink() });

describeSinkContract({
  describe,
  it,
  name: "InMemorySink",
  create: () => new InMemorySink(),
  received: ({ sink }) => sink.allSnapshots,
  keeps,
});

describeSinkContract({
  describe,
  it,
  name: "ConsoleSink",
  create: () => new ConsoleSink({ format: "json" }),
  received: ({ written }) => written.map((line) => JSON.parse(line) as MetricSnapshot),
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
