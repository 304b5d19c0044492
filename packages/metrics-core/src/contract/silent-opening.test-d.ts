// Never run: `tsc --noEmit` compiles it, and fails where an expected error does not come.
import { defineMetrics } from "../catalogues/define-metrics.ts";
import { MetricsManager } from "../metrics-manager.ts";
import type { MetricsManagerOptions } from "../metrics-manager-options.ts";
import { InMemorySink } from "../sinks/in-memory-sink.ts";
import type { MetricCatalogue, MetricDefinition } from "./catalogue.ts";
import type { Metrics } from "./metrics.ts";

/** Compiles where `value` is assignable to `T`. */
declare function accept<T>(value: T): void;

// Names of dimensions that TypeScript has forgotten would open the metric to any.

const widened = {
  Hits: { kind: "counter", dimensions: ["country"] },
} satisfies MetricCatalogue;
// @ts-expect-error write "as const" behind it
new MetricsManager({ metrics: widened });
// @ts-expect-error write "as const" behind it
defineMetrics(widened);
declare const open: Metrics;
// @ts-expect-error write "as const" behind it
open.declare(widened);

const exact = {
  Hits: { kind: "counter", dimensions: ["country"] },
  Depth: { kind: "gauge" },
} as const satisfies MetricCatalogue;
new MetricsManager({ metrics: exact }).count("Hits", 1, { country: "PT" });
// @ts-expect-error country is required
new MetricsManager({ metrics: exact }).count("Hits", 1);
open.declare(exact).count("Hits", 1, { country: "PT" });

// What is only known at run time is open, as it says.

declare const atRunTime: MetricCatalogue;
declare const definition: MetricDefinition;
new MetricsManager({ metrics: atRunTime }).count("anything", 1, { any: "thing" });
new MetricsManager({ metrics: { Some: definition } }).count("Some", 1, { any: "thing" });
open.declare(atRunTime).count("anything");

// The types of a catalogue need the catalogue.

new MetricsManager<typeof exact>({ metrics: exact });
// @ts-expect-error no catalogue
new MetricsManager<typeof exact>();
// @ts-expect-error no catalogue
new MetricsManager<typeof exact>({ sink: new InMemorySink() });
// @ts-expect-error no catalogue
new MetricsManager<typeof exact>({ metrics: undefined });
// @ts-expect-error no catalogue
accept<MetricsManager<typeof exact>>(new MetricsManager());
new MetricsManager();
new MetricsManager({ metrics: undefined });
new MetricsManager({ sink: new InMemorySink() });
declare const options: MetricsManagerOptions;
new MetricsManager(options).count("anything");

class Own extends MetricsManager<typeof exact> {
  constructor() {
    super({ metrics: exact });
  }
}
new Own().gauge("Depth", 1);

// One name, one kind.

const program = defineMetrics(exact, {
  Hits: { kind: "counter", level: "detailed", dimensions: ["country", "city?"] },
  Own: { kind: "distribution", unit: "ms" },
});
declare const both: Metrics<typeof program>;
both.count("Hits", 1, { country: "PT", city: "Porto" });
both.gauge("Depth", 1);
both.time("Own", () => {});
accept<Metrics<typeof exact>>(both);
// @ts-expect-error Depth is a gauge
defineMetrics(exact, { Depth: { kind: "counter" } });
// @ts-expect-error no such property
defineMetrics(exact, { Own: { kind: "counter", labels: [] } });
both.declare({ Hits: { kind: "counter", dimensions: ["country"] }, More: { kind: "gauge" } });
// @ts-expect-error Hits is a counter
both.declare({ Hits: { kind: "gauge" } });
open.declare({ Hits: { kind: "gauge" } });
