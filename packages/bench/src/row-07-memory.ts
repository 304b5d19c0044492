import { collectGarbage } from "./collect-garbage.ts";
import { forEachSeries, MANY_SERIES, MANY_SERIES_SHORT } from "./many-series.ts";
import type { Comparison, Contender, Row, Settings, Workload } from "./row.ts";
import { atMost } from "./target.ts";
import { checkTotals, type Totals } from "./totals.ts";
import { CYCLE, latencies, latencySum } from "./workload.ts";

/** How many latencies each series of a distribution takes. */
const OBSERVATIONS = 50;

/** How a contender creates many series; `value` is 1 for a counter. */
interface HeldWork {
  put(value: number, stream: string, shard: string | undefined): void;
  /** Reads all series, as an export does, and drops the result. */
  materialise(): Promise<unknown>;
  totals(): Promise<Totals>;
}

type Make = (kind: "counter" | "distribution") => Promise<HeldWork>;

const makers: Readonly<Record<string, Make>> = {
  async ours(kind) {
    const { ourManager } = await import("./our-manager.ts");
    const { manager, totals } = ourManager({ maxSeries: MANY_SERIES });
    return {
      put: (value, stream, shard) =>
        manager.put(kind === "counter" ? "requests" : "latency", value, { stream, shard }),
      materialise: () => Promise.resolve(void manager.snapshots()),
      totals,
    };
  },
  async otel(kind) {
    const { otelMeter } = await import("./otel-meter.ts");
    const { meter, reader, totals } = otelMeter({ maxSeries: MANY_SERIES });
    const counter = meter.createCounter("requests");
    const histogram = meter.createHistogram("latency");
    return {
      put(value, stream, shard) {
        const attributes = shard === undefined ? { stream } : { stream, shard };
        if (kind === "counter") counter.add(value, attributes);
        else histogram.record(value, attributes);
      },
      materialise: () => reader.collect(),
      totals,
    };
  },
  async "prom-client"(kind) {
    const { prometheusMetrics } = await import("./prometheus-metrics.ts");
    let metrics = prometheusMetrics();
    let oneDimension = false;
    return {
      put(value, stream, shard) {
        if (shard === undefined && !oneDimension) {
          oneDimension = true;
          metrics = prometheusMetrics(["stream"]);
        }
        const labels = shard === undefined ? { stream } : { stream, shard };
        if (kind === "counter") metrics.requests.inc(labels, value);
        else metrics.latency.observe(labels, value);
      },
      materialise: () => metrics.registry.getMetricsAsJSON(),
      totals: () => metrics.totals(),
    };
  },
};

/** Measures the bytes per series: `heldB` after its observations, `materialisedB` after all series were read once. */
async function bytesPerSeries(
  settings: Settings,
  work: HeldWork,
  series: number,
  fill: () => Required<Totals>,
) {
  collectGarbage();
  const before = held();
  const expected = fill();
  collectGarbage();
  const after = held();
  await readOnce(work);
  collectGarbage();
  const materialised = held();
  checkTotals(await work.totals(), expected, settings);
  return { heldB: (after - before) / series, materialisedB: (materialised - before) / series };
}

/** A separate function, because an async function may keep the last awaited value alive. */
async function readOnce(work: HeldWork): Promise<void> {
  await work.materialise();
}

/** Bytes on V8's heap and outside it, where typed arrays are. */
function held(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function counters(make: Make, dimensions: 1 | 2): Contender {
  return async (settings) => {
    const series = settings.short ? MANY_SERIES_SHORT : MANY_SERIES;
    const work = await make("counter");
    return () =>
      bytesPerSeries(settings, work, series, () => {
        if (dimensions === 2) forEachSeries(series, (stream, shard) => work.put(1, stream, shard));
        // The caller drops the strings. Only the series keep them alive.
        else
          for (let i = 0; i < series; i++)
            work.put(1, `order-${String(i).padStart(12, "0")}`, undefined);
        return { count: series, sum: series, series };
      });
  };
}

function distributions(make: Make): Contender {
  return async (settings) => {
    const series = settings.short ? MANY_SERIES_SHORT : MANY_SERIES;
    const work = await make("distribution");
    return () =>
      bytesPerSeries(settings, work, series, () => {
        let next = 0;
        for (let round = 0; round < OBSERVATIONS; round++) {
          forEachSeries(series, (stream, shard) =>
            work.put(latencies[next++ % CYCLE] ?? 0, stream, shard),
          );
        }
        const rest = latencies.subarray(0, next % CYCLE).reduce((sum, value) => sum + value, 0);
        return { count: next, sum: Math.floor(next / CYCLE) * latencySum + rest, series };
      });
  };
}

const kinds = {
  counters: {
    of: (make: Make) => counters(make, 2),
    name: "counters, two dimensions",
    targetB: 250,
  },
  "counters of one dimension": {
    of: (make: Make) => counters(make, 1),
    name: "counters, 100,000 values of one dimension",
    targetB: undefined,
  },
  distributions: {
    of: distributions,
    name: `distributions, ${OBSERVATIONS} log-normal latencies each`,
    targetB: 900,
  },
} as const;

const contenders: Record<string, Contender> = {};
const workloads: Workload[] = [];
for (const [kind, { of, name, targetB }] of Object.entries(kinds)) {
  for (const [maker, make] of Object.entries(makers)) contenders[`${maker} ${kind}`] = of(make);
  const against: Comparison[] = [{ peer: `otel ${kind}` }, { peer: `prom-client ${kind}` }];
  if (targetB !== undefined) against.unshift({ target: atMost(targetB) });
  workloads.push(
    { name: `bytes a series: ${name}`, measure: "heldB", unit: "B", ours: `ours ${kind}`, against },
    {
      name: `after a read: ${name}`,
      measure: "materialisedB",
      unit: "B",
      ours: `ours ${kind}`,
      against,
    },
  );
}

export const memory: Row = {
  number: 7,
  title: `memory of ${MANY_SERIES} series, dimensions included`,
  contenders,
  nodeFlags: ["--expose-gc"],
  freshProcess: true,
  maxRounds: { full: 3, short: 1 },
  workloads,
};
