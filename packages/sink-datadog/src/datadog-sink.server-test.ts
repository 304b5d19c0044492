import { InMemorySink, MetricsManager } from "@aiokpl/metrics-core";
import { ManualClock } from "@aiokpl/metrics-core/testing";
import { expect, test } from "vitest";
import { DatadogSink } from "./datadog-sink.ts";
import { startVictoriaMetrics } from "./testing/victoria-metrics.ts";

const MINUTE_MS = 60_000;

test.each(["gzip", "deflate"] as const)(
  "VictoriaMetrics has every value, tag and second of 300 series over three windows, by %s",
  { timeout: 60_000 },
  async (contentEncoding) => {
    await using server = await startVictoriaMetrics();
    const kept = new InMemorySink();
    const start = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS - 10 * MINUTE_MS;
    const clock = new ManualClock(start);
    const sink = new DatadogSink({
      apiKey: "0123456789abcdef0123456789abcdef",
      baseUrl: `${server.url}/datadog`,
      namespace: "shop",
      host: "web-1",
      tags: { env: "prod" },
      contentEncoding,
      maxBatchPoints: 100,
      percentiles: [0.95],
    });
    const metrics = new MetricsManager({
      clock,
      sink: [sink, kept],
      metrics: {
        orders: { kind: "counter" },
        // Not held, so that it is not in the window that close() ends.
        depth: { kind: "gauge", holdMs: 0 },
        latency: { kind: "distribution" },
      },
      exportIntervalMs: 0,
      onError: (error) => {
        throw error;
      },
    });
    for (let window = 0; window < 3; window++) {
      for (let i = 0; i < 100; i++) {
        // Not 0: a zero is not sent without a tag of the process.
        metrics.count("orders", 1 + i + window / 8, { route: `/${i}` });
        metrics.gauge("depth", i - 50.5, { route: `/${i}` });
        for (let j = 0; j < 5; j++)
          metrics.distribution("latency", i + j + window, { route: `/${i}` });
      }
      await clock.advance(MINUTE_MS);
      expect(await metrics.flush()).toMatchObject({ ok: true, delivered: 600 });
    }
    await metrics.close();

    const found = new Map<string, number>();
    for (const { metric, values, timestamps } of await server.export()) {
      const { __name__, route, host, env, ...others } = metric;
      expect([host, env, others]).toEqual(["web-1", "prod", {}]);
      for (const [i, value] of values.entries())
        found.set(`${__name__} ${route} ${timestamps[i]}`, value);
    }
    const expected = new Map<string, number>();
    for (const {
      name,
      kind,
      count,
      sum,
      min,
      max,
      last,
      dimensions,
      windowStart,
      windowEnd,
    } of kept.allSnapshots) {
      const stamp = kind === "gauge" ? windowEnd - 1_000 : windowStart;
      const is = (suffix: string, value: number) =>
        expected.set(`shop.${name}${suffix} ${dimensions[0]?.[1]} ${stamp}`, value);
      if (kind === "counter") is("", sum);
      else if (kind === "gauge") is("", last);
      else {
        is(".count", count);
        is(".sum", sum);
        is(".min", min);
        is(".max", max);
        is(".95percentile", max);
      }
    }
    expect(expected.size).toBe(3 * 100 * 7);
    expect(found).toEqual(expected);
  },
);

test("VictoriaMetrics has a level that was moved once and a counter that says 0 in each window, until the level is forgotten", async () => {
  await using server = await startVictoriaMetrics();
  const start = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS - 20 * MINUTE_MS;
  const clock = new ManualClock(start);
  const metrics = new MetricsManager({
    clock,
    sink: new DatadogSink({
      apiKey: "0123456789abcdef0123456789abcdef",
      baseUrl: `${server.url}/datadog`,
      // Without a tag of the process, another one's count would be overwritten by the 0.
      instance: "a",
    }),
    exportIntervalMs: 0,
    onError: (error) => {
      throw error;
    },
    metrics: {
      in_flight: { kind: "gauge" },
      failures: { kind: "counter", quiet: "zero", dimensions: [] },
    },
  });
  metrics.add("in_flight", 7);
  metrics.count("failures", 2);
  for (let window = 0; window < 12; window++) {
    if (window === 10) {
      metrics.count("failures", 5);
      expect(metrics.forget("in_flight")).toBe(1);
    }
    await clock.advance(MINUTE_MS);
    expect(await metrics.flush()).toMatchObject({ ok: true });
  }
  await metrics.close();
  const stored = await server.export();
  const valuesOf = (name: string): readonly number[] =>
    stored.find(({ metric }) => metric["__name__"] === name)?.values ?? [];
  expect(valuesOf("in_flight")).toEqual(Array(10).fill(7));
  // The last window is the one that close() ends.
  expect(valuesOf("failures")).toEqual([2, ...Array(9).fill(0), 5, 0, 0]);
});
