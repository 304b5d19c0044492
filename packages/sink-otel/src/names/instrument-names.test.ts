import { kplMetrics } from "@aiokpl/metrics-core";
import { beforeEach, expect, test } from "vitest";
import { InstrumentNames } from "./instrument-names.ts";
import { unitOf } from "./unit.ts";
import { semanticMetricName } from "./semantic-metric-name.ts";
import { Warnings } from "@aiokpl/metrics-core/sink";

let warnings: string[] = [];
beforeEach(() => (warnings = []));

const as = (namespace: string, nameOf = (name: string) => name) =>
  new InstrumentNames(
    namespace,
    nameOf,
    new Warnings("opentelemetry", (message) => warnings.push(message)),
  );
const counter = (name: string, unit = "1") => ({ name, kind: "counter", unit }) as const;

test.each([
  ["shop", "orders", "shop.orders"],
  ["", "orders/s", "orders/s"],
  ["aiokpl", "1st", "aiokpl.1st"],
])("the namespace %j and %s make %s", (namespace, metric, name) => {
  expect(as(namespace).assign(counter(metric))).toEqual({ name });
});

test.each(["", "1st", "é", "a b", "x".repeat(256)])("the name %j is refused", (name) => {
  expect(as("").assign(counter(name)).refusal).toMatch(/does not allow the name/);
});

test("names that differ only in case share an instrument, under the spelling that came first", () => {
  const names = as("");
  expect(names.assign(counter("Orders"))).toEqual({ name: "Orders" });
  expect(names.assign(counter("orders"))).toEqual({ name: "Orders" });
  expect(names.assign(counter("ORDERS"))).toEqual({ name: "Orders" });
  expect(names.assign(counter("Orders"))).toEqual({ name: "Orders" });
  expect(warnings).toEqual([
    expect.stringContaining('"orders" and "Orders" are reported as one metric, "Orders"'),
    expect.stringContaining('"ORDERS" and "Orders" are reported as one metric, "Orders"'),
  ]);
});

test("two metrics that nameOf gives the same name share an instrument", () => {
  const names = as("", semanticMetricName);
  expect(names.assign(counter("OrderValue"))).toEqual({ name: "order_value" });
  expect(names.assign(counter("order_value"))).toEqual({ name: "order_value" });
  expect(warnings).toHaveLength(1);
});

test.each([
  [{ kind: "gauge" }, 'already belongs to "Orders", a counter, and "orders" is a gauge'],
  [{ unit: "s" }, 'already belongs to "Orders", a counter, and "orders" is a counter in s'],
] as const)("names that differ only in case, and %o: the later metric is refused", (other, why) => {
  const names = as("");
  names.assign(counter("Orders"));
  expect(names.assign({ ...counter("orders"), ...other }).refusal).toContain(why);
  expect(names.assign(counter("Orders"))).toEqual({ name: "Orders" });
});

test("gauges whose names differ only in case must combine in the same way", () => {
  const names = as("");
  names.assign({ name: "Level", kind: "gauge", unit: "1", combine: "max" });
  expect(names.assign({ name: "level", kind: "gauge", unit: "1" }).refusal).toContain(
    'already belongs to "Level", whose levels combine by max, and those of "level" combine by sum',
  );
});

test("units that OpenTelemetry is not told do not keep metrics apart", () => {
  const names = as("");
  names.assign(counter("Orders", "1"));
  expect(names.assign(counter("orders", "µs"))).toEqual({ name: "Orders" });
});

test("a metric whose unit changes is refused", () => {
  const names = as("");
  names.assign(counter("a", "ms"));
  expect(names.assign(counter("a", "s")).refusal).toBe('"a" is already a counter in ms');
});

test("a metric whose kind changes is refused", () => {
  const names = as("");
  names.assign(counter("a"));
  expect(names.assign({ ...counter("a"), kind: "gauge" }).refusal).toBe('"a" is already a counter');
  expect(names.assign(counter("a"))).toEqual({ name: "a" });
});

test("an illegal unit is left out, with one warning", () => {
  const names = as("");
  for (const unit of ["µs", "µs", "ms"]) names.assign(counter("a", unit));
  names.assign(counter("b", "x".repeat(64)));
  expect(warnings).toEqual([
    expect.stringContaining('the unit of "a" is left out'),
    expect.stringContaining('the unit of "b" is left out'),
  ]);
});

test.each(["é", "1st", "a b", "x".repeat(254)])("the namespace %j is refused", (namespace) => {
  expect(() => as(namespace)).toThrow(
    /namespace is ".*", must be "" or the beginning of a legal name/,
  );
});

test("a metric for which nameOf throws is refused", () => {
  const names = as("", () => {
    throw new Error("no");
  });
  expect(names.assign(counter("a")).refusal).toBe('the option nameOf threw for "a": Error: no');
});

test("a metric for which nameOf returns no string is refused, and a promise's rejection reaches nobody", () => {
  const names = as("", () => Promise.reject(new Error("async")) as unknown as string);
  expect(names.assign(counter("a")).refusal).toBe(
    'the option nameOf returned an object for "a", must return a string',
  );
});

test("nothing from outside breaks the line of a message", () => {
  const names = as("", () => {
    throw new Error("\u001b[2J\r\nforged");
  });
  const { refusal = "" } = names.assign(counter("a\u202e\u2028b"));
  expect(refusal).not.toMatch(/[\p{Cc}\p{Zl}\u202e]/u);
  expect(as("").assign(counter("a\u202e\u2028b")).refusal).not.toMatch(/[\p{Zl}\u202e]/u);
});

test.each(["_", "a_", "A", "aA", "é"])("a long name of %j takes no time to convert", (part) => {
  const started = performance.now();
  semanticMetricName(`${part.repeat(80_000)}b`);
  expect(performance.now() - started).toBeLessThan(500);
});

test("every metric of the KPL has a name of its own in semantic style", () => {
  const names = as("aiokpl", semanticMetricName);
  const all = Object.entries(kplMetrics).map(
    ([name, { kind }]) => names.assign({ name, kind, unit: "1" }).name,
  );
  expect(all).toHaveLength(15);
  for (const name of all) expect(name).toMatch(/^aiokpl\.[a-z]+(_[a-z]+)*(\.[a-z]+(_[a-z]+)*)?$/);
  expect(all).toContain("aiokpl.user_records.put");
});

test.each([
  ["OrderValue", "order_value"],
  ["HTTPRequests", "http_requests"],
  ["queue.depth", "queue.depth"],
  ["Größe in MB", "gr_e_in_mb"],
])("%s is %s in semantic style", (name, expected) => {
  expect(semanticMetricName(name)).toBe(expected);
});

test.each([
  ["1", ""],
  ["ms", "ms"],
  ["{record}", "{record}"],
  ["x".repeat(64), ""],
  ["µs", ""],
])("the unit %j is %j", (unit, expected) => {
  expect(unitOf(unit)).toBe(expected);
});
