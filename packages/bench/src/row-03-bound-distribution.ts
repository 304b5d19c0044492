import { BareAccumulator, bareTotals } from "./bare-accumulator.ts";
import type { Contender, Row } from "./row.ts";
import { atMostTimes, timesLess } from "./target.ts";
import { timedLoop } from "./timed-loop.ts";
import { CYCLE, dimensionsInRotation, latencies, latencySum, SERIES } from "./workload.ts";

const MASK = SERIES - 1;
const LATENCIES_MASK = CYCLE - 1;

const cycleSum = latencySum;

/** Without a histogram. */
const bare: Contender = (settings) => {
  const handles = dimensionsInRotation.map(() => new BareAccumulator());
  return timedLoop(settings, {
    cycleSum,
    run(operations) {
      for (let i = 0; i < operations; i++)
        handles[i & MASK]?.put(latencies[i & LATENCIES_MASK] ?? 0);
    },
    totals: () => bareTotals(handles),
  });
};

const ours: Contender = async (settings) => {
  const { ourManager } = await import("./our-manager.ts");
  const { manager, totals } = ourManager();
  const handles = dimensionsInRotation.map((dimensions) => manager.bind("latency", dimensions));
  return timedLoop(settings, {
    cycleSum,
    run(operations) {
      for (let i = 0; i < operations; i++)
        handles[i & MASK]?.put(latencies[i & LATENCIES_MASK] ?? 0);
    },
    totals,
  });
};

/** An exponential histogram per series, without attributes, since the SDK has no bound instruments. */
const otel: Contender = async (settings) => {
  const { otelMeter } = await import("./otel-meter.ts");
  const { meter, totals } = otelMeter();
  const histograms = dimensionsInRotation.map((_, i) => meter.createHistogram(`latency${i}`));
  return timedLoop(settings, {
    cycleSum,
    run(operations) {
      for (let i = 0; i < operations; i++)
        histograms[i & MASK]?.record(latencies[i & LATENCIES_MASK] ?? 0);
    },
    totals,
  });
};

/** The child that `labels()` returns, kept. It has eleven buckets, and searches them one by one. */
const promClient: Contender = async (settings) => {
  const { prometheusMetrics } = await import("./prometheus-metrics.ts");
  const { latency, totals } = prometheusMetrics();
  const children = dimensionsInRotation.map((labels) => latency.labels(labels));
  return timedLoop(settings, {
    cycleSum,
    run(operations) {
      for (let i = 0; i < operations; i++)
        children[i & MASK]?.observe(latencies[i & LATENCIES_MASK] ?? 0);
    },
    totals,
  });
};

export const boundDistribution: Row = {
  number: 3,
  title: `bound distribution with histogram, log-normal, ${SERIES} series in rotation`,
  contenders: { bare, ours, otel, "prom-client": promClient },
  workloads: [
    {
      name: "bound distribution put",
      measure: "ns",
      unit: "ns",
      ours: "ours",
      against: [
        { peer: "bare", target: atMostTimes(6) },
        { peer: "otel", target: timesLess(10) },
        { peer: "prom-client" },
      ],
    },
  ],
};
