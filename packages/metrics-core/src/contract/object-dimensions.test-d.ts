// Never run: `tsc --noEmit` compiles it, and fails where an expected error does not come.
import type { MetricsManager } from "../metrics-manager.ts";
import type { Metrics } from "./metrics.ts";

interface Labels {
  readonly route: string;
  readonly status?: number;
}
class Tags {
  readonly route = "/";
  toText(): string {
    return this.route;
  }
}
interface Named {
  readonly call: string;
  readonly then: number;
  readonly getTime?: boolean;
}
declare const labels: Labels;
declare const named: Named;
declare const tags: Tags;
declare const alias: { readonly route: string };
declare const record: Readonly<Record<string, string | undefined>>;
declare const open: MetricsManager;
declare const metrics: Metrics<{
  Any: { kind: "counter" };
  Of: { kind: "counter"; dimensions: ["route", "status?"] };
  None: { kind: "counter"; dimensions: [] };
}>;

// Where any dimensions are taken, they may be of an interface or a class.

open.count("hits", 1, labels);
open.gauge("depth", 1, tags);
open.add("depth", 1, labels);
open.distribution("size", 1, tags, 2);
open.put("size", 1, labels);
open.put("size", 1, alias);
open.put("size", 1, record);
open.bind("hits", labels).put(1);
open.observe("depth", () => 1, labels);
open.observe("depth", () => [[1, labels]]);
open.time("took", () => 1, labels);
open.timer("took")(tags);
open.with(labels).count("hits");
open.count("hits", 1, named);
metrics.count("Any", 1, labels);
metrics.count("Of", 1, labels);
// @ts-expect-error takes no dimensions
metrics.count("None", 1, labels);
// @ts-expect-error it requires route
metrics.count("Of", 1, record);

// What is written there is compared property by property, and what is no object with properties is refused.

// @ts-expect-error not a dimension's value
open.count("hits", 1, { route: {} });
// @ts-expect-error not a dimension's value
metrics.count("Any", 1, { route: new Date() });
// @ts-expect-error a list
open.count("hits", 1, ["a"]);
// @ts-expect-error a map
open.count("hits", 1, new Map([["route", "/"]]));
// @ts-expect-error a map
open.count("hits", 1, new WeakMap());
// @ts-expect-error bytes
open.count("hits", 1, new ArrayBuffer(1));
// @ts-expect-error a date
open.count("hits", 1, new Date());
// @ts-expect-error a promise
open.count("hits", 1, Promise.resolve(labels));
// @ts-expect-error a function
open.count("hits", 1, () => labels);
// @ts-expect-error a number
open.count("hits", 1, 1);
// @ts-expect-error a text
open.bind("hits", "route");
const later = async () => labels;
// @ts-expect-error a promise of dimensions
open.time("took", () => 1, later);
const wrong = () => ({ route: new Date() });
// @ts-expect-error not a dimension's value
open.time("took", () => 1, wrong);
