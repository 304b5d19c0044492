import type { Contender, Row } from "./row.ts";
import { MeasuredService } from "./service/measured-service.ts";
import { Stretch } from "./service/service-figures.ts";
import { type VariantName } from "./service/variants.ts";
import { atMost, atMostTimes } from "./target.ts";

const FULL = { perSecond: 800, ms: 2_500 };
const SHORT = { perSecond: 200, ms: 300 };

/**
 * A new process gets traffic as soon as it listens. The first export is made afterwards, with `flush()`, and its
 * longest pause is measured too: whoever loads something late must show how long that takes.
 */
function firstTraffic(name: VariantName): Contender {
  return async (settings) => async () => {
    const service = await MeasuredService.start(name, { exportIntervalMs: 60_000 });
    const { pauseMs, p99 } = await service.serve(settings.short ? SHORT : FULL);
    const stretch = new Stretch();
    await service.flush();
    const { pauseMs: exportPauseMs } = await stretch.end();
    await service.end(settings);
    return { pauseMs, p99, exportPauseMs, startupMs: service.startupMs };
  };
}

const STARTED = ["ours, CloudWatch", "ours, Datadog", "ours, OTLP delta"] as const;
const PEERS = ["otel, delta", "datadog-metrics", "AWS SDK by hand"] as const;
const names: readonly VariantName[] = [
  "no metrics",
  ...PEERS,
  ...STARTED,
  ...STARTED.map((name) => `${name}, no start()` as const),
];

export const firstSeconds: Row = {
  number: 23,
  title: "the first 2.5 s of traffic of a new process",
  contenders: Object.fromEntries(names.map((name) => [name, firstTraffic(name)])),
  freshProcess: true,
  maxRounds: { full: 5, short: 1 },
  workloads: STARTED.flatMap((name) => {
    const sink = name.slice("ours, ".length);
    return [
      {
        name: `longest pause, ${sink}, after start()`,
        measure: "pauseMs",
        unit: "ms" as const,
        ours: name,
        against: [{ target: atMost(30) }, { peer: "no metrics" }],
      },
      {
        name: `longest pause, ${sink}, without start()`,
        measure: "pauseMs",
        unit: "ms" as const,
        ours: `${name}, no start()`,
        against: [{ peer: "otel, delta", target: atMostTimes(1) }],
      },
      {
        name: `longest pause in the first export, ${sink}, without start()`,
        measure: "exportPauseMs",
        unit: "ms" as const,
        ours: `${name}, no start()`,
        against: [{ peer: "otel, delta" }],
      },
    ];
  }),
};
