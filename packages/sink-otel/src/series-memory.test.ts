import { exampleEvents, exampleSnapshots } from "@aiokpl/sink-testkit";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  MetricReader,
} from "@opentelemetry/sdk-metrics";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { OpenTelemetryExporterSink } from "./open-telemetry-exporter-sink.ts";
import { OpenTelemetryMetricProducer } from "./open-telemetry-metric-producer.ts";
import { OpenTelemetrySink } from "./open-telemetry-sink.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;
const { signal } = new AbortController();
const onWarning = (): void => {};

/** A reader that collects when the test asks it to. */
class ManualReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

const SERIES_A_WINDOW = 10_000;

function seriesOf(window: number) {
  return Array.from({ length: SERIES_A_WINDOW }, (_, i) => ({
    name: "a",
    values: [1],
    dimensions: { id: `${window}-${i}` },
  }));
}

const ways: Record<string, () => (window: number) => Promise<number>> = {
  "exporter sink": () => {
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    const sink = new OpenTelemetryExporterSink({ exporter, onWarning });
    return async (window) => {
      exporter.reset();
      await sink.export(exampleSnapshots({ series: seriesOf(window) }), { signal });
      return totalOf(exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics));
    };
  },
  producer: () => {
    const producer = new OpenTelemetryMetricProducer({ onWarning });
    return async (window) => {
      producer.prepare(exampleSnapshots({ series: seriesOf(window) }));
      return totalOf((await producer.collect()).resourceMetrics.scopeMetrics);
    };
  },
  "meter sink": () => {
    const reader = new ManualReader();
    const meterProvider = new MeterProvider({ readers: [reader] });
    const sink = new OpenTelemetrySink({ meterProvider, onWarning });
    return async (window) => {
      for (const event of exampleEvents({ series: seriesOf(window) })) sink.record(event);
      return totalOf((await reader.collect()).resourceMetrics.scopeMetrics);
    };
  },
};

test.each(Object.entries(ways))(
  "%s: with 10,000 new series in each of 20 windows the heap is bounded and totals are exact",
  { timeout: 60_000 },
  async (_, make) => {
    const report = make();
    const heaps: number[] = [];
    for (let window = 0; window < 20; window++) {
      expect(await report(window)).toBe((window + 1) * SERIES_A_WINDOW);
      collectGarbage();
      heaps.push(process.memoryUsage().heapUsed);
    }
    // Kept for ever, a series costs 300 bytes and more: 45 MB in the last 15 windows.
    expect((heaps[19] ?? NaN) - (heaps[4] ?? NaN)).toBeLessThan(5e6);
  },
);

function totalOf(
  scopes: readonly {
    readonly metrics: readonly {
      readonly dataPoints: readonly { readonly value: unknown }[];
    }[];
  }[],
): number {
  const points = scopes.flatMap(({ metrics }) => metrics).flatMap(({ dataPoints }) => dataPoints);
  expect(points.length).toBeLessThanOrEqual(2_000);
  return points.reduce((sum, { value }) => sum + Number(value), 0);
}
