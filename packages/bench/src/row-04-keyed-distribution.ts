import type { Contender, Row } from "./row.ts";
import { timesLess } from "./target.ts";
import { timedLoop } from "./timed-loop.ts";
import { CYCLE, latencies, latencySum, SERIES, shards, streams } from "./workload.ts";

const LATENCIES_MASK = CYCLE - 1;

const cycleSum = latencySum;

const ours: Contender = async (settings) => {
  const { ourManager } = await import("./our-manager.ts");
  const { manager, totals } = ourManager();
  return timedLoop(settings, {
    cycleSum,
    run(operations) {
      for (let i = 0; i < operations; i++) {
        const value = latencies[i & LATENCIES_MASK] ?? 0;
        manager.distribution("latency", value, {
          stream: streams[i & 7],
          shard: shards[(i >> 3) & 7],
        });
      }
    },
    totals,
  });
};

const otel: Contender = async (settings) => {
  const { otelMeter } = await import("./otel-meter.ts");
  const { meter, totals } = otelMeter();
  const histogram = meter.createHistogram("latency");
  return timedLoop(settings, {
    cycleSum,
    run(operations) {
      for (let i = 0; i < operations; i++) {
        const value = latencies[i & LATENCIES_MASK] ?? 0;
        histogram.record(value, { stream: streams[i & 7], shard: shards[(i >> 3) & 7] });
      }
    },
    totals,
  });
};

const promClient: Contender = async (settings) => {
  const { prometheusMetrics } = await import("./prometheus-metrics.ts");
  const { latency, totals } = prometheusMetrics();
  return timedLoop(settings, {
    cycleSum,
    run(operations) {
      for (let i = 0; i < operations; i++) {
        const value = latencies[i & LATENCIES_MASK] ?? 0;
        latency.observe({ stream: streams[i & 7] ?? "", shard: shards[(i >> 3) & 7] ?? "" }, value);
      }
    },
    totals,
  });
};

export const keyedDistribution: Row = {
  number: 4,
  title: `keyed distribution with histogram, two dimensions, ${SERIES} series`,
  contenders: { ours, otel, "prom-client": promClient },
  workloads: [
    {
      name: "distribution(name, value, { stream, shard })",
      measure: "ns",
      unit: "ns",
      ours: "ours",
      against: [
        { peer: "otel", target: timesLess(8) },
        { peer: "prom-client", target: timesLess(4) },
      ],
    },
  ],
};
