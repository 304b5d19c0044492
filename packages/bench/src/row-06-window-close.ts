import type { CollectionResult } from "@opentelemetry/sdk-metrics";
import { setImmediate } from "node:timers/promises";
import { collectGarbage } from "./collect-garbage.ts";
import { mainThreadMs } from "./main-thread-time.ts";
import { forEachSeries, MANY_SERIES, MANY_SERIES_SHORT } from "./many-series.ts";
import type { Contender, Row, Settings } from "./row.ts";
import { timesLess } from "./target.ts";
import { checkTotals, type Totals } from "./totals.ts";

interface ClosingWork {
  readonly put: (stream: string, shard: string) => void;
  /** Closes the window, or collects. Returns when the synchronous part is done, or returns a promise for the rest. */
  close(): unknown;
  totals(): Promise<Totals>;
}

/**
 * Fills a window, and then measures `ms`, the main thread's time until `close` is done, and `blockMs`, the wall
 * time until the event loop can run something else.
 */
async function closing(settings: Settings, work: ClosingWork) {
  const series = settings.short ? MANY_SERIES_SHORT : MANY_SERIES;
  let puts = 0;
  const round = async () => {
    forEachSeries(series, work.put);
    puts += series;
    collectGarbage();
    const start = performance.now();
    const threadStart = mainThreadMs();
    const closed = work.close();
    if (closed instanceof Promise) await closed;
    const ms = mainThreadMs() - threadStart;
    await setImmediate();
    const blockMs = performance.now() - start;
    checkTotals(await work.totals(), { count: puts, sum: puts, series }, settings);
    return { ms, blockMs };
  };
  // The first windows include compilation.
  await round();
  await round();
  return round;
}

const ours: Contender = async (settings) => {
  const { ourManager } = await import("./our-manager.ts");
  const { manager, totals } = ourManager({ maxSeries: MANY_SERIES });
  await manager.start();
  return closing(settings, {
    put: (stream, shard) => manager.put("requests", 1, { stream, shard }),
    // When flush() returns, the window is closed and its snapshots are built. The exports follow later.
    close: () => void manager.flush(),
    totals,
  });
};

/** Cumulative, which is the default: the collected points are sums since the start. */
const otel: Contender = async (settings) => {
  const { otelMeter } = await import("./otel-meter.ts");
  const { meter, reader, totals } = otelMeter({ maxSeries: MANY_SERIES });
  const counter = meter.createCounter("requests");
  return closing(settings, {
    put: (stream, shard) => counter.add(1, { stream, shard }),
    close: () => reader.collect(),
    totals,
  });
};

/** Deltas, like ours: the SDK begins each interval without series. */
const otelDelta: Contender = async (settings) => {
  const { otelMeter, totalsOf } = await import("./otel-meter.ts");
  const { meter, reader } = otelMeter({ maxSeries: MANY_SERIES, temporality: "delta" });
  const counter = meter.createCounter("requests");
  let collected: Promise<CollectionResult> | undefined;
  let sum = 0;
  return closing(settings, {
    put: (stream, shard) => counter.add(1, { stream, shard }),
    close: () => (collected = reader.collect()),
    async totals() {
      const totals = totalsOf(await (collected ?? reader.collect()));
      sum += totals.sum ?? NaN;
      return { sum, series: totals.series };
    },
  });
};

/** Collected as objects; text would take longer. */
const promClient: Contender = async (settings) => {
  const { prometheusMetrics } = await import("./prometheus-metrics.ts");
  const { registry, requests, totals } = prometheusMetrics();
  return closing(settings, {
    put: (stream, shard) => requests.inc({ stream, shard }, 1),
    close: () => registry.getMetricsAsJSON(),
    totals,
  });
};

const peers = [
  { peer: "otel", target: timesLess(2.5) },
  { peer: "otel delta", target: timesLess(2.5) },
  { peer: "prom-client" },
] as const;

export const windowClose: Row = {
  number: 6,
  title: `closing a window of ${MANY_SERIES} series`,
  contenders: { ours, otel, "otel delta": otelDelta, "prom-client": promClient },
  nodeFlags: ["--expose-gc"],
  workloads: [
    {
      name: "close a window of 100,000 series",
      measure: "ms",
      unit: "ms",
      ours: "ours",
      against: peers,
    },
    {
      name: "the same, event loop blocked",
      measure: "blockMs",
      unit: "ms",
      ours: "ours",
      against: [{ peer: "otel" }],
    },
  ],
};
