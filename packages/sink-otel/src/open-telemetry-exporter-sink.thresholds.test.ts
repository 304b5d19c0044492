import { type ExponentialHistogram, MetricsManager, quantile } from "@aiokpl/metrics-core";
import { exampleSnapshots, startIntakeServer } from "@aiokpl/sink-testkit";
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-proto";
import { AggregationType } from "@opentelemetry/sdk-metrics";
import { expect, test } from "vitest";
import type { MetricExporter } from "./exporter/metric-exporter.ts";
import type { MetricData, ResourceMetrics } from "./metric-data/sdk-data.ts";
import { OpenTelemetryExporterSink, type OpenTelemetryExporterSinkOptions } from "./index.ts";
import { decoded, fakeOtlp, metricsOf, pointsOf } from "./testing/otlp.ts";

const { signal } = new AbortController();

/** An exporter that keeps what it is given, and what it asks for. */
function exporterAsking(
  aggregation?: ReturnType<NonNullable<MetricExporter["selectAggregation"]>>,
) {
  const taken: ResourceMetrics[] = [];
  const exporter: MetricExporter = {
    export(metrics, callback) {
      // As the sink may fill the same arrays again.
      taken.push(structuredClone({ ...metrics, resource: undefined }) as never);
      callback({ code: 0 });
    },
    forceFlush: async () => {},
    shutdown: async () => {},
    ...(aggregation === undefined ? undefined : { selectAggregation: () => aggregation }),
  };
  return { exporter, taken };
}

function metricsIn(taken: readonly ResourceMetrics[], name: string): readonly MetricData[] {
  return taken
    .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics))
    .filter(({ descriptor }) => descriptor.name === name);
}

function bucketsIn(taken: readonly ResourceMetrics[], name: string): readonly unknown[] {
  return metricsIn(taken, name).flatMap((metric) =>
    metric.dataPointType === 0 ? metric.dataPoints.map(({ value }) => value.buckets) : [undefined],
  );
}

/** Windows of a minute, one after the other, each exported by itself. */
async function exported(
  options: OpenTelemetryExporterSinkOptions,
  windows: readonly { values: readonly number[]; thresholds?: readonly number[] }[],
): Promise<void> {
  const sink = new OpenTelemetryExporterSink({ namespace: "", ...options });
  const start = Math.floor(Date.now() / 60_000) * 60_000 - 600_000;
  for (const [i, { values, thresholds }] of windows.entries()) {
    const window = exampleSnapshots({
      series: [
        { name: "latency", kind: "distribution", values, thresholds },
        { name: "size", kind: "distribution", values },
      ],
      windowStart: start + i * 60_000,
    });
    await sink.export(window, { signal });
  }
  await sink.close({ signal });
}

test.each(["delta", "cumulative"] as const)(
  "with boundaries, %s, a metric with thresholds has those instead, and counts are exact",
  async (temporality) => {
    const { exporter, taken } = exporterAsking();
    const window = { values: [100, 100.01, 300, 300.01, 5_000], thresholds: [100, 300] };
    await exported({ exporter, temporality, explicitBucketBoundaries: [10, 1_000] }, [window]);
    expect(bucketsIn(taken, "latency")).toEqual([{ boundaries: [100, 300], counts: [1, 2, 2] }]);
    expect(bucketsIn(taken, "size")).toEqual([{ boundaries: [10, 1_000], counts: [0, 4, 1] }]);
  },
);

test("an exporter that asks for explicit buckets gets them where a metric has thresholds", async () => {
  const type = AggregationType.EXPLICIT_BUCKET_HISTOGRAM;
  const windows = [{ values: [100, 101], thresholds: [100] }];
  const own = exporterAsking({ type });
  await exported({ exporter: own.exporter }, windows);
  expect(bucketsIn(own.taken, "latency")).toEqual([{ boundaries: [100], counts: [1, 1] }]);
  expect(metricsIn(own.taken, "size")).toMatchObject([{ dataPointType: 1 }]);

  const options = { boundaries: [200, 50] };
  const with50 = exporterAsking({ type, options } as { type: number });
  await exported({ exporter: () => with50.exporter }, windows);
  expect(bucketsIn(with50.taken, "latency")).toEqual([{ boundaries: [100], counts: [1, 1] }]);
  expect(bucketsIn(with50.taken, "size")).toEqual([{ boundaries: [50, 200], counts: [0, 2, 0] }]);

  for (const other of [undefined, { type: 0 }, { type: AggregationType.EXPONENTIAL_HISTOGRAM }]) {
    const { exporter, taken } = exporterAsking(other);
    await exported({ exporter }, windows);
    expect(metricsIn(taken, "latency")).toMatchObject([{ dataPointType: 1 }]);
  }
});

test("a total keeps the bounds of its first window, and a delta that lacks one is placed by its histogram", async () => {
  const { exporter, taken } = exporterAsking({ type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM });
  await exported({ exporter, temporality: "cumulative" }, [
    { values: [1, 2, 300], thresholds: [1, 256] },
    { values: [1, 2, 300], thresholds: [256] },
    { values: [0.9, 300] },
    { values: [1], thresholds: [1, 50, 256] },
  ]);
  expect(bucketsIn(taken, "latency").at(-1)).toEqual({ boundaries: [1, 256], counts: [4, 2, 3] });
  const boundaries = bucketsIn(taken, "latency").map((each) => (each as MetricBuckets).boundaries);
  expect(boundaries).toEqual(Array.from({ length: 4 }, () => [1, 256]));
});

interface MetricBuckets {
  readonly boundaries: readonly number[];
}

test.each(["delta", "cumulative"] as const)(
  "1,024 buckets arrive: percentiles at the receiver are within 1.1 % over nine orders of magnitude, %s",
  async (temporality) => {
    await using server = await startIntakeServer({ script: fakeOtlp });
    const metrics = new MetricsManager({
      sink: new OpenTelemetryExporterSink({
        exporter: () => new OTLPMetricExporter({ url: `${server.url}/v1/metrics` }),
        temporality,
      }),
      metrics: { wide: { kind: "distribution", maxBuckets: 1_024 } },
      exportIntervalMs: 0,
    });
    const values = Array.from(
      { length: 20_000 },
      (_, i) => 10 ** ((((i * 7_919) % 20_000) / 20_000) * 9),
    );
    // The first window is narrow, so that the total must grow.
    for (const value of values.filter((each) => each < 100)) metrics.put("wide", value);
    await metrics.flush();
    for (const value of values.filter((each) => each >= 100)) metrics.put("wide", value);
    await metrics.flush();
    await metrics.close();
    const points = server.requests.flatMap((request) =>
      metricsOf(decoded(request)).flatMap((metric) => pointsOf(metric)),
    );
    const { count, sum = 0, min = 0, max = 0, scale, zeroCount, positive } = points[1] ?? {};
    const histogram = {
      scale,
      zeroCount: Number(zeroCount ?? 0),
      negative: { offset: 0, bucketCounts: [] },
      positive: {
        offset: positive?.offset ?? 0,
        bucketCounts: (positive?.bucketCounts ?? []).map(Number),
      },
    } as ExponentialHistogram;
    expect(histogram.positive.bucketCounts.length).toBeGreaterThan(700);
    const [example] = exampleSnapshots();
    if (example === undefined) throw new Error("no example");
    const received = { ...example, count: Number(count), sum, min, max, histogram };
    const sorted = values
      .filter((each) => temporality === "cumulative" || each >= 100)
      .sort((a, b) => a - b);
    for (let permille = 1; permille < 1_000; permille++) {
      const exact = sorted[Math.ceil((permille / 1_000) * sorted.length) - 1] ?? NaN;
      expect(Math.abs((quantile(received, permille / 1_000) ?? NaN) / exact - 1)).toBeLessThan(
        0.011,
      );
    }
  },
);
