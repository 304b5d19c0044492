import { expect, test } from "vitest";
import { MetricsManager } from "../metrics-manager.ts";
import { InMemorySink } from "../sinks/in-memory-sink.ts";
import { assertNothingRefused } from "./assert-nothing-refused.ts";

test("asserts that nothing was refused, and else says how much for which reason", () => {
  const metrics = new MetricsManager({
    sink: new InMemorySink(),
    metrics: { orders: { kind: "counter" } },
    undeclared: "refuse",
    onError() {},
  });
  metrics.count("orders");
  assertNothingRefused(metrics);
  metrics.count("orders", NaN);
  metrics.count("orders", -1);
  const misspelt = metrics as unknown as MetricsManager;
  misspelt.count("order");
  expect(() => assertNothingRefused(metrics)).toThrow(
    "The manager refused observations: invalid_value 2, undeclared 1.",
  );
});
