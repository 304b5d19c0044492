import { defineMetrics, MetricsManager } from "@aiokpl/metrics-core";
import { expect, test } from "vitest";
import { PrometheusSink } from "./prometheus-sink.ts";
import type { PrometheusSinkOptions } from "./prometheus-sink-options.ts";
import {
  checkMetrics,
  pause,
  type Prometheus,
  startPrometheus,
  until,
} from "./testing/prometheus.ts";

const NATIVE = ["scrape_native_histograms: true", "always_scrape_classic_histograms: true"];
const START_TIMES = "--enable-feature=created-timestamp-zero-ingestion";

const catalogue = defineMetrics({
  orders: { kind: "counter", description: "Orders." },
  depth: { kind: "gauge", description: "Waiting jobs." },
  latency: { kind: "distribution", unit: "s", description: "Time to answer." },
});

async function startProgram(options: PrometheusSinkOptions = {}) {
  const sink = new PrometheusSink({ port: 0, lastScrapeMs: 30_000, ...options });
  const errors: Error[] = [];
  const metrics = new MetricsManager({
    sink,
    exportIntervalMs: 1_000,
    metrics: catalogue,
    onError: (error) => errors.push(error),
  });
  await metrics.start();
  const target = `127.0.0.1:${sink.port}`;
  return { sink, metrics, errors, target, url: `http://${target}/metrics` };
}

/** How many scrapes of a job succeeded. */
async function scrapesOf(prometheus: Prometheus, job: string): Promise<number> {
  return (await prometheus.value(`sum_over_time(up{job="${job}"}[10m])`)) ?? 0;
}

/** Values on a smooth curve over three orders of magnitude. */
const latencyOf = (i: number): number => 2 ** (((i * 7_919) % 10_000) / 1_000) / 1_000;

test("Prometheus has every number, as text and as protobuf, while windows are closed", async () => {
  const { metrics, target, url, errors } = await startProgram();
  await using prometheus = await startPrometheus(
    { text: { targets: [target] }, native: { targets: [target], settings: NATIVE } },
    100,
  );
  const latencies: number[] = [];
  let orders = 0;
  // Until both have scraped some hundred times, each at a moment of its own between the puts.
  await until(async () => {
    for (let i = 0; i < 20; i++) {
      metrics.put("orders", 2, { route: "/" });
      orders += 2;
      latencies.push(latencyOf(latencies.length));
      metrics.put("latency", latencies.at(-1) ?? NaN);
      metrics.put("depth", latencies.length);
      await pause(2);
    }
    const counts = await Promise.all(["text", "native"].map((job) => scrapesOf(prometheus, job)));
    return counts.every((count) => count >= 100);
  });
  const page = await (await fetch(url)).text();
  await metrics.close({ timeoutMs: 60_000 });
  expect(errors).toEqual([]);
  expect(await checkMetrics(page)).toBe("");

  const sorted = latencies.toSorted((a, b) => a - b);
  for (const job of ["text", "native"]) {
    const value = (query: string) => prometheus.value(query.replaceAll("$", `job="${job}"`));
    expect(await value('last_over_time(orders_total{$,route="/"}[10m])')).toBe(orders);
    expect(await value("last_over_time(depth{$}[10m])")).toBe(latencies.length);
    expect(await value("max(resets(orders_total{$}[10m]))")).toBe(0);
    expect(await value("max(resets(latency_seconds_bucket{$}[10m]))")).toBe(0);
    expect(await value("last_over_time(latency_seconds_count{$}[10m])")).toBe(latencies.length);
    const buckets = await prometheus.query(
      `last_over_time(latency_seconds_bucket{job="${job}"}[10m])`,
    );
    expect(buckets.length).toBeGreaterThan(15);
    for (const { metric, value: count } of buckets) {
      const bound = Number(metric["le"]?.replace("+Inf", "Infinity"));
      expect(count).toBe(latencies.filter((each) => each <= bound).length);
    }
  }
  const native = 'last_over_time(latency_seconds{job="native"}[10m])';
  expect(await prometheus.value(`histogram_count(${native})`)).toBe(latencies.length);
  const sum = (await prometheus.value(`histogram_sum(${native})`)) ?? NaN;
  expect(sum / latencies.reduce((a, b) => a + b)).toBeCloseTo(1, 9);
  for (const q of [0.1, 0.5, 0.9, 0.99]) {
    const estimate = (await prometheus.value(`histogram_quantile(${q}, ${native})`)) ?? NaN;
    const exact = sorted[Math.ceil(q * sorted.length) - 1] ?? NaN;
    // A bucket of schema 3, which three orders of magnitude need, is 9.1 % wide.
    expect(Math.abs(estimate / exact - 1)).toBeLessThan(0.091);
  }
  const under = latencies.filter((each) => each <= 0.3).length / latencies.length;
  const fraction = await prometheus.value(`histogram_fraction(-Inf, 0.3, ${native})`);
  expect(fraction).toBeCloseTo(under, 1);
});

test("of ten instances with different data, quantiles over all are right within a bucket", async () => {
  const programs = await Promise.all(Array.from({ length: 10 }, () => startProgram()));
  await using prometheus = await startPrometheus(
    { all: { targets: programs.map(({ target }) => target), settings: NATIVE } },
    200,
  );
  const all: number[] = [];
  for (const [i, { metrics }] of programs.entries())
    for (let n = 0; n < 200; n++) {
      // Each instance has values of another magnitude.
      const value = 2 ** (i - 5) * (1 + ((n * 7) % 100) / 100);
      all.push(value);
      metrics.put("latency", value);
    }
  await Promise.all(programs.map(({ metrics }) => metrics.close({ timeoutMs: 60_000 })));
  const sorted = all.toSorted((a, b) => a - b);
  const classic = "sum by (le) (last_over_time(latency_seconds_bucket[10m]))";
  const native = "sum(last_over_time(latency_seconds[10m]))";
  expect(await prometheus.value(`histogram_count(${native})`)).toBe(all.length);
  for (const q of [0.25, 0.5, 0.95]) {
    const exact = sorted[Math.ceil(q * sorted.length) - 1] ?? NaN;
    const classicEstimate = (await prometheus.value(`histogram_quantile(${q}, ${classic})`)) ?? NaN;
    expect(classicEstimate / exact).toBeGreaterThan(0.5);
    expect(classicEstimate / exact).toBeLessThan(2);
    const estimate = (await prometheus.value(`histogram_quantile(${q}, ${native})`)) ?? NaN;
    expect(Math.abs(estimate / exact - 1)).toBeLessThan(0.19);
  }
});

test.each([
  ["without start times", []],
  ["with start times", [START_TIMES]],
])("a restart is a reset, and nothing is counted twice, %s", async (_, flags) => {
  const first = await startProgram();
  await using prometheus = await startPrometheus(
    { shop: { targets: [first.target], settings: NATIVE } },
    100,
    flags,
  );
  first.metrics.put("orders", 5, { route: "/" });
  first.metrics.put("latency", 0.5);
  await until(async () => (await prometheus.value("orders_total")) === 5);
  first.metrics.put("orders", 2, { route: "/" });
  await first.metrics.close({ timeoutMs: 60_000 });
  const second = await startProgram({ port: Number(first.target.split(":")[1]) });
  second.metrics.put("orders", 3, { route: "/" });
  await until(async () => (await prometheus.value("orders_total")) === 3);
  expect(await prometheus.value("max_over_time(orders_total[10m])")).toBe(7);
  const resets = (await prometheus.value("resets(orders_total[10m])")) ?? NaN;
  expect(resets).toBeGreaterThanOrEqual(1);
  // With start times Prometheus knows that both began at 0, and so sees each observation.
  if (flags.length > 0) expect(await prometheus.value("min_over_time(orders_total[10m])")).toBe(0);
  await second.metrics.close({ timeoutMs: 60_000 });
});
