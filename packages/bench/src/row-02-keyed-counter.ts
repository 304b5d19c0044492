import { Writable } from "node:stream";
import type { Contender, Row } from "./row.ts";
import { timesLess } from "./target.ts";
import { timedLoop } from "./timed-loop.ts";
import { CYCLE, SERIES, shards, streams } from "./workload.ts";

const cycleSum = CYCLE;

const ours: Contender = async (settings) => {
  const { ourManager } = await import("./our-manager.ts");
  const { manager, totals } = ourManager();
  return timedLoop(settings, {
    cycleSum,
    run(operations) {
      for (let i = 0; i < operations; i++) {
        manager.put("requests", 1, { stream: streams[i & 7], shard: shards[(i >> 3) & 7] });
      }
    },
    totals,
  });
};

const otel: Contender = async (settings) => {
  const { otelMeter } = await import("./otel-meter.ts");
  const { meter, totals } = otelMeter();
  const counter = meter.createCounter("requests");
  return timedLoop(settings, {
    cycleSum,
    run(operations) {
      for (let i = 0; i < operations; i++) {
        counter.add(1, { stream: streams[i & 7], shard: shards[(i >> 3) & 7] });
      }
    },
    totals,
  });
};

const promClient: Contender = async (settings) => {
  const { prometheusMetrics } = await import("./prometheus-metrics.ts");
  const { requests, totals } = prometheusMetrics();
  return timedLoop(settings, {
    cycleSum,
    run(operations) {
      for (let i = 0; i < operations; i++) {
        requests.inc({ stream: streams[i & 7] ?? "", shard: shards[(i >> 3) & 7] ?? "" }, 1);
      }
    },
    totals,
  });
};

/** Buffers, as its documentation advises for many metrics, and writes to a stream that does nothing. It sends each value. */
const hotShots: Contender = async (settings) => {
  const { StatsD } = await import("hot-shots");
  let sum = 0;
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      for (const line of chunk.toString().split("\n"))
        if (line.startsWith("requests:1|c|#stream:orders-")) sum++;
      done();
    },
  });
  const client = new StatsD({
    protocol: "stream",
    stream,
    maxBufferSize: 8_192,
    includeDatadogTelemetry: false,
  });
  return timedLoop(settings, {
    cycleSum,
    run(operations) {
      for (let i = 0; i < operations; i++) {
        client.increment("requests", 1, {
          stream: streams[i & 7] ?? "",
          shard: shards[(i >> 3) & 7] ?? "",
        });
      }
    },
    async totals() {
      await new Promise<void>((resolve) => client.flush(() => resolve()));
      return { sum, series: SERIES };
    },
  });
};

/** Takes tags as strings of name and value. Aggregates in the process; the reporter only counts. */
const datadogMetrics: Contender = async (settings) => {
  const { default: datadog } = await import("datadog-metrics");
  let sum = 0;
  let series = 0;
  const logger = new datadog.BufferedMetricsLogger({
    flushIntervalSeconds: 0,
    reporter: {
      report(reported: { points: [time: number, value: number][] }[]) {
        series = reported.length;
        for (const { points } of reported) for (const [, value] of points) sum += value;
        return Promise.resolve();
      },
    },
  });
  return timedLoop(settings, {
    cycleSum,
    run(operations) {
      for (let i = 0; i < operations; i++) {
        logger.increment("requests", 1, [
          `stream:${streams[i & 7]}`,
          `shard:${shards[(i >> 3) & 7]}`,
        ]);
      }
    },
    async totals() {
      await logger.flush();
      return { sum, series };
    },
  });
};

export const keyedCounter: Row = {
  number: 2,
  title: `keyed counter, two dimensions, object literal per call, ${SERIES} series`,
  contenders: {
    ours,
    otel,
    "prom-client": promClient,
    "hot-shots": hotShots,
    "datadog-metrics": datadogMetrics,
  },
  workloads: [
    {
      name: "put(name, 1, { stream, shard })",
      measure: "ns",
      unit: "ns",
      ours: "ours",
      against: [
        { peer: "otel", target: timesLess(12) },
        { peer: "prom-client", target: timesLess(3) },
        { peer: "hot-shots" },
        { peer: "datadog-metrics" },
      ],
    },
  ],
};
