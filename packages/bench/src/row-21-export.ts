import { setTimeout as wait } from "node:timers/promises";
import type { Contender, Row } from "./row.ts";
import { MeasuredService } from "./service/measured-service.ts";
import { PEERS_OF, type VariantName } from "./service/variants.ts";
import { atMost, atMostTimes } from "./target.ts";

const FULL = { warmUp: 5, exports: 30, pauseMs: 50 };
const SHORT = { warmUp: 1, exports: 2, pauseMs: 0 };

/** Only `flush()` exports. */
const NEVER_MS = 1_800_000;

/**
 * Exports the thirteen series of a service, again and again, with pauses as between real exports. The CPU
 * time is that of all threads of the process, and recording is left out.
 */
function exporting(name: VariantName): Contender {
  return async (settings) => async () => {
    const { warmUp, exports, pauseMs } = settings.short ? SHORT : FULL;
    const service = await MeasuredService.start(name, { exportIntervalMs: NEVER_MS });
    let cpu = 0;
    for (let i = -warmUp; i < exports; i++) {
      service.record();
      await wait(pauseMs);
      const before = process.cpuUsage();
      await service.flush();
      const { user, system } = process.cpuUsage(before);
      if (i >= 0) cpu += user + system;
    }
    await service.end(settings);
    return { cpuMs: cpu / 1_000 / exports };
  };
}

const COMPARED = { ...PEERS_OF, "ours, Prometheus": ["prom-client"] } as const;
const names = [
  ...Object.keys(COMPARED),
  "ours, no sink",
  ...Object.values(COMPARED).flat(),
] as VariantName[];

export const smallExport: Row = {
  number: 21,
  title: "one export of 13 series to a server on loopback",
  contenders: Object.fromEntries(names.map((name) => [name, exporting(name)])),
  freshProcess: true,
  maxRounds: { full: 5, short: 1 },
  workloads: [
    ...Object.entries(COMPARED).map(([ours, [peer]]) => ({
      name: `one export, ${ours.slice("ours, ".length)}`,
      measure: "cpuMs",
      unit: "ms" as const,
      ours,
      against: [{ peer, target: atMostTimes(1) }],
    })),
    {
      name: "one export, the manager alone",
      measure: "cpuMs",
      unit: "ms",
      ours: "ours, no sink",
      against: [{ target: atMost(0.3) }],
    },
  ],
};
