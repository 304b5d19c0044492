import type { Contender, Row } from "./row.ts";
import { timedLoop } from "./timed-loop.ts";
import { CYCLE, SERIES } from "./workload.ts";

const COUNTS = [1, 2, 4, 8, 16] as const;

/** The dimensions of the series in rotation. The caller keeps them, because a literal of sixteen would cost more than the put. */
function dimensionsOf(count: number): readonly Readonly<Record<string, string>>[] {
  return Array.from({ length: SERIES }, (_, i) =>
    Object.fromEntries(
      Array.from({ length: count }, (_each, j) => [`key${j}`, `value-${j}-${j === 0 ? i : i % 4}`]),
    ),
  );
}

function ours(count: number): Contender {
  return async (settings) => {
    const { ourManager } = await import("./our-manager.ts");
    const { manager, totals } = ourManager();
    const dimensions = dimensionsOf(count);
    return timedLoop(settings, {
      cycleSum: CYCLE,
      run(operations) {
        for (let i = 0; i < operations; i++)
          manager.put("requests", 1, dimensions[i & (SERIES - 1)]);
      },
      totals,
    });
  };
}

function otel(count: number): Contender {
  return async (settings) => {
    const { otelMeter } = await import("./otel-meter.ts");
    const { meter, totals } = otelMeter();
    const counter = meter.createCounter("requests");
    const dimensions = dimensionsOf(count);
    return timedLoop(settings, {
      cycleSum: CYCLE,
      run(operations) {
        for (let i = 0; i < operations; i++) counter.add(1, dimensions[i & (SERIES - 1)]);
      },
      totals,
    });
  };
}

function promClient(count: number): Contender {
  return async (settings) => {
    const { Counter, Registry } = await import("prom-client");
    const dimensions = dimensionsOf(count);
    const counter = new Counter({
      name: "requests",
      help: "Requests.",
      labelNames: Object.keys(dimensions[0] ?? {}),
      registers: [new Registry()],
    });
    return timedLoop(settings, {
      cycleSum: CYCLE,
      run(operations) {
        for (let i = 0; i < operations; i++) counter.inc(dimensions[i & (SERIES - 1)] ?? {}, 1);
      },
      async totals() {
        const { values } = await counter.get();
        return { sum: values.reduce((sum, { value }) => sum + value, 0), series: values.length };
      },
    });
  };
}

export const dimensionGrowth: Row = {
  number: 28,
  title: `keyed counter by the number of dimensions, ${SERIES} series`,
  contenders: Object.fromEntries(
    COUNTS.flatMap((count): [string, Contender][] => [
      [`ours ${count}`, ours(count)],
      [`otel ${count}`, otel(count)],
      [`prom-client ${count}`, promClient(count)],
    ]),
  ),
  maxRounds: { full: 9, short: 1 },
  workloads: COUNTS.map((count) => ({
    name: `put with ${count} dimension${count === 1 ? "" : "s"}`,
    measure: "ns",
    unit: "ns",
    ours: `ours ${count}`,
    against: [
      { peer: "ours 1" },
      { peer: `otel ${count}` },
      { peer: `prom-client ${count}` },
    ].filter(({ peer }) => peer !== `ours ${count}`),
  })),
};
