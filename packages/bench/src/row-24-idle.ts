import { setTimeout as wait } from "node:timers/promises";
import type { Contender, Row } from "./row.ts";
import { MeasuredService } from "./service/measured-service.ts";
import type { VariantName } from "./service/variants.ts";
import { atMost, atMostTimes } from "./target.ts";

const SERIES = 1_000;
const FULL = { intervalMs: 10_000, intervals: 3 };
const SHORT = { intervalMs: 400, intervals: 2 };

/** A service without requests: each of its series is recorded once in an interval, and exported. */
function idling(name: VariantName): Contender {
  return async (settings) => async () => {
    const { intervalMs, intervals } = settings.short ? SHORT : FULL;
    const service = await MeasuredService.start(name, { exportIntervalMs: intervalMs });
    // The first export includes compilation.
    service.orderByCustomers(SERIES);
    await service.flush();
    const start = process.cpuUsage();
    for (let i = 0; i < intervals; i++) {
      service.orderByCustomers(SERIES);
      await wait(intervalMs);
    }
    const { user, system } = process.cpuUsage(start);
    await service.end(settings);
    return { cpuMs: ((user + system) / 1_000) * (60_000 / (FULL.intervalMs * intervals)) };
  };
}

const SINKS = ["ours, CloudWatch", "ours, Datadog", "ours, OTLP delta"] as const;
const names: readonly VariantName[] = [
  ...(["no metrics", "otel, delta", "datadog-metrics"] as const),
  ...SINKS,
  ...(["ours, OTLP cumulative", "ours, no sink"] as const),
];

export const idle: Row = {
  number: 24,
  title: "CPU a minute: 1,000 series without requests, an export every 10 s",
  contenders: Object.fromEntries(names.map((name) => [name, idling(name)])),
  freshProcess: true,
  maxRounds: { full: 2, short: 1 },
  workloads: [
    ...[...SINKS, "ours, OTLP cumulative" as const].map((name) => ({
      name: `CPU a minute, ${name.slice("ours, ".length)}`,
      measure: "cpuMs",
      unit: "ms" as const,
      ours: name,
      against: [{ peer: "otel, delta", target: atMostTimes(1) }],
    })),
    {
      name: "CPU a minute, without a sink",
      measure: "cpuMs",
      unit: "ms",
      ours: "ours, no sink",
      against: [{ target: atMost(30) }, { peer: "no metrics" }],
    },
  ],
};
