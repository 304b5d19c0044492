import type { MetricSnapshot } from "@aiokpl/metrics-core";
import type { MetricDatum } from "@aws-sdk/client-cloudwatch";
import { mainThreadMs } from "./main-thread-time.ts";
import { forEachSeries, MANY_SERIES, MANY_SERIES_SHORT } from "./many-series.ts";
import type { Contender, Row, Settings } from "./row.ts";
import { atMostTimes } from "./target.ts";
import { checkTotals } from "./totals.ts";

const config = {
  region: "eu-west-1",
  credentials: { accessKeyId: "key", secretAccessKey: "secret" },
} as const;
const { signal } = new AbortController();

/** For every nine counters there is one distribution, with fifty values. */
async function snapshots(settings: Settings): Promise<readonly MetricSnapshot[]> {
  const { MetricsManager } = await import("@aiokpl/metrics-core");
  const { latencies } = await import("./workload.ts");
  const kept: MetricSnapshot[] = [];
  const metrics = new MetricsManager({
    sink: { export: async (window) => void kept.push(...window) },
    exportIntervalMs: 0,
    maxSeriesPerMetric: MANY_SERIES,
  });
  forEachSeries(settings.short ? MANY_SERIES_SHORT : MANY_SERIES, (stream, shard, i) => {
    if (i % 10 > 0) metrics.count("requests", i, { stream, shard });
    else
      for (let j = 0; j < 50; j++)
        metrics.distribution("latency", latencies[(i + j) & 16_383] ?? 0, { stream, shard });
  });
  await metrics.flush();
  return kept;
}

/** The requests that the raw client sends: they hold the same datums as the sink's. */
async function requestsOf(all: readonly MetricSnapshot[]): Promise<MetricDatum[][]> {
  const { CloudWatchSink } = await import("@aiokpl/sink-cloudwatch");
  const requests: MetricDatum[][] = [];
  const sink = new CloudWatchSink({
    client: {
      config: { region: async () => config.region },
      send: async ({ input }: { input: { MetricData: MetricDatum[] } }) =>
        requests.push(input.MetricData),
    } as never,
  });
  await sink.export(all, { signal });
  return requests;
}

const ours: Contender = async (settings) => {
  const { CloudWatchSink } = await import("@aiokpl/sink-cloudwatch");
  const { startCountingServer } = await import("./counting-server.ts");
  const server = await startCountingServer(200, "{}");
  const all = await snapshots(settings);
  const needed = (await requestsOf(all)).length;
  const sink = new CloudWatchSink({ ...config, endpoint: server.url });
  await sink.open({ exportIntervalMs: 60_000 });
  return async () => {
    const before = await server.counted();
    const start = mainThreadMs();
    const { retry = [], rejected = [], uncertain = [] } = await sink.export(all, { signal });
    const ms = mainThreadMs() - start;
    const requests = (await server.counted()).requests - before.requests;
    const missing = retry.length + rejected.length + uncertain.length;
    checkTotals(
      { series: all.length - missing },
      { count: 0, sum: 0, series: all.length },
      settings,
    );
    checkTotals({ series: requests }, { count: 0, sum: 0, series: needed }, settings);
    return { ms, requests };
  };
};

const rawClient: Contender = async (settings) => {
  const { CloudWatchClient, PutMetricDataCommand } = await import("@aws-sdk/client-cloudwatch");
  const { startCountingServer } = await import("./counting-server.ts");
  const server = await startCountingServer(200, "{}");
  const all = await requestsOf(await snapshots(settings));
  const client = new CloudWatchClient({ ...config, endpoint: server.url });
  return async () => {
    const before = await server.counted();
    const start = mainThreadMs();
    for (const MetricData of all)
      await client.send(new PutMetricDataCommand({ Namespace: "aiokpl", MetricData }));
    const ms = mainThreadMs() - start;
    const requests = (await server.counted()).requests - before.requests;
    checkTotals({ series: requests }, { count: 0, sum: 0, series: all.length }, settings);
    return { ms, requests };
  };
};

export const cloudWatch: Row = {
  number: 8,
  title: `CloudWatch: ${MANY_SERIES} snapshots to a server on loopback`,
  contenders: { ours, "raw client": rawClient },
  maxRounds: { full: 9, short: 1 },
  workloads: [
    {
      name: "CPU of the main thread, 100,000 snapshots to CloudWatch",
      measure: "ms",
      unit: "ms",
      ours: "ours",
      against: [{ peer: "raw client", target: atMostTimes(1.25) }],
    },
    {
      name: "requests, filled in order",
      measure: "requests",
      unit: "requests",
      ours: "ours",
      against: [{ peer: "raw client", target: atMostTimes(1) }],
    },
  ],
};
