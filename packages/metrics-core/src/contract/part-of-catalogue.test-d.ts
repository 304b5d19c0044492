// Never run: `tsc --noEmit` compiles it, and fails where an expected error does not come.
import { defineMetrics } from "../catalogues/define-metrics.ts";
import type { MetricsManager } from "../metrics-manager.ts";
import type { Metrics } from "./metrics.ts";

/** Compiles where `value` is assignable to `T`. */
declare function accept<T>(value: T): void;

// A part keeps what its metrics require.

declare const hits: Metrics<{
  Hits: { kind: "counter"; dimensions: ["country"] };
  Rest: { kind: "gauge" };
}>;
accept<Metrics<{ Hits: { kind: "counter"; dimensions: ["country"] } }>>(hits);
// @ts-expect-error country would be forgotten
accept<Metrics<{ Hits: { kind: "counter" } }>>(hits);
// @ts-expect-error country would be forgotten
accept<Metrics<{ Hits: { kind: "counter"; dimensions: ["country?"] } }>>(hits);
// @ts-expect-error it does not take a city
accept<Metrics<{ Hits: { kind: "counter"; dimensions: ["country", "city"] } }>>(hits);
// @ts-expect-error another kind
accept<Metrics<{ Hits: { kind: "gauge"; dimensions: ["country"] } }>>(hits);
// @ts-expect-error no such metric
accept<Metrics<{ Misses: { kind: "counter" } }>>(hits);

// What a program tunes of a library's metric does not matter.

const libraryMetrics = defineMetrics({
  Calls: { kind: "counter", dimensions: ["route", "status"] },
  Time: { kind: "distribution", unit: "ms", dimensions: ["route"] },
});
const programMetrics = {
  Calls: {
    kind: "counter",
    level: "detailed",
    description: "Calls.",
    maxSeries: 100,
    dimensions: ["status", "route", "host?"],
  } as { kind: "counter"; dimensions: ["status", "route", "host?"] },
  Time: { kind: "distribution", unit: "s", thresholds: [0.3], dimensions: ["route"] },
  Own: { kind: "gauge" },
} as const;
declare const program: MetricsManager<typeof programMetrics>;
accept<Metrics<typeof libraryMetrics>>(program);
accept<Metrics<typeof libraryMetrics>>(program.with({ host: "a" }));
declare const untimed: Metrics<{
  Calls: (typeof programMetrics)["Calls"];
  Time: { kind: "distribution"; unit: "By"; dimensions: ["route"] };
}>;
// @ts-expect-error time() would not take Time
accept<Metrics<typeof libraryMetrics>>(untimed);

// A closed catalogue is no open one, and the reverse.

declare const open: Metrics;
declare const openManager: MetricsManager;
accept<Metrics>(openManager);
// @ts-expect-error any name would be allowed
accept<Metrics>(hits);
// @ts-expect-error any name would be allowed
accept<Metrics>(program);
// @ts-expect-error any name would be allowed
accept<MetricsManager>(program);
// @ts-expect-error the open one declares nothing
accept<Metrics<typeof libraryMetrics>>(open);
// @ts-expect-error the open one declares nothing
accept<Metrics<typeof libraryMetrics>>(openManager);
