import type { Contender, Row } from "./row.ts";
import { collectGarbage } from "./collect-garbage.ts";
import { MeasuredService } from "./service/measured-service.ts";
import { PEERS_OF, variants, type VariantName } from "./service/variants.ts";

const FULL = { perSecond: 800, warmUpMs: 3_000, ms: 10_000, exportIntervalMs: 5_000 };
const SHORT = { perSecond: 200, warmUpMs: 200, ms: 500, exportIntervalMs: 5_000 };

/** A new process serves requests at a fixed rate, with some exports meanwhile. */
function serving(name: VariantName): Contender {
  return async (settings) => async () => {
    const { perSecond, warmUpMs, ms, exportIntervalMs } = settings.short ? SHORT : FULL;
    const service = await MeasuredService.start(name, { exportIntervalMs });
    await service.serve({ perSecond, ms: warmUpMs });
    const measures = await service.serve({ perSecond, ms });
    collectGarbage();
    const heap = process.memoryUsage().heapUsed;
    await service.end(settings);
    return { ...measures, heap, startupMs: service.startupMs };
  };
}

const { "ours, no sink": _, ...measured } = variants;
const names = Object.keys(measured).filter((name) => !name.endsWith("no start()")) as VariantName[];

export const service: Row = {
  number: 25,
  title: "a Fastify service at 800 requests a second, four recordings each",
  contenders: Object.fromEntries(names.map((name) => [name, serving(name)])),
  freshProcess: true,
  nodeFlags: ["--expose-gc"],
  maxRounds: { full: 3, short: 1 },
  workloads: names
    .filter((name) => name.startsWith("ours"))
    .flatMap((ours) =>
      [
        { measure: "cpuUs", unit: "µs", what: "CPU per request" },
        { measure: "p50", unit: "ms", what: "latency, 50th percentile" },
        { measure: "p99", unit: "ms", what: "latency, 99th percentile" },
        { measure: "pauseMs", unit: "ms", what: "longest pause" },
        { measure: "gcMs", unit: "ms", what: "garbage collection" },
        { measure: "heap", unit: "B", what: "heap" },
        { measure: "startupMs", unit: "ms", what: "startup" },
      ].map(({ measure, unit, what }) => ({
        name: `${what}, ${ours.slice("ours, ".length)}`,
        measure,
        unit: unit as "µs" | "ms" | "B",
        ours,
        against: [
          "no metrics",
          ...(PEERS_OF[ours as keyof typeof PEERS_OF] ?? ["prom-client"]),
        ].map((peer) => ({ peer })),
      })),
    ),
};
