import { expect, test } from "vitest";
import { VendorNames } from "./vendor-names.ts";

test("Type conflict: the first metric keeps a name at Datadog, and the second is refused", () => {
  const names = new VendorNames([0.5]);
  expect(names.claim("latency", "aggregates")).toBeUndefined();
  expect(names.claim("latency", "aggregates")).toBeUndefined();
  expect(names.claim("latency.count", "counter")).toBe(
    "the name latency.count at Datadog already belongs to the aggregates latency",
  );
  expect(names.claim("latency.median", "gauge")).toMatch(/belongs to the aggregates latency/);
  expect(names.claim("latency", "gauge")).toBeUndefined();
  expect(names.claim("latency", "counter")).toMatch(/belongs to the gauge latency/);
});

test("a multitude of names does not stay in memory", () => {
  const names = new VendorNames([]);
  names.claim("a", "counter");
  expect(names.claim("a", "gauge")).toMatch(/already belongs to the counter a/);
  for (let i = 0; i < 20_000; i++) names.claim(`n${i}`, "counter");
  expect(names.claim("a", "gauge")).toBeUndefined();
});
