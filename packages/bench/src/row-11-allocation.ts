import { PerformanceObserver } from "node:perf_hooks";
import { setTimeout } from "node:timers/promises";
import { collectGarbage } from "./collect-garbage.ts";
import type { Contender, Row, Settings } from "./row.ts";
import { atMost, atMostMore } from "./target.ts";
import { checkTotals, WorkNotDone, type Totals } from "./totals.ts";
import {
  CYCLE,
  dimensionsInRotation,
  latencies,
  latencySum,
  SERIES,
  shards,
  streams,
} from "./workload.ts";

const MASK = SERIES - 1;
const LATENCIES_MASK = CYCLE - 1;

/** The number of puts. If each allocates an object of two fields, they fill much of the young generation, but cause no collection. */
const PUTS = 611 * CYCLE;

/** Peers allocate so much more that they do fewer puts. */
const PEER_PUTS = 12 * CYCLE;

/** Fewer bytes per put than this are noise: 100 kB over all puts, such as a timer or the optimiser allocates. */
const NOISE_B = 0.01;

/** Observers learn of a garbage collection only after some turns of the event loop. */
const OBSERVER_DELAY_MS = 50;

/**
 * Latencies as numbers on the heap. Reading a value from a Float64Array would allocate a number for each
 * call that is not inlined, and that allocation would be the caller's and not the contender's. The hole at the
 * end keeps V8 from storing the numbers as plain doubles.
 */
const boxedLatencies: readonly (number | undefined)[] = [...latencies, undefined];

interface AllocatingWork {
  run(operations: number): void;
  totals(): Promise<Totals>;
  readonly cycleSum: number;
}

/**
 * Measures `bytes`, which is what a put allocates: the growth of the used heap over many puts. The young
 * generation is so large (see `nodeFlags`) that nothing is collected meanwhile. If something is, the
 * round fails.
 */
async function allocating(settings: Settings, puts: number, work: AllocatingWork) {
  const collections: number[] = [];
  const observer = new PerformanceObserver((list) => {
    for (const { startTime } of list.getEntries()) collections.push(startTime);
  });
  observer.observe({ entryTypes: ["gc"] });
  const count = settings.short ? Math.ceil(puts / CYCLE / 32) * CYCLE : puts;
  let done = 0;
  const run = () => {
    work.run(count);
    done += count;
  };
  const check = async () => {
    const expected = { count: done, sum: (done / CYCLE) * work.cycleSum, series: SERIES };
    checkTotals(await work.totals(), expected, settings);
  };
  for (let warmUp = 0; warmUp < (settings.short ? 2 : 5); warmUp++) {
    run();
    await check();
    collectGarbage();
  }
  return async () => {
    // The first put of each series after a flush takes another path, which is not measured here.
    run();
    collectGarbage();
    const start = performance.now();
    const before = process.memoryUsage().heapUsed;
    run();
    const bytes = (process.memoryUsage().heapUsed - before) / count;
    const end = performance.now();
    await setTimeout(OBSERVER_DELAY_MS);
    if (collections.some((time) => time >= start && time < end)) {
      throw new WorkNotDone("garbage was collected while allocations were measured");
    }
    await check();
    return { bytes };
  };
}

/** The cost of the object literal of a keyed call: it is created, and kept until the next one. */
const literal: Contender = (settings) => {
  let kept: unknown;
  let count = 0;
  const keep = (_name: string, value: number, dimensions: unknown) => {
    kept = dimensions;
    count += value;
  };
  return allocating(settings, PUTS, {
    cycleSum: CYCLE,
    run(operations) {
      for (let i = 0; i < operations; i++) {
        keep("requests", 1, { stream: streams[i & 7], shard: shards[(i >> 3) & 7] });
      }
    },
    totals: () => Promise.resolve({ count, sum: count, series: kept === undefined ? 0 : SERIES }),
  });
};

const keyedLiteral: Contender = async (settings) => {
  const { ourManager } = await import("./our-manager.ts");
  const { manager, totals } = ourManager();
  return allocating(settings, PUTS, {
    cycleSum: CYCLE,
    run(operations) {
      for (let i = 0; i < operations; i++) {
        manager.put("requests", 1, { stream: streams[i & 7], shard: shards[(i >> 3) & 7] });
      }
    },
    totals,
  });
};

/** With objects that exist already, so that all memory allocated here is ours. */
const keyedKept: Contender = async (settings) => {
  const { ourManager } = await import("./our-manager.ts");
  const { manager, totals } = ourManager();
  return allocating(settings, PUTS, {
    cycleSum: CYCLE,
    run(operations) {
      for (let i = 0; i < operations; i++)
        manager.put("requests", 1, dimensionsInRotation[i & MASK]);
    },
    totals,
  });
};

const keyedDistribution: Contender = async (settings) => {
  const { ourManager } = await import("./our-manager.ts");
  const { manager, totals } = ourManager();
  return allocating(settings, PUTS, {
    cycleSum: latencySum,
    run(operations) {
      for (let i = 0; i < operations; i++) {
        manager.put(
          "latency",
          boxedLatencies[i & LATENCIES_MASK] ?? 0,
          dimensionsInRotation[i & MASK],
        );
      }
    },
    totals,
  });
};

const boundCounter: Contender = async (settings) => {
  const { ourManager } = await import("./our-manager.ts");
  const { manager, totals } = ourManager();
  const handles = dimensionsInRotation.map((dimensions) => manager.bind("requests", dimensions));
  return allocating(settings, PUTS, {
    cycleSum: CYCLE,
    run(operations) {
      for (let i = 0; i < operations; i++) handles[i & MASK]?.put(1);
    },
    totals,
  });
};

const boundDistribution: Contender = async (settings) => {
  const { ourManager } = await import("./our-manager.ts");
  const { manager, totals } = ourManager();
  const handles = dimensionsInRotation.map((dimensions) => manager.bind("latency", dimensions));
  return allocating(settings, PUTS, {
    cycleSum: latencySum,
    run(operations) {
      for (let i = 0; i < operations; i++)
        handles[i & MASK]?.put(boxedLatencies[i & LATENCIES_MASK] ?? 0);
    },
    totals,
  });
};

const otel: Contender = async (settings) => {
  const { otelMeter } = await import("./otel-meter.ts");
  const { meter, totals } = otelMeter();
  const counter = meter.createCounter("requests");
  return allocating(settings, PEER_PUTS, {
    cycleSum: CYCLE,
    run(operations) {
      for (let i = 0; i < operations; i++) counter.add(1, dimensionsInRotation[i & MASK]);
    },
    totals,
  });
};

const promClient: Contender = async (settings) => {
  const { prometheusMetrics } = await import("./prometheus-metrics.ts");
  const { requests, totals } = prometheusMetrics();
  return allocating(settings, PEER_PUTS, {
    cycleSum: CYCLE,
    run(operations) {
      for (let i = 0; i < operations; i++) {
        const labels = dimensionsInRotation[i & MASK];
        if (labels !== undefined) requests.inc(labels, 1);
      }
    },
    totals,
  });
};

const none = [{ target: atMost(NOISE_B) }];

export const allocation: Row = {
  number: 11,
  title: "allocation per put of a known series, over 10^7 puts",
  contenders: {
    "keyed, literal": keyedLiteral,
    "the literal alone": literal,
    "keyed counter": keyedKept,
    "keyed distribution": keyedDistribution,
    "bound counter": boundCounter,
    "bound distribution": boundDistribution,
    otel,
    "prom-client": promClient,
  },
  // With semi-spaces of 2 GB from the start, nothing is collected until they are full.
  nodeFlags: ["--expose-gc", "--min-semi-space-size=1024", "--max-semi-space-size=1024"],
  freshProcess: true,
  maxRounds: { full: 3, short: 1 },
  workloads: [
    {
      name: "keyed counter, literal per call",
      measure: "bytes",
      unit: "B",
      ours: "keyed, literal",
      against: [{ peer: "the literal alone", target: atMostMore(NOISE_B) }],
    },
    {
      name: "keyed counter, dimensions kept by the caller",
      measure: "bytes",
      unit: "B",
      ours: "keyed counter",
      against: [...none, { peer: "otel" }, { peer: "prom-client" }],
    },
    {
      name: "keyed distribution, dimensions kept by the caller",
      measure: "bytes",
      unit: "B",
      ours: "keyed distribution",
      against: none,
    },
    { name: "bound counter", measure: "bytes", unit: "B", ours: "bound counter", against: none },
    {
      name: "bound distribution",
      measure: "bytes",
      unit: "B",
      ours: "bound distribution",
      against: none,
    },
  ],
};
