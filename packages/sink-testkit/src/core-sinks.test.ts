import { ConsoleSink, InMemorySink, NullSink, withView } from "@aiokpl/metrics-core";
import type { EventfulMetricsSink, MetricSnapshot, ViewRule } from "@aiokpl/metrics-core";
import { MergedSeries } from "@aiokpl/metrics-core/sink";
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

/** A view that drops, renames and merges what the clauses give. */
const rules: readonly ViewRule[] = [
  { match: "requests", rename: "http.requests", dropDimensions: ["shard"] },
  { match: "one_*", keepDimensions: [] },
  { match: "one?name", rename: "one.name" },
  { match: "awkward", dropDimensions: ["stream"] },
  { match: "many_pending", rename: "many.pending" },
];

describeSinkContract({
  describe,
  it,
  name: "InMemorySink behind a view",
  create: () => {
    const memory = new InMemorySink();
    return Object.assign(withView(memory, rules), { memory });
  },
  received: ({ sink }) => sink.memory.allSnapshots.map(pointOf),
  keeps,
});

/** A sink that delivers what it is given by `record` or `bind`, and keeps a merge of its own until the last part. */
function eventfulSink(): EventfulMetricsSink {
  const merged = new MergedSeries();
  return {
    name: "eventful",
    record() {},
    bind: () => () => {},
    prepare(window, { last }) {
      for (const snapshot of window) merged.add(snapshot);
      return last ? merged.take() : [];
    },
    export: async () => {},
  };
}

describeSinkContract({
  describe,
  it,
  name: "an eventful sink with roll-ups behind two views",
  create: () => withView(withView(eventfulSink(), rules), [{ match: "http.*", rename: "http" }]),
});
