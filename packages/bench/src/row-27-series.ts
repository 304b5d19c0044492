import { forEachSeries } from "./many-series.ts";
import type { Contender, Row } from "./row.ts";
import { timedLoop } from "./timed-loop.ts";
import type { Totals } from "./totals.ts";
import { CYCLE } from "./workload.ts";

const SIZES = [1, 100, 10_000, 100_000] as const;

/** The dimensions of this many series, as two arrays, so that each call creates its own literal. */
function dimensionsOf(size: number): { readonly streams: string[]; readonly shards: string[] } {
  const streams: string[] = [];
  const shards: string[] = [];
  forEachSeries(size, (stream, shard) => {
    streams.push(stream);
    shards.push(shard);
  });
  return { streams, shards };
}

/** The totals without the first observation of each series, which is recorded before the timed rounds. */
function withoutFirst(size: number, { count, sum = NaN, series }: Totals): Totals {
  return { ...(count !== undefined && { count: count - size }), sum: sum - size, series };
}

function ours(size: number): Contender {
  return async (settings) => {
    const { ourManager } = await import("./our-manager.ts");
    const { manager, totals } = ourManager({ maxSeries: 100_000 });
    const { streams, shards } = dimensionsOf(size);
    for (const [i, stream] of streams.entries())
      manager.put("requests", 1, { stream, shard: shards[i] });
    let next = 0;
    return timedLoop(settings, {
      cycleSum: CYCLE,
      series: size,
      run(operations) {
        for (let i = 0; i < operations; i++) {
          manager.put("requests", 1, { stream: streams[next], shard: shards[next] });
          if (++next === size) next = 0;
        }
      },
      // A window may lack some of the series.
      totals: async () =>
        withoutFirst(size, { ...(await totals()), series: manager.stats().series }),
    });
  };
}

function otel(size: number): Contender {
  return async (settings) => {
    const { otelMeter } = await import("./otel-meter.ts");
    const { meter, totals } = otelMeter({ maxSeries: 100_000 });
    const counter = meter.createCounter("requests");
    const { streams, shards } = dimensionsOf(size);
    for (const [i, stream] of streams.entries()) counter.add(1, { stream, shard: shards[i] });
    let next = 0;
    return timedLoop(settings, {
      cycleSum: CYCLE,
      series: size,
      run(operations) {
        for (let i = 0; i < operations; i++) {
          counter.add(1, { stream: streams[next], shard: shards[next] });
          if (++next === size) next = 0;
        }
      },
      totals: async () => withoutFirst(size, await totals()),
    });
  };
}

function promClient(size: number): Contender {
  return async (settings) => {
    const { prometheusMetrics } = await import("./prometheus-metrics.ts");
    const { requests, totals } = prometheusMetrics();
    const { streams, shards } = dimensionsOf(size);
    for (const [i, stream] of streams.entries())
      requests.inc({ stream, shard: shards[i] ?? "" }, 1);
    let next = 0;
    return timedLoop(settings, {
      cycleSum: CYCLE,
      series: size,
      run(operations) {
        for (let i = 0; i < operations; i++) {
          requests.inc({ stream: streams[next] ?? "", shard: shards[next] ?? "" }, 1);
          if (++next === size) next = 0;
        }
      },
      totals: async () => withoutFirst(size, await totals()),
    });
  };
}

export const seriesGrowth: Row = {
  number: 27,
  title: "keyed counter by the number of series",
  contenders: Object.fromEntries(
    SIZES.flatMap((size): [string, Contender][] => [
      [`ours ${size}`, ours(size)],
      [`otel ${size}`, otel(size)],
      [`prom-client ${size}`, promClient(size)],
    ]),
  ),
  maxRounds: { full: 9, short: 1 },
  workloads: SIZES.map((size) => ({
    name: `put among ${size.toLocaleString("en-US")} series in rotation`,
    measure: "ns",
    unit: "ns",
    ours: `ours ${size}`,
    against: [{ peer: "ours 1" }, { peer: `otel ${size}` }, { peer: `prom-client ${size}` }].filter(
      ({ peer }) => peer !== `ours ${size}`,
    ),
  })),
};
