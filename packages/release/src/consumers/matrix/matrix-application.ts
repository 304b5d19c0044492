import type { Totals } from "../application.ts";

/** Records the same in every cell, by whatever `existing.mts` makes, and prints what became of it. */
export const MATRIX_APPLICATION = `
import { MetricsManager } from "@aiokpl/metrics-core";
import { finish, recordRefused, sinkFor } from "./existing.mjs";

async function report(): Promise<unknown> {
  const errors: string[] = [];
  const onError = ({ message }: Error): void => void errors.push(message);
  const metrics = new MetricsManager({ sink: sinkFor("shop"), onError });
  const told = await metrics.start().then(() => undefined, ({ message }: Error) => message);
  if (told !== undefined) {
    metrics.count("orders");
    const { ok } = await metrics.close({ timeoutMs: 1_000 });
    return { told, ok };
  }
  for (let i = 1; i <= 1_000; i++) {
    metrics.count("orders", 1, { country: "PT" });
    metrics.distribution("latency", i, { route: "/" });
  }
  metrics.gauge("depth", 3);
  metrics.gauge("depth", 17);
  const { ok } = await metrics.close();
  const refusing = new MetricsManager({ sink: sinkFor("refused"), onError: () => {} });
  recordRefused(refusing);
  await refusing.close({ timeoutMs: 5_000 });
  await finish();
  return { ok, rejected: refusing.stats().sinks[0]?.rejected.observations, errors };
}

console.log("@@" + JSON.stringify(await report()));
`;

/** What must arrive of it. */
export const MATRIX_TOTALS: Totals = {
  orders: 1_000,
  depth: 17,
  latency: { count: 1_000, sum: 500_500, max: 1_000 },
};
