import { setTimeout as wait } from "node:timers/promises";
import { collectGarbage } from "./collect-garbage.ts";
import type { Contender, Row } from "./row.ts";
import { MeasuredService } from "./service/measured-service.ts";
import type { VariantName } from "./service/variants.ts";
import { atMost, atMostTimes } from "./target.ts";

const FULL = { series: 50_000, perSecond: 800, warmUpMs: 2_000, ms: 8_000 };
const SHORT = { series: 1_000, perSecond: 200, warmUpMs: 200, ms: 1_200 };

/** The service serves while 50,000 series are exported each second. */
function exportingMany(name: VariantName): Contender {
  return async (settings) => async () => {
    const { series, perSecond, warmUpMs, ms } = settings.short ? SHORT : FULL;
    const options = { exportIntervalMs: 1_000, maxSeries: series };
    const service = await MeasuredService.start(name, options);
    await service.serve({ perSecond, ms: warmUpMs });
    const before = await leastHeap();
    service.orderByCustomers(series);
    await service.flush();
    const measures = await service.serve({ perSecond, ms });
    const bytes = ((await leastHeap()) - before) / series;
    await service.end(settings);
    return { ...measures, bytes };
  };
}

/** The heap between two exports, without what an export needs for a moment. */
async function leastHeap(): Promise<number> {
  let least = Infinity;
  for (let i = 0; i < 4; i++) {
    await wait(150);
    collectGarbage();
    const { heapUsed, external } = process.memoryUsage();
    least = Math.min(least, heapUsed + external);
  }
  return least;
}

const names: readonly VariantName[] = [
  ...(["ours, OTLP cumulative", "ours, OTLP delta"] as const),
  ...(["otel, cumulative", "otel, delta"] as const),
];

export const manySeriesExport: Row = {
  number: 22,
  title: "50,000 series, an OTLP export each second, 800 requests a second",
  contenders: Object.fromEntries(names.map((name) => [name, exportingMany(name)])),
  freshProcess: true,
  nodeFlags: ["--expose-gc"],
  maxRounds: { full: 3, short: 1 },
  workloads: (["cumulative", "delta"] as const).flatMap((temporality) => {
    const ours = `ours, OTLP ${temporality}`;
    const peer = `otel, ${temporality}`;
    return [
      {
        name: `memory per series, ${temporality}`,
        measure: "bytes",
        unit: "B" as const,
        ours,
        against: [{ peer, target: atMostTimes(1) }],
      },
      {
        name: `latency, 50th percentile, ${temporality}`,
        measure: "p50",
        unit: "ms" as const,
        ours,
        against: [{ peer: "otel, delta", target: atMostTimes(1) }],
      },
      {
        name: `longest pause, ${temporality}`,
        measure: "pauseMs",
        unit: "ms" as const,
        ours,
        against: [{ target: atMost(10) }, { peer }],
      },
      {
        name: `garbage collection, ${temporality}`,
        measure: "gcMs",
        unit: "ms" as const,
        ours,
        against: [{ peer }],
      },
    ];
  }),
};
