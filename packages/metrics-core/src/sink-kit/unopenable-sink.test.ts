import { expect, test } from "vitest";
import { ManualClock } from "../windows/manual-clock.ts";
import { MetricsManager } from "../metrics-manager.ts";
import { unopenableSink } from "./unopenable-sink.ts";

test("start() rejects with the reason, and what is recorded stays pending", async () => {
  const sink = unopenableSink("x", new TypeError("X_KEY is not set"));
  const metrics = new MetricsManager({ sink, clock: new ManualClock(), onError: () => {} });
  metrics.count("a");
  await expect(metrics.start()).rejects.toThrow("X_KEY is not set");
  expect(await metrics.close()).toMatchObject({ ok: false, pending: 1 });
});
