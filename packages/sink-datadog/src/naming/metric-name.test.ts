import { expect, test } from "vitest";
import { invalidNameReason, metricName, percentileSuffix } from "./metric-name.ts";

test.each([
  ["shop", "orders", "shop.orders"],
  ["", "orders.count", "orders.count"],
  ["shop", "größe-2", "shop.gr__e_2"],
  ["shop", "👍", "shop._"],
  ["my app", "Orders", "my_app.Orders"],
])("Name with other characters: %s and %s make %s", (namespace, name, expected) => {
  expect(metricName(namespace, name)).toBe(expected);
});

test.each(["", "1st", "_x", ".x", "x".repeat(201), "a b"])("%j is refused", (name) => {
  expect(invalidNameReason(name)).toMatch(/the name /);
});

test("percentiles are named as datadog-metrics names them", () => {
  expect([0.5, 0.57, 0.95, 0.999, 1].map(percentileSuffix)).toEqual([
    "median",
    "57percentile",
    "95percentile",
    "99.9percentile",
    "100percentile",
  ]);
});
