import { defineMetrics, MetricsManager } from "@aiokpl/metrics-core";
import type { Contender, Row } from "./row.ts";
import { atMostTimes, timesLess } from "./target.ts";
import { timedLoop } from "./timed-loop.ts";
import { CYCLE, SERIES, shards, streams } from "./workload.ts";

const catalogue = defineMetrics({ requests: { kind: "counter", unit: "{request}" } });

/** The instrument itself, called as its documentation shows. */
const direct: Contender = async (settings) => {
  const { otelMeter } = await import("./otel-meter.ts");
  const { meter, totals } = otelMeter();
  const counter = meter.createCounter("requests");
  return timedLoop(settings, {
    cycleSum: CYCLE,
    run(operations) {
      for (let i = 0; i < operations; i++)
        counter.add(1, { stream: streams[i & 7], shard: shards[(i >> 3) & 7] });
    },
    totals,
  });
};

/** Each observation goes to the instrument. */
const meterSink: Contender = async (settings) => {
  const { OpenTelemetrySink } = await import("@aiokpl/sink-otel");
  const { otelMeter } = await import("./otel-meter.ts");
  const { meter, totals } = otelMeter();
  const metrics = new MetricsManager({
    sink: new OpenTelemetrySink({ meter }),
    metrics: catalogue,
    exportIntervalMs: 0,
  });
  return timedLoop(settings, {
    cycleSum: CYCLE,
    run(operations) {
      for (let i = 0; i < operations; i++)
        metrics.put("requests", 1, { stream: streams[i & 7], shard: shards[(i >> 3) & 7] });
    },
    totals,
  });
};

/** Windows go to an exporter, here to one that only keeps them. */
const exporterSink: Contender = async (settings) => {
  const { OpenTelemetryExporterSink } = await import("@aiokpl/sink-otel");
  const { AggregationTemporality, InMemoryMetricExporter } =
    await import("@opentelemetry/sdk-metrics");
  const { totalsOf } = await import("./otel-meter.ts");
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const metrics = new MetricsManager({
    sink: new OpenTelemetryExporterSink({ exporter }),
    metrics: catalogue,
    exportIntervalMs: 0,
  });
  return timedLoop(settings, {
    cycleSum: CYCLE,
    run(operations) {
      for (let i = 0; i < operations; i++)
        metrics.put("requests", 1, { stream: streams[i & 7], shard: shards[(i >> 3) & 7] });
    },
    async totals() {
      await metrics.flush();
      const resourceMetrics = exporter.getMetrics().at(-1);
      if (resourceMetrics === undefined) return { sum: 0, series: 0 };
      exporter.reset();
      return totalsOf({ resourceMetrics, errors: [] });
    },
  });
};

export const openTelemetry: Row = {
  number: 10,
  title: `OpenTelemetry sinks, two dimensions, ${SERIES} series`,
  contenders: { "meter sink": meterSink, "exporter sink": exporterSink, direct },
  workloads: [
    {
      name: "put into OpenTelemetrySink",
      measure: "ns",
      unit: "ns",
      ours: "meter sink",
      against: [{ peer: "direct", target: atMostTimes(1.25) }],
    },
    {
      name: "put with OpenTelemetryExporterSink",
      measure: "ns",
      unit: "ns",
      ours: "exporter sink",
      against: [{ peer: "direct", target: timesLess(10) }],
    },
  ],
};
