/** A small project of a user, which must compile with these options. Each mistake that it expects must be an error. */
interface TypeProject {
  /** Besides `nodenext`, without emitting. */
  readonly options: readonly string[];
  readonly files: Readonly<Record<string, string>>;
  /** Compilers that do not have the option. */
  readonly notWith?: readonly string[];
}

const CATALOGUE = `{
  Orders: { kind: "counter", dimensions: ["country", "plan?"] },
  Depth: { kind: "gauge" },
  Latency: { kind: "distribution", unit: "ms", dimensions: ["route"] },
}`;

/** Without \`strict\`, undefined and null are of every type, and still everything else is checked. */
const LOOSE = `
import { defineMetrics, MetricsManager, type Metrics } from "@aiokpl/metrics-core";
const catalogue = defineMetrics(${CATALOGUE});
const metrics = new MetricsManager({ metrics: catalogue });
metrics.count("Orders", 1, { country: "PT" });
metrics.count("Orders", 1, { country: undefined });
metrics.gauge("Depth", 1);
metrics.time("Latency", () => 1, { route: "/" }).toFixed();
metrics.bind("Orders", { country: "PT" }).put();
const only: Metrics<Pick<typeof catalogue, "Depth">> = metrics;
only.add("Depth", 1);
// @ts-expect-error misspelt name
metrics.count("Order", 1, { country: "PT" });
// @ts-expect-error misspelt dimension
metrics.count("Orders", 1, { contry: "PT" });
// @ts-expect-error country is required
metrics.count("Orders", 1);
// @ts-expect-error Depth is a gauge
metrics.count("Depth", 1);
// @ts-expect-error no value
metrics.gauge("Depth");
// @ts-expect-error no value
metrics.bind("Depth").put();
// @ts-expect-error another kind
const another: Metrics<{ Depth: { kind: "counter" } }> = metrics;
// @ts-expect-error no catalogue
new MetricsManager<typeof catalogue>();
const { put } = metrics.bind("Depth");
put(1);
console.log(another);
`;

const CHECKED = `
import { defineMetrics, MetricsManager } from "@aiokpl/metrics-core";
const catalogue = defineMetrics(${CATALOGUE});
const metrics = new MetricsManager({ metrics: catalogue });
/** @type {import("@aiokpl/metrics-core").Metrics<Pick<typeof catalogue, "Orders">>} */
const orders = metrics;
orders.count("Orders", 1, { country: "PT" });
metrics.bind("Depth").add(1);
/** @param {import("@aiokpl/metrics-core").MetricSnapshot[]} snapshots */
const show = (snapshots) => snapshots.length;
new MetricsManager({ sink: { export: async (snapshots) => void show([...snapshots]) } }).count("anything");
// @ts-expect-error misspelt name
metrics.count("Order", 1, { country: "PT" });
// @ts-expect-error misspelt dimension
orders.count("Orders", 1, { contry: "PT" });
// @ts-expect-error country is required
orders.count("Orders");
// @ts-expect-error a gauge needs a value
metrics.put("Depth");
const plain = { Hits: { kind: "counter", dimensions: ["country"] } };
// @ts-expect-error kind is only known as string
new MetricsManager({ metrics: plain });
/** @satisfies {import("@aiokpl/metrics-core").MetricCatalogue} */
const widened = { Hits: { kind: "counter", dimensions: ["country"] } };
// @ts-expect-error the names of the dimensions are only known as string
new MetricsManager({ metrics: widened });
const exact = /** @type {const} */ ({ Hits: { kind: "counter", dimensions: ["country"] } });
new MetricsManager({ metrics: exact }).count("Hits", 1, { country: "PT" });
`;

/** What is exported has a type that a reader of this file alone knows. */
const ISOLATED = `
import { type ManagedMetrics, type Metrics, MetricsManager } from "@aiokpl/metrics-core";
export const catalogue = ${CATALOGUE} as const;
export type AppMetrics = Metrics<typeof catalogue>;
export const metrics: MetricsManager<typeof catalogue> = new MetricsManager({ metrics: catalogue });
export const managed: ManagedMetrics<typeof catalogue> = metrics;
export function placeOrder(to: AppMetrics, country: string): void {
  to.count("Orders", 1, { country });
  // @ts-expect-error misspelt dimension
  to.count("Orders", 1, { contry: country });
}
placeOrder(metrics, "PT");
`;

const LIBRARY = `
import type { ManagedMetrics, Metrics } from "@aiokpl/metrics-core";
export type LibraryCatalogue = { readonly Calls: { readonly kind: "counter"; readonly dimensions: readonly ["route"] } };
export function record(metrics: Metrics<LibraryCatalogue>): void {
  metrics.count("Calls", 1, { route: "/" });
}
export function init(metrics: Metrics): Metrics<LibraryCatalogue> {
  return metrics.declare<LibraryCatalogue>({ Calls: { kind: "counter", dimensions: ["route"] } });
}
export async function close(metrics: ManagedMetrics<LibraryCatalogue>): Promise<boolean> {
  const { ok, sinks } = await metrics.close({ timeoutMs: 1_000 });
  return ok && sinks.length === metrics.stats().sinks.length;
}
export function closeAny(metrics: ManagedMetrics): Promise<unknown> {
  return metrics.close();
}
`;

/** An application of ES modules, and a library of CommonJS with its own copy of core: other classes, the same interfaces. */
const OTHER_FORMAT = `
import { defineMetrics, type Metrics, MetricsManager } from "@aiokpl/metrics-core";
import * as library from "./library.cjs";
const catalogue = defineMetrics({
  Calls: { kind: "counter", level: "detailed", dimensions: ["route", "host?"] },
  Own: { kind: "gauge", dimensions: ["queue"] },
  Latency: { kind: "distribution", unit: "ms" },
});
const metrics = new MetricsManager({ metrics: catalogue });
library.record(metrics);
void library.close(metrics);
library.record(metrics.with({ host: "a" }));
const open = new MetricsManager();
library.init(open).count("Calls", 1, { route: "/" });
void library.closeAny(open);
const back: Metrics<library.LibraryCatalogue> = library.init(open);
back.count("Calls", 1, { route: "/" });
// @ts-expect-error Calls are of another kind
library.record(new MetricsManager({ metrics: { Calls: { kind: "gauge", dimensions: ["route"] } } }));
// @ts-expect-error Calls need a dimension that the library does not give
library.record(new MetricsManager({ metrics: { Calls: { kind: "counter", dimensions: ["route", "user"] } } }));
// @ts-expect-error no Calls
library.record(new MetricsManager({ metrics: { Own: { kind: "gauge" } } }));
// @ts-expect-error the open one declares nothing
library.record(open);
// @ts-expect-error any name would be allowed
library.init(metrics);
`;

/** A program for an engine that is neither Node nor a browser, or one that keeps its types small. */
const NO_HOST = `
import { type MetricsSink, MetricsManager } from "@aiokpl/metrics-core";
import { closeOnExit } from "@aiokpl/metrics-core/node";
import { httpUrl } from "@aiokpl/metrics-core/sink";
import { ManualClock } from "@aiokpl/metrics-core/testing";
import type { createSink } from "@aiokpl/sink";
import type { DatadogSink } from "@aiokpl/sink-datadog";
import type { OpenTelemetryExporterSink } from "@aiokpl/sink-otel";
import type { PrometheusSink } from "@aiokpl/sink-prometheus";
export type Sinks = DatadogSink | OpenTelemetryExporterSink | PrometheusSink | ReturnType<typeof createSink>;
const sink: MetricsSink = {
  export: async (snapshots, { signal }) => (signal.aborted ? { retry: snapshots } : undefined),
};
closeOnExit(new MetricsManager({ sink, clock: new ManualClock() }));
httpUrl("url", "http://localhost").href.toUpperCase();
// @ts-expect-error there is no such type here
declare const request: Request;
`;

/** Globals as Cloudflare's types have them: classes with accessors, and properties that are not readonly. */
const WORKER_GLOBALS = `
declare class AbortSignal {
  get aborted(): boolean;
}
declare class URL {
  get href(): string;
  set href(value: string);
}
interface Response {
  status: number;
}
`;

const WORKER = `
import type { MetricsSink } from "@aiokpl/metrics-core";
import { httpUrl } from "@aiokpl/metrics-core/sink";
import type { PrometheusSink } from "@aiokpl/sink-prometheus";
export const sink: MetricsSink = {
  export: async (snapshots, { signal }) => (signal.aborted ? { retry: snapshots } : undefined),
};
httpUrl("url", "http://localhost").href.toUpperCase();
declare const scraped: PrometheusSink;
export const status = scraped.fetch({ method: "GET", headers: { get: () => null } }).then(({ status }) => status.toFixed());
`;

/** The ways in which users set TypeScript that change what it finds. */
export const TYPE_PROJECTS: Readonly<Record<string, TypeProject>> = {
  "strict: false": { options: ["--strict", "false"], files: { "loose.mts": LOOSE } },
  checkJs: {
    options: ["--strict", "--allowJs", "--checkJs"],
    files: { "checked.mjs": CHECKED },
  },
  isolatedDeclarations: {
    options: [
      "--strict",
      "--isolatedDeclarations",
      "--declaration",
      "--exactOptionalPropertyTypes",
    ],
    files: { "isolated.mts": ISOLATED },
    notWith: ["5.4"],
  },
  "no types of Node or the DOM": {
    options: ["--strict", "--lib", "es2022"],
    files: { "no-host.mts": NO_HOST },
  },
  "globals of Cloudflare": {
    options: ["--strict", "--lib", "es2022"],
    files: { "worker-globals.d.ts": WORKER_GLOBALS, "worker.mts": WORKER },
  },
  "a library of the other format": {
    options: ["--strict", "--exactOptionalPropertyTypes"],
    files: { "library.cts": LIBRARY, "application.mts": OTHER_FORMAT },
  },
};
