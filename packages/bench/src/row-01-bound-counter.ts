import { BareAccumulator, bareTotals } from "./bare-accumulator.ts";
import type { Contender, Row } from "./row.ts";
import { atMostTimes, timesLess } from "./target.ts";
import { timedLoop } from "./timed-loop.ts";
import { CYCLE, dimensionsInRotation, SERIES } from "./workload.ts";

const MASK = SERIES - 1;

/** The values are 1, 2, 3, 4 in turn, so that minimum, maximum and last change. */
const cycleSum = CYCLE * 2.5;

const bare: Contender = (settings) => {
  const handles = dimensionsInRotation.map(() => new BareAccumulator());
  return timedLoop(settings, {
    cycleSum,
    run(operations) {
      for (let i = 0; i < operations; i++) handles[i & MASK]?.put((i & 3) + 1);
    },
    totals: () => bareTotals(handles),
  });
};

const ours: Contender = async (settings) => {
  const { ourManager } = await import("./our-manager.ts");
  const { manager, totals } = ourManager();
  const handles = dimensionsInRotation.map((dimensions) => manager.bind("requests", dimensions));
  return timedLoop(settings, {
    cycleSum,
    run(operations) {
      for (let i = 0; i < operations; i++) handles[i & MASK]?.put((i & 3) + 1);
    },
    totals,
  });
};

/** The SDK has no bound instruments. The nearest thing is one instrument per series, without attributes. */
const otel: Contender = async (settings) => {
  const { otelMeter } = await import("./otel-meter.ts");
  const { meter, totals } = otelMeter();
  const counters = dimensionsInRotation.map((_, i) => meter.createCounter(`requests${i}`));
  return timedLoop(settings, {
    cycleSum,
    run(operations) {
      for (let i = 0; i < operations; i++) counters[i & MASK]?.add((i & 3) + 1);
    },
    totals,
  });
};

/** As its documentation advises: call `labels()` once and keep what it returns. */
const promClient: Contender = async (settings) => {
  const { prometheusMetrics } = await import("./prometheus-metrics.ts");
  const { requests, totals } = prometheusMetrics();
  const children = dimensionsInRotation.map((labels) => requests.labels(labels));
  return timedLoop(settings, {
    cycleSum,
    run(operations) {
      for (let i = 0; i < operations; i++) children[i & MASK]?.inc((i & 3) + 1);
    },
    totals,
  });
};

/** Has no dimensions, and keeps only the sum. */
const measuredCore: Contender = async (settings) => {
  const { Counter } = await import("measured-core");
  const counters = dimensionsInRotation.map(() => new Counter());
  return timedLoop(settings, {
    cycleSum,
    run(operations) {
      for (let i = 0; i < operations; i++) counters[i & MASK]?.inc((i & 3) + 1);
    },
    totals: () => ({
      sum: counters.reduce((sum, counter) => sum + counter.toJSON(), 0),
      series: counters.length,
    }),
  });
};

export const boundCounter: Row = {
  number: 1,
  title: `bound counter, ${SERIES} series in rotation`,
  contenders: { bare, ours, otel, "prom-client": promClient, "measured-core": measuredCore },
  workloads: [
    {
      name: "bound counter put",
      measure: "ns",
      unit: "ns",
      ours: "ours",
      against: [
        { peer: "bare", target: atMostTimes(2) },
        { peer: "otel", target: timesLess(15) },
        { peer: "prom-client", target: timesLess(40) },
        { peer: "measured-core" },
      ],
    },
  ],
};
