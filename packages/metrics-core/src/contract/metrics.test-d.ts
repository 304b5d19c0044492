// Never run: `tsc --noEmit` compiles it, and fails where an expected error does not come.
import { expectTypeOf } from "vitest";
import { defineMetrics } from "../catalogues/define-metrics.ts";
import type { MetricCatalogue, MetricDefinition } from "./catalogue.ts";
import type { MetricsManager } from "../metrics-manager.ts";
import { kplMetrics } from "../catalogues/kpl-metrics.ts";
import type { BoundCounter, BoundDistribution, BoundGauge, BoundMetric } from "./bound-metric.ts";
import type { Metrics } from "./metrics.ts";
import type { ArgsFor, ArgsOf, NamesOf } from "./metric-args.ts";

const definitions = defineMetrics({
  Sent: { kind: "counter", unit: "{record}", dimensions: ["stream", "shard?"] },
  Lost: { kind: "counter", dimensions: ["shard?"] },
  Started: { kind: "counter" },
  Elapsed: { kind: "counter", unit: "s" },
  Pending: { kind: "gauge", dimensions: ["stream"] },
  Heap: { kind: "gauge", unit: "By", dimensions: ["space?"] },
  Uptime: { kind: "gauge", unit: "s", dimensions: [] },
  RequestTime: {
    kind: "distribution",
    unit: "ms",
    description: "Per request.",
    dimensions: ["stream", "shard?"],
  },
  Size: { kind: "distribution", unit: "By" },
  Depth: { kind: "distribution" },
});
type Definitions = typeof definitions;

declare const metrics: Metrics<Definitions>;
declare const open: Metrics;
declare const manager: MetricsManager<Definitions>;
declare const maybe: number | undefined;

/** Compiles where `value` is assignable to `T`. */
declare function accept<T>(value: T): void;

// Catalogue.

expectTypeOf(definitions.RequestTime.unit).toEqualTypeOf<"ms">();
expectTypeOf(definitions.Sent.dimensions).toEqualTypeOf<readonly ["stream", "shard?"]>();
expectTypeOf(kplMetrics.ErrorsByCode.dimensions).toEqualTypeOf<
  readonly ["code", "stream", "shard?"]
>();
accept<MetricCatalogue>(definitions);
accept<MetricCatalogue>(kplMetrics);
accept<MetricDefinition>({
  kind: "gauge",
  unit: undefined,
  level: undefined,
  dimensions: undefined,
});
// @ts-expect-error unknown kind
defineMetrics({ A: { kind: "histogram" } });
// @ts-expect-error unknown level
defineMetrics({ A: { kind: "gauge", level: "none" } });
// @ts-expect-error no kind
defineMetrics({ A: { unit: "ms" } });

// @ts-expect-error a property that does not exist
defineMetrics({ A: { kind: "gauge", labels: ["x"] } });
// @ts-expect-error not the unit's code
defineMetrics({ A: { kind: "distribution", unit: "milliseconds" } });
// @ts-expect-error not the unit's code
defineMetrics({ A: { kind: "gauge" }, B: { kind: "distribution", unit: "sec" } });
defineMetrics({ A: { kind: "counter", unit: "{anything}" }, B: { kind: "gauge", unit: "Cel" } });
declare const unitOfSomebody: string;
defineMetrics({ A: { kind: "counter", unit: unitOfSomebody } });

// What only one kind has.

defineMetrics({
  A: { kind: "gauge", holdMs: 60_000, combine: "mean" },
  B: { kind: "counter", quiet: "zero" },
  C: { kind: "distribution", thresholds: [100, 300], maxBuckets: 320 },
});
// @ts-expect-error only a gauge holds its level
defineMetrics({ A: { kind: "counter", holdMs: 1 } });
// @ts-expect-error only gauges are combined
defineMetrics({ A: { kind: "distribution", combine: "sum" } });
// @ts-expect-error only a counter can say 0
defineMetrics({ A: { kind: "gauge", quiet: "zero" } });
// @ts-expect-error only a distribution has thresholds
defineMetrics({ A: { kind: "gauge", thresholds: [1] } });
// @ts-expect-error only a distribution has buckets
defineMetrics({ A: { kind: "counter", maxBuckets: 320 } });
// @ts-expect-error no such combination
defineMetrics({ A: { kind: "gauge", combine: "last" } });

// Names.

metrics.put("Size", 1);
// @ts-expect-error misspelt name
metrics.put("Sise", 1);
// @ts-expect-error misspelt name
metrics.count("Strated");
// @ts-expect-error misspelt name
metrics.bind("Sise");
expectTypeOf<NamesOf<Definitions>["counter"]>().toEqualTypeOf<
  "Sent" | "Lost" | "Started" | "Elapsed"
>();
expectTypeOf<NamesOf<Definitions>["gauge"]>().toEqualTypeOf<"Pending" | "Heap" | "Uptime">();
expectTypeOf<NamesOf<Definitions>["distribution"]>().toEqualTypeOf<
  "RequestTime" | "Size" | "Depth"
>();
expectTypeOf<NamesOf<Definitions>["timed"]>().toEqualTypeOf<"Uptime" | "RequestTime">();

// Dimensions: all required ones, no others.

metrics.put("RequestTime", 1, { stream: "a" });
metrics.put("RequestTime", 1, { stream: "a", shard: 1 });
metrics.put("RequestTime", 1, { stream: "a", shard: undefined });
metrics.put("RequestTime", 1, { stream: 1, shard: null });
// @ts-expect-error a required dimension is never absent
metrics.put("RequestTime", 1, { stream: undefined });
// @ts-expect-error a required dimension is never absent
metrics.put("RequestTime", 1, { stream: null });
// @ts-expect-error dimensions forgotten
metrics.put("RequestTime", 1);
// @ts-expect-error dimensions forgotten
metrics.put("RequestTime", 1, undefined);
// @ts-expect-error required dimension forgotten
metrics.put("RequestTime", 1, { shard: "b" });
// @ts-expect-error misspelt dimension
metrics.put("RequestTime", 1, { stream: "a", shrd: "b" });
// @ts-expect-error not a dimension's value
metrics.put("RequestTime", 1, { stream: new Date() });
metrics.gauge("Heap", 1);
metrics.gauge("Heap", 1, undefined);
metrics.gauge("Heap", 1, {});
metrics.gauge("Heap", 1, { space: "new" });
// @ts-expect-error misspelt dimension
metrics.gauge("Heap", 1, { spaec: "new" });
metrics.gauge("Uptime", 1);
metrics.gauge("Uptime", 1, {});
// @ts-expect-error takes no dimensions
metrics.gauge("Uptime", 1, { stream: "a" });
metrics.distribution("Size", 1, { whatever: "undeclared dimensions take any" });

// Values: left out for counters alone, and then without dimensions.

metrics.put("Started");
metrics.count("Started");
metrics.count("Lost");
metrics.count("Lost", 2, { shard: "b" });
metrics.count("Sent", 1, { stream: "a" });
// @ts-expect-error an explicit undefined
metrics.put("Started", maybe);
// @ts-expect-error an explicit undefined
metrics.count("Lost", undefined, { shard: "b" });
// @ts-expect-error dimensions forgotten
metrics.count("Sent");
// @ts-expect-error no value for a distribution
metrics.put("Size");
// @ts-expect-error no value for a gauge
metrics.put("Heap");
// @ts-expect-error no value for a gauge
metrics.gauge("Heap");
// @ts-expect-error not a number
metrics.put("Size", "1");

// Verbs.

metrics.gauge("Pending", 1, { stream: "a" });
// @ts-expect-error a gauge is not counted
metrics.count("Pending", 1, { stream: "a" });
// @ts-expect-error a counter is not set
metrics.gauge("Sent", 1, { stream: "a" });
// @ts-expect-error a counter is no distribution
metrics.distribution("Started", 1);

// Bound metrics.

expectTypeOf(metrics.bind("Started")).toEqualTypeOf<BoundCounter>();
expectTypeOf(metrics.bind("Heap", { space: "new" })).toEqualTypeOf<BoundGauge>();
expectTypeOf(metrics.bind("Size")).toEqualTypeOf<BoundDistribution>();
metrics.bind("Started").put();
metrics.bind("Started").put(2);
metrics.bind("Heap").add(-1);
// @ts-expect-error an explicit undefined
metrics.bind("Started").put(maybe);
// @ts-expect-error no value for a gauge
metrics.bind("Heap").put();
// @ts-expect-error no value for a distribution
metrics.bind("Size").put();
// @ts-expect-error only gauges move
metrics.bind("Started").add(1);
// @ts-expect-error only gauges move
metrics.bind("Size").add(1);
// @ts-expect-error dimensions forgotten
metrics.bind("Sent");
// @ts-expect-error misspelt dimension
metrics.bind("Sent", { stream: "a", shrd: "b" });

// Values of dimensions may be enums and unions.

declare enum Stream {
  Orders = "orders",
}
declare const zone: "a" | "b" | 1 | undefined;
metrics.put("RequestTime", 1, { stream: Stream.Orders, shard: zone });
open.put("anything", 1, { stream: Stream.Orders, zone });

// A wrapper that is generic over the metric's name.

function countTwice<N extends NamesOf<Definitions>["counter"]>(
  name: N,
  ...args: ArgsFor<Definitions, N, "count">
): void {
  metrics.count(name, ...args);
  metrics.count(name, ...args);
}
countTwice("Started");
countTwice("Sent", 1, { stream: "a" });
// @ts-expect-error dimensions forgotten
countTwice("Sent", 1);
// @ts-expect-error a gauge is not counted
countTwice("Heap", 1);

function boundTo<N extends keyof Definitions>(
  name: N,
  ...dimensions: ArgsFor<Definitions, N, "dimensions">
): ArgsOf<Definitions>[N]["bound"] {
  return metrics.bind(name, ...dimensions);
}
boundTo("Heap").add(1);

// Ended series.

expectTypeOf(manager.forget("Pending", { stream: "a" })).toEqualTypeOf<number>();
manager.forget("Pending");
manager.forget("Lost", undefined);
// @ts-expect-error misspelt metric
manager.forget("Pendign");
// @ts-expect-error misspelt dimension
manager.forget("Pending", { strem: "a" });

// Times.

expectTypeOf(metrics.time("RequestTime", () => "x", { stream: "a" })).toEqualTypeOf<string>();
expectTypeOf(metrics.time("RequestTime", async () => "x", { stream: "a" })).toEqualTypeOf<
  Promise<string>
>();
metrics.time("Uptime", () => {});
void metrics.time(
  "RequestTime",
  async () => "x",
  (error, result) => {
    expectTypeOf(error).toEqualTypeOf<unknown>();
    expectTypeOf(result).toEqualTypeOf<string | undefined>();
    return { stream: "a", shard: result };
  },
);
const withoutStream = () => ({ shard: "b" });
// @ts-expect-error required dimension forgotten
metrics.time("RequestTime", () => 1, withoutStream);
// @ts-expect-error misspelt dimension
metrics.time("RequestTime", () => 1, { strem: "a" });
const pair: [number, string] = metrics.time("Uptime", () => [1, "a"]);
const failed: number = metrics.time("Uptime", () => {
  throw new Error(pair[1]);
});
expectTypeOf(failed).toEqualTypeOf<number>();
// @ts-expect-error a generator would not run
metrics.time("Uptime", function* () {
  yield 1;
});
// @ts-expect-error a generator would not run
metrics.time("Uptime", async function* () {
  yield Promise.resolve(1);
});
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a program without types has these
metrics.time("Uptime", () => JSON.parse("1") as { readonly next: () => void });
export function timed<T>(work: () => T): T {
  return metrics.time("RequestTime", work, { stream: "a" });
}
metrics.timer("RequestTime")({ stream: "a" });
metrics.timer("Uptime")();
// @ts-expect-error dimensions forgotten
metrics.time("RequestTime", () => "x");
// @ts-expect-error dimensions forgotten
metrics.timer("RequestTime")();
// @ts-expect-error misspelt dimension
metrics.timer("RequestTime")({ stream: "a", shrd: "b" });
// @ts-expect-error a counter
metrics.time("Elapsed", () => {});
// @ts-expect-error a counter
metrics.timer("Elapsed");
// @ts-expect-error bytes are no time
metrics.time("Size", () => {});
// @ts-expect-error bytes are no time
metrics.timer("Size");
// @ts-expect-error without a unit
metrics.timer("Depth");

// Without a catalogue anything goes.

open.put("anything", 1, { any: "thing", missing: undefined });
open.count("anything");
open.gauge("anything", 1);
open.distribution("anything", 1, { any: "thing" });
open.time("anything", () => 1, { any: "thing" });
open.time(
  "anything",
  () => 1,
  (error) => ({ status: error === undefined ? "ok" : "error" }),
);
open.timer("anything")({ any: "thing" });
open.bind("anything", { any: "thing" }).put(1);
// @ts-expect-error no value
open.put("anything");
// @ts-expect-error no value
open.bind("anything").put();
// @ts-expect-error no value
open.gauge("anything");
// @ts-expect-error no value
open.distribution("anything");
// @ts-expect-error no value
open.add("anything");
open.bind("anything").add(1);
expectTypeOf(open.bind("anything")).toEqualTypeOf<BoundMetric>();
// @ts-expect-error not a number
open.put("anything", "1");
// @ts-expect-error not a dimension's value
open.put("anything", 1, { any: {} });

// Big catalogues stand in for small ones, and never the reverse.

type Big = Definitions & typeof kplMetrics2;
type Small = Pick<Definitions, "Sent" | "Pending" | "RequestTime">;
type Other = { readonly Sent: { readonly kind: "gauge" } };
declare const kplMetrics2: Omit<typeof kplMetrics, "RequestTime">;
declare const big: Metrics<Big>;
declare const small: Metrics<Small>;
accept<Metrics<Definitions>>(big);
accept<Metrics<Small>>(big);
// @ts-expect-error a closed catalogue is no open one
accept<Metrics>(big);
// @ts-expect-error a part does not do for the whole
accept<Metrics<Big>>(small);
// @ts-expect-error another kind
accept<Metrics<Other>>(big);
// @ts-expect-error the open one declares nothing
accept<Metrics<Small>>(open);

// with().

declare const requests: Metrics<{
  readonly Orders: { readonly kind: "counter"; readonly dimensions: readonly ["tenant", "plan?"] };
  readonly Latency: {
    readonly kind: "distribution";
    readonly unit: "ms";
    readonly dimensions: readonly ["tenant", "route"];
  };
  readonly Depth: { readonly kind: "gauge"; readonly dimensions: readonly [] };
}>;
const ofTenant = requests.with({ tenant: "a" });
ofTenant.count("Orders");
ofTenant.count("Orders", 1, { plan: "free" });
ofTenant.count("Orders", 1, { tenant: "b" });
ofTenant.gauge("Depth", 1);
ofTenant.distribution("Latency", 1, { route: "/" });
ofTenant.with({ route: "/" }).distribution("Latency", 1);
ofTenant.with({ route: "/" }).bind("Latency").put(1);
const elapsed: number = ofTenant.timer("Latency")({ route: "/" });
accept<number>(elapsed);
// @ts-expect-error the view does not have this dimension
ofTenant.distribution("Latency", 1);
requests.with({ plan: undefined });
declare const perhaps: { readonly tenant?: string; readonly plan?: string };
requests.with({ plan: perhaps.plan, tenant: "a" }).count("Orders");
// @ts-expect-error a required dimension is never absent
requests.with(perhaps);
// @ts-expect-error a required dimension is never absent
requests.with({ tenant: undefined });
// @ts-expect-error no metric has this dimension
requests.with({ tenent: "a" });
// @ts-expect-error another kind
ofTenant.count("Depth");
// @ts-expect-error misspelt name
ofTenant.count("Order");
// @ts-expect-error an object is no dimension
requests.with({ tenant: {} });
declare const anyMetrics: Metrics;
anyMetrics.with({ anything: 1, nothing: undefined }).with({ more: true }).count("x", 1, { y: "z" });
