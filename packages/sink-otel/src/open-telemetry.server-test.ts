import { MetricsManager } from "@aiokpl/metrics-core";
import { PrometheusExporter } from "@opentelemetry/exporter-prometheus";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import { expect, test } from "vitest";
import { OpenTelemetryMetricProducer } from "./open-telemetry-metric-producer.ts";
import { OpenTelemetrySink } from "./open-telemetry-sink.ts";
import { checkMetrics, freePort, startPrometheus } from "./testing/prometheus.ts";

const jobs = ["producer", "meter"] as const;
const boundaries = [1, 2, 4, 8, 16, 32, 64, 128];

test("Prometheus has every number of both, through hundreds of scrapes without a reset", async () => {
  const host = "127.0.0.1";
  const ports = { producer: await freePort(), meter: await freePort() };
  const producer = new OpenTelemetryMetricProducer({
    explicitBucketBoundaries: boundaries,
  });
  const readers = {
    producer: new PrometheusExporter({ host, port: ports.producer, metricProducers: [producer] }),
    meter: new PrometheusExporter({ host, port: ports.meter }),
  };
  const providers = {
    producer: new MeterProvider({ readers: [readers.producer] }),
    meter: new MeterProvider({ readers: [readers.meter] }),
  };
  const metrics = new MetricsManager({
    sink: [
      producer,
      new OpenTelemetrySink({
        meterProvider: providers.meter,
        explicitBucketBoundaries: boundaries,
      }),
    ],
    exportIntervalMs: 1_000,
    onError: (error) => {
      throw error;
    },
    metrics: {
      orders: { kind: "counter", description: "Orders." },
      depth: { kind: "gauge", description: "Depth." },
      latency: { kind: "distribution", unit: "ms", description: "Latency." },
    },
  });
  await metrics.start();
  await using prometheus = await startPrometheus(
    { producer: `${host}:${ports.producer}`, meter: `${host}:${ports.meter}` },
    50,
  );
  const latencies: number[] = [];
  let orders = 0;
  const record = (): void => {
    metrics.put("orders", 2, { route: "/" });
    orders += 2;
    const latency = 2 ** (((latencies.length * 7_919) % 7_000) / 1_000);
    latencies.push(latency);
    metrics.put("latency", latency);
    metrics.put("depth", latencies.length);
  };
  /** How many scrapes of each succeeded; on a busy machine one may take longer than its 50 ms. */
  const scrapesOf = async (): Promise<readonly number[]> => {
    const counts = await prometheus.query("sum_over_time(up[10m])");
    return jobs.map((job) => counts.find(({ metric }) => metric["job"] === job)?.value ?? 0);
  };
  // Until both were scraped some hundred times, each at a moment of its own between the puts.
  const deadline = Date.now() + 60_000;
  while ((await scrapesOf()).some((count) => count < 250) && Date.now() < deadline)
    for (let i = 0; i < 20; i++) {
      record();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  await metrics.close();
  const before = await scrapesOf();
  while ((await scrapesOf()).some((count, i) => count < (before[i] ?? 0) + 2))
    await new Promise((resolve) => setTimeout(resolve, 50));

  for (const job of jobs) {
    const of = async (query: string): Promise<readonly number[]> =>
      (await prometheus.query(query)).map(({ value }) => value);
    expect(await of(`sum_over_time(up{job="${job}"}[10m])`)).toEqual([
      expect.toSatisfy((n: number) => n >= 200),
    ]);
    expect(await of(`orders_total{job="${job}",route="/"}`)).toEqual([orders]);
    expect(await of(`depth{job="${job}"}`)).toEqual([latencies.length]);
    expect(await of(`resets(orders_total{job="${job}"}[10m])`)).toEqual([0]);
    const [named] = await prometheus.query(`{__name__=~"latency.*_count",job="${job}"}`);
    const latency = named?.metric["__name__"]?.replace(/_count$/, "");
    for (const part of ["bucket", "count", "sum"]) {
      const resets = await of(`resets(${latency}_${part}{job="${job}"}[10m])`);
      expect(resets.length).toBe(part === "bucket" ? boundaries.length + 1 : 1);
      expect(new Set(resets)).toEqual(new Set([0]));
    }
    expect(await of(`${latency}_count{job="${job}"}`)).toEqual([latencies.length]);
    const [sum = NaN] = await of(`${latency}_sum{job="${job}"}`);
    expect(sum / latencies.reduce((a, b) => a + b)).toBeCloseTo(1, 9);
    const sorted = latencies.toSorted((a, b) => a - b);
    for (const q of [0.5, 0.9, 0.99]) {
      const [estimate = NaN] = await of(
        `histogram_quantile(${q}, ${latency}_bucket{job="${job}"})`,
      );
      const exact = sorted[Math.ceil(q * sorted.length) - 1] ?? NaN;
      // A bucket is twice as wide as it begins.
      expect(estimate / exact).toBeGreaterThan(0.5);
      expect(estimate / exact).toBeLessThan(2);
    }
  }
  for (const port of Object.values(ports)) {
    const exposition = await (await fetch(`http://${host}:${port}/metrics`)).text();
    expect(exposition).toContain("orders_total");
    expect(await checkMetrics(exposition)).toBe("");
  }
  for (const provider of Object.values(providers)) await provider.shutdown();
});
