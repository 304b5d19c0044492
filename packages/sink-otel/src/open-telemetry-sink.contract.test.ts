import { describeSinkContract } from "@aiokpl/sink-testkit";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import { describe, it } from "vitest";
import { OpenTelemetryMetricProducer } from "./open-telemetry-metric-producer.ts";
import { OpenTelemetrySink } from "./open-telemetry-sink.ts";

interface Sdk {
  readonly provider: MeterProvider;
  readonly exporter: InMemoryMetricExporter;
}

const sdks = new WeakMap<object, Sdk>();

function newSdk(): Sdk {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({
    exporter,
    exportIntervalMillis: 3_600_000,
    cardinalityLimits: { default: 100_000 },
  });
  return { exporter, provider: new MeterProvider({ readers: [reader] }) };
}

describeSinkContract({
  describe,
  it,
  name: "OpenTelemetrySink",
  acknowledges: false,
  create: () => {
    const sdk = newSdk();
    const sink = new OpenTelemetrySink({
      meterProvider: sdk.provider,
      namespace: "",
      maxSeriesPerMetric: 100_000,
      onWarning: () => {},
    });
    sdks.set(sink, sdk);
    return sink;
  },
  received: async ({ sink }) => {
    const { provider, exporter } = sdks.get(sink) ?? newSdk();
    await provider.forceFlush();
    return (exporter.getMetrics().at(-1)?.scopeMetrics ?? [])
      .flatMap(({ metrics }) => metrics)
      .flatMap(({ descriptor: { name }, dataPoints }) =>
        dataPoints.map(({ value, attributes }) => ({
          name,
          dimensions: attributes as Record<string, string>,
          ...(typeof value === "number" ? { sum: value, last: value } : { count: value.count }),
        })),
      );
  },
  keeps: { counter: ["sum"], gauge: ["last"], distribution: [], dimensions: true },
  createInjected: () => {
    const { provider } = newSdk();
    let isOpen = true;
    const shutdown = provider.shutdown.bind(provider);
    provider.shutdown = () => {
      isOpen = false;
      return shutdown();
    };
    return {
      sink: new OpenTelemetrySink({ meterProvider: provider }),
      isOpen: () => isOpen,
      dispose: shutdown,
    };
  },
});

describeSinkContract({
  describe,
  it,
  name: "OpenTelemetryMetricProducer",
  create: () => new OpenTelemetryMetricProducer({ onWarning: () => {} }),
  timesPrepared: () => 0,
  skip: {
    "prepares deltas that conserve count and sum":
      "what it folds in is collected by a reader, and only what is refused goes on; its own tests compare the totals",
  },
});
