import { MetricsManager } from "@aiokpl/metrics-core";
import { expect, test, vi } from "vitest";
import { createSink } from "./index.ts";

test("before a vendor is chosen, metrics go to the console under their own names", async () => {
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  const metrics = new MetricsManager({ sink: createSink() });
  metrics.count("orders", 2, { country: "PT" });
  const { ok } = await metrics.close();
  const text = log.mock.calls.join("\n");
  log.mockRestore();
  expect(ok).toBe(true);
  expect(text).toMatch(/^orders +country=PT +1 +2/m);
});
