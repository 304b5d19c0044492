import { spawnSync } from "node:child_process";
import type { MetricSnapshot } from "@aiokpl/metrics-core";
import type { v1 } from "@datadog/datadog-api-client";
import { mainThreadMs } from "./main-thread-time.ts";
import { forEachSeries } from "./many-series.ts";
import type { Contender, Row, Settings } from "./row.ts";
import { atMostTimes } from "./target.ts";
import { checkTotals, WorkNotDone } from "./totals.ts";

const SERIES = 10_000;
const SERIES_SHORT = 500;
const apiKey = "0123456789abcdef0123456789abcdef";
const { signal } = new AbortController();

/** The time and memory that a new process needs to load something, compared with one that loads nothing. */
function loading(source: string): { ms: number; bytes: number } {
  const bare = processOf("");
  const full = processOf(source);
  return { ms: full.ms - bare.ms, bytes: full.bytes - bare.bytes };
}

function processOf(source: string): { ms: number; bytes: number } {
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--input-type=module", "-e", `${source};console.log(process.memoryUsage.rss())`],
    { cwd: import.meta.dirname, encoding: "utf8" },
  );
  if (status !== 0) throw new WorkNotDone(`a process ended with ${status}: ${stderr}`);
  return { ms: performance.now() - start, bytes: Number(stdout) };
}

/** The longest time that the main thread spent on one turn of the event loop while something was done. */
async function longestBlock(work: () => Promise<void>): Promise<number> {
  let longest = 0;
  let last = mainThreadMs();
  let isDone = false;
  const tick = (): void => {
    const now = mainThreadMs();
    longest = Math.max(longest, now - last);
    last = now;
    if (!isDone) setImmediate(tick);
  };
  setImmediate(tick);
  await work();
  isDone = true;
  tick();
  return longest;
}

async function serverFor(): Promise<{ url: string; bytes: () => Promise<number> }> {
  const { startCountingServer } = await import("./counting-server.ts");
  const server = await startCountingServer(202, '{"status":"ok"}');
  return { url: server.url, bytes: async () => (await server.counted()).bytes };
}

/** In each round, a new process loads the client, and then the series are sent to a server once. */
function contender(
  source: string,
  setUp: (url: string, series: number) => Promise<() => Promise<void>>,
): Contender {
  return async (settings: Settings) => {
    const series = settings.short ? SERIES_SHORT : SERIES;
    const { url, bytes } = await serverFor();
    const send = await setUp(url, series);
    await send();
    return async () => {
      const before = await bytes();
      const { ms: importMs, bytes: importBytes } = loading(source);
      const blockMs = await longestBlock(send);
      const arrived = (await bytes()) > before ? series : 0;
      checkTotals({ series: arrived }, { count: 0, sum: 0, series }, settings);
      return { importMs, importBytes, blockMs };
    };
  };
}

const ours = contender(
  `const { DatadogSink } = await import("@aiokpl/sink-datadog"); await new DatadogSink({ apiKey: "${apiKey}" }).open()`,
  async (url, series) => {
    const { MetricsManager } = await import("@aiokpl/metrics-core");
    const { DatadogSink } = await import("@aiokpl/sink-datadog");
    const sink = new DatadogSink({ apiKey, baseUrl: url, host: "h" });
    await sink.open();
    const kept: MetricSnapshot[] = [];
    const metrics = new MetricsManager({
      sink: { export: async (window) => void kept.push(...window) },
      exportIntervalMs: 0,
      maxSeriesPerMetric: series,
    });
    forEachSeries(series, (stream, shard, i) => metrics.count("requests", i, { stream, shard }));
    await metrics.flush();
    return async () => {
      const prepared: MetricSnapshot[] = [];
      for (let part = kept, more = true; more; part = []) {
        const { snapshots, more: isLeft = false } = sink.prepare(part, { last: true });
        prepared.push(...snapshots);
        more = isLeft;
      }
      const { retry = [], rejected = [] } = await sink.export(prepared, { signal });
      if (retry.length + rejected.length > 0) throw new WorkNotDone("not everything was taken");
    };
  },
);

/** As its documentation shows: imported from the package's root, one call, compressed. */
const stockClient = contender(
  `const { client, v1 } = await import("@datadog/datadog-api-client"); new v1.MetricsApi(client.createConfiguration({ authMethods: { apiKeyAuth: "${apiKey}" } }))`,
  async (url, series) => {
    const { client, v1 } = await import("@datadog/datadog-api-client");
    const configuration = client.createConfiguration({
      authMethods: { apiKeyAuth: apiKey },
      baseServer: new client.ServerConfiguration(url, {}),
    });
    const api = new v1.MetricsApi(configuration);
    return async () => {
      const now = Math.floor(Date.now() / 1_000);
      const all: { metric: string; type: string; points: [number, number][]; tags: string[] }[] =
        [];
      forEachSeries(series, (stream, shard, i) =>
        all.push({
          metric: "requests",
          type: "count",
          points: [[now, i]],
          tags: [`stream:${stream}`, `shard:${shard}`],
        }),
      );
      await api.submitMetrics({ body: { series: all }, contentEncoding: "deflate" });
    };
  },
);

const datadogMetrics = contender(
  `const { default: metrics } = await import("datadog-metrics"); new metrics.BufferedMetricsLogger({ apiKey: "${apiKey}", flushIntervalSeconds: 0 })`,
  async (url, series) => {
    const { default: metrics } = await import("datadog-metrics");
    const { client, v1 } = await import("@datadog/datadog-api-client");
    // Its own reporter can send only to https://api.<site>. This one makes the same call to the local server.
    const api = new v1.MetricsApi(
      client.createConfiguration({
        authMethods: { apiKeyAuth: apiKey },
        baseServer: new client.ServerConfiguration(url, {}),
      }),
    );
    const logger = new metrics.BufferedMetricsLogger({
      apiKey,
      host: "h",
      flushIntervalSeconds: 0,
      reporter: {
        report: (series: v1.Series[]) => api.submitMetrics({ body: { series } }),
      },
    });
    return async () => {
      forEachSeries(series, (stream, shard, i) =>
        logger.increment("requests", i, [`stream:${stream}`, `shard:${shard}`]),
      );
      await logger.flush();
    };
  },
);

export const datadog: Row = {
  number: 9,
  title: `Datadog: loading, and ${SERIES} series to a server on loopback`,
  contenders: { ours, "stock client": stockClient, "datadog-metrics": datadogMetrics },
  maxRounds: { full: 9, short: 1 },
  workloads: [
    {
      name: "loading what sends to Datadog, time",
      measure: "importMs",
      unit: "ms",
      ours: "ours",
      against: [{ peer: "stock client", target: atMostTimes(0.25) }, { peer: "datadog-metrics" }],
    },
    {
      name: "loading what sends to Datadog, memory",
      measure: "importBytes",
      unit: "B",
      ours: "ours",
      against: [{ peer: "stock client", target: atMostTimes(0.25) }, { peer: "datadog-metrics" }],
    },
    {
      name: "longest block of the event loop, 10,000 series",
      measure: "blockMs",
      unit: "ms",
      ours: "ours",
      against: [{ peer: "stock client", target: atMostTimes(0.5) }, { peer: "datadog-metrics" }],
    },
  ],
};
