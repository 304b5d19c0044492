// Never run: `tsc --noEmit` compiles it, and fails where an expected error does not come.
import { expectTypeOf } from "vitest";
import type { MetricsManager } from "../metrics-manager.ts";
import type { MetricsSink } from "../contract/metrics-sink.ts";
import { defineMetrics } from "../catalogues/define-metrics.ts";
import { InMemorySink } from "../sinks/in-memory-sink.ts";
import type { MetricReading } from "./metric-reading.ts";
import { readMetric, readSeries } from "./read-metric.ts";

const catalogue = defineMetrics({
  Sent: { kind: "counter", dimensions: ["stream", "shard?"] },
  Heap: { kind: "gauge" },
});

const sink = new InMemorySink<typeof catalogue>();
declare const metrics: MetricsManager<typeof catalogue>;
declare const open: MetricsManager;

export const asSink: MetricsSink = sink;

// A part of the dimensions is enough, and an open metric takes any.
expectTypeOf(readMetric(sink, "Sent", { shard: "1" })).toEqualTypeOf<MetricReading>();
readMetric(metrics, "Sent");
readSeries(metrics, "Heap", { anything: 1 });
sink.read("Sent", { stream: "a" });
sink.byName("Heap", { anything: 1 });

// Without a catalogue any name and dimensions can be read.
readMetric(new InMemorySink(), "whatever", { anything: true });
readMetric(open, "whatever", { anything: true });
new InMemorySink().read("whatever", { anything: true });

// @ts-expect-error no such metric
readMetric(sink, "Send");
// @ts-expect-error no such metric
readMetric(metrics, "Send");
// @ts-expect-error no such dimension
readMetric(sink, "Sent", { shart: "1" });
// @ts-expect-error no such dimension
readSeries(metrics, "Sent", { shart: "1" });
// @ts-expect-error no such metric
sink.read("Send");
// @ts-expect-error no such dimension
sink.byName("Sent", { shart: "1" });
