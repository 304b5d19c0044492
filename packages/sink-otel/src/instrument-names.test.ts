import { kplMetrics } from "@aiokpl/metrics-core";
import { expect, test } from "vitest";
import { InstrumentNames, unitOf } from "./instrument-names.ts";
import { semanticMetricName } from "./semantic-metric-name.ts";

const as = (namespace: string, nameOf = (name: string) => name) =>
  new InstrumentNames(namespace, nameOf);

test.each([
  ["shop", "orders", "shop.orders"],
  ["", "orders/s", "orders/s"],
  ["aiokpl", "1st", "aiokpl.1st"],
])("the namespace %j and %s make %s", (namespace, metric, name) => {
  expect(as(namespace).of(metric, "counter")).toEqual({ name });
});

test.each(["", "1st", "é", "a b", "x".repeat(256)])(
  "invalid instrument name %j: refused",
  (name) => {
    expect(as("").of(name, "counter").refusal).toMatch(/is none of OpenTelemetry's/);
  },
);

test("same name but for case: the first keeps it, for good", () => {
  const names = as("");
  expect(names.of("Orders", "counter")).toEqual({ name: "Orders" });
  expect(names.of("orders", "counter").refusal).toContain('that of the counter "Orders" already');
  expect(names.of("Orders", "counter")).toEqual({ name: "Orders" });
});

test("nameOf that throws: refused", () => {
  const names = as("", () => {
    throw new Error("no");
  });
  expect(names.of("a", "gauge").refusal).toBe('nameOf threw for "a": Error: no');
});

test("every metric of the KPL has a name of its own in semantic style", () => {
  const names = as("aiokpl", semanticMetricName);
  const all = Object.entries(kplMetrics).map(([name, { kind }]) => names.of(name, kind).name);
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
