import { defineMetrics, MetricsManager } from "@aiokpl/metrics-core";
import { longestGap } from "./longest-gap.ts";
import { mainThreadMs } from "./main-thread-time.ts";
import { forEachSeries } from "./many-series.ts";
import type { Contender, Row, Settings } from "./row.ts";
import { atMost, atMostTimes } from "./target.ts";
import { checkTotals, WorkNotDone } from "./totals.ts";

const catalogue = defineMetrics({
  requests: { kind: "counter", unit: "{request}", description: "Requests." },
  latency: { kind: "distribution", unit: "ms", description: "Latency in milliseconds." },
});

type Kind = "counters" | "histograms";

const SERIES: Readonly<Record<Kind, number>> = { counters: 100_000, histograms: 10_000 };

/** Values of each histogram, of three orders of magnitude. */
const VALUES = [1, 7, 7, 40, 300, 1_000];

/** Pages that are written before the measured ones. */
const WARM_UP = 8;

/** What a library has to show, and how it writes the page. */
interface Shown {
  readonly record: (stream: string, shard: string, value: number) => void;
  readonly render: () => Promise<string | Uint8Array>;
  /** Done after recording, before the first page. */
  readonly before?: () => Promise<unknown>;
}

/** Writes a page in each round. The first page, long before that, is checked. */
function scraped(kind: Kind, setUp: () => Promise<Shown>, recordAgain = false): Contender {
  return async (settings: Settings) => {
    const series = settings.short ? SERIES[kind] / 20 : SERIES[kind];
    const { record, render, before } = await setUp();
    const values = kind === "counters" ? [1] : VALUES;
    const recordAll = (): void =>
      forEachSeries(series, (stream, shard) => {
        for (const value of values) record(stream, shard, value);
      });
    recordAll();
    await before?.();
    if (recordAgain) recordAll();
    const times = recordAgain ? 2 : 1;
    const expected = {
      count: times * series * values.length,
      sum: times * series * values.reduce((sum, value) => sum + value),
      series,
    };
    checkTotals(totalsIn(kind, await render()), expected, settings);
    // A service is scraped many times, and only the first few are slow.
    for (let i = 0; i < (settings.short ? 0 : WARM_UP); i++) await render();
    return async () => {
      const start = mainThreadMs();
      const gapMs = await longestGap(render);
      return { ms: mainThreadMs() - start, gapMs };
    };
  };
}

/** Adds up what a page says. */
function totalsIn(kind: Kind, page: string | Uint8Array) {
  const text = typeof page === "string" ? page : new TextDecoder().decode(page);
  const [sums, counts] =
    kind === "counters" ? [/^requests(_total)?\{/, /^$/] : [/_sum\{/, /_count\{/];
  const totals = { count: 0, sum: 0, series: 0 };
  for (const line of text.split("\n")) {
    const value = Number(line.slice(line.lastIndexOf(" ")));
    if (sums.test(line)) {
      totals.sum += value;
      totals.series++;
    } else if (counts.test(line) && line !== "") totals.count += value;
  }
  const { count, ...others } = totals;
  return kind === "counters" ? others : { count, ...others };
}

async function ours(kind: Kind): Promise<Shown> {
  const { PrometheusSink } = await import("@aiokpl/sink-prometheus");
  const { BUCKETS_MS } = await import("./prometheus-metrics.ts");
  const sink = new PrometheusSink({ classicBuckets: BUCKETS_MS });
  const metrics = new MetricsManager({
    sink,
    metrics: catalogue,
    exportIntervalMs: 0,
    maxSeriesPerMetric: SERIES.counters,
  });
  await metrics.start();
  const name = kind === "counters" ? "requests" : "latency";
  return {
    record: (stream, shard, value) => metrics.put(name, value, { stream, shard }),
    render: async () => (await sink.render()).body,
    before: () => metrics.flush(),
  };
}

async function promClient(kind: Kind): Promise<Shown> {
  const { prometheusMetrics } = await import("./prometheus-metrics.ts");
  const { registry, requests, latency } = prometheusMetrics();
  return {
    record: (stream, shard, value) =>
      kind === "counters"
        ? requests.inc({ stream, shard }, value)
        : latency.observe({ stream, shard }, value),
    render: () => registry.metrics(),
  };
}

/** The exporter's own way from the SDK's data to text, without its server. */
async function otel(kind: Kind): Promise<Shown> {
  const { PrometheusExporter, PrometheusSerializer } =
    await import("@opentelemetry/exporter-prometheus");
  const { AggregationType, MeterProvider } = await import("@opentelemetry/sdk-metrics");
  const { BUCKETS_MS } = await import("./prometheus-metrics.ts");
  const exporter = new PrometheusExporter({ preventServerStart: true });
  const options = { boundaries: [...BUCKETS_MS] };
  const provider = new MeterProvider({
    readers: [exporter],
    views: [
      {
        instrumentName: "*",
        aggregationCardinalityLimit: SERIES.counters + 1,
        ...(kind === "histograms" && {
          aggregation: { type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM, options },
        }),
      },
    ],
  });
  const meter = provider.getMeter("bench");
  const counter = meter.createCounter("requests");
  const histogram = meter.createHistogram("latency");
  const serializer = new PrometheusSerializer();
  return {
    record: (stream, shard, value) =>
      kind === "counters"
        ? counter.add(value, { stream, shard })
        : histogram.record(value, { stream, shard }),
    async render() {
      const { resourceMetrics, errors } = await exporter.collect();
      if (errors.length > 0) throw new WorkNotDone(String(errors[0]));
      return serializer.serialize(resourceMetrics);
    },
  };
}

const kinds = ["counters", "histograms"] as const;

export const prometheus: Row = {
  number: 13,
  title: "a page for Prometheus, two labels",
  contenders: Object.fromEntries(
    kinds.flatMap((kind): [string, Contender][] => [
      [`ours, ${kind}`, scraped(kind, () => ours(kind))],
      [`ours, ${kind}, all in the open window too`, scraped(kind, () => ours(kind), true)],
      [`prom-client, ${kind}`, scraped(kind, () => promClient(kind))],
      [`otel, ${kind}`, scraped(kind, () => otel(kind))],
    ]),
  ),
  maxRounds: { full: 9, short: 1 },
  workloads: kinds.flatMap((kind) =>
    [`ours, ${kind}`, `ours, ${kind}, all in the open window too`].flatMap((name) => [
      {
        name: `CPU: ${SERIES[kind].toLocaleString("en-US")} ${name.replace("ours, ", "")}`,
        measure: "ms",
        unit: "ms" as const,
        ours: name,
        against: [
          { peer: `prom-client, ${kind}`, target: atMostTimes(0.15) },
          { peer: `otel, ${kind}` },
        ],
      },
      {
        name: `longest pause: ${SERIES[kind].toLocaleString("en-US")} ${name.replace("ours, ", "")}`,
        measure: "gapMs",
        unit: "ms" as const,
        ours: name,
        against: [{ target: atMost(10) }, { peer: `prom-client, ${kind}` }],
      },
    ]),
  ),
};
