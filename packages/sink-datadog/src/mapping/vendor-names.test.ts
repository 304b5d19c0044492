import { expect, test } from "vitest";
import { VendorNames } from "./vendor-names.ts";

test("Type conflict: the first metric keeps a name of Datadog's, the second is refused", () => {
  const names = new VendorNames([0.5]);
  expect(names.refusal("latency", "aggregates")).toBeUndefined();
  expect(names.refusal("latency", "aggregates")).toBeUndefined();
  expect(names.refusal("latency.count", "counter")).toBe(
    "at Datadog latency.count is the aggregates latency already",
  );
  expect(names.refusal("latency.median", "gauge")).toMatch(/is the aggregates latency already/);
  expect(names.refusal("latency", "gauge")).toBeUndefined();
  expect(names.refusal("latency", "counter")).toMatch(/is the gauge latency already/);
});
