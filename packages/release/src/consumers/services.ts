/**
 * Two services as users write them, and the test of one of their modules, by file name. Their sink is
 * `@aiokpl/sink`: whichever package is installed under that name.
 */
export const SERVICE_FILES: Readonly<Record<string, string>> = {
  "orders.mjs": `import { defineMetrics } from "@aiokpl/metrics-core";

export const orderMetrics = defineMetrics({
  OrdersPlaced: { kind: "counter", unit: "{order}", dimensions: ["country"] },
  OrdersOpen: { kind: "gauge", dimensions: [] },
  PaymentTime: { kind: "distribution", unit: "ms", dimensions: ["status"] },
});

export async function placeOrder(metrics, country, pay) {
  metrics.add("OrdersOpen", 1);
  try {
    await metrics.time("PaymentTime", pay, (error) => ({ status: error ? "error" : "ok" }));
    metrics.count("OrdersPlaced", 1, { country });
  } finally {
    metrics.add("OrdersOpen", -1);
  }
}
`,
  "orders.test.mjs": `import assert from "node:assert/strict";
import { test } from "node:test";
import { InMemorySink, MetricsManager } from "@aiokpl/metrics-core";
import { assertNothingRefused, readMetric, readSeries } from "@aiokpl/metrics-core/testing";
import { orderMetrics, placeOrder } from "./orders.mjs";

test("an order is counted, and a payment that fails is not", async () => {
  const metrics = new MetricsManager({
    sink: new InMemorySink(),
    metrics: orderMetrics,
    commonDimensions: { service: "shop" },
    undeclared: "refuse",
  });
  await placeOrder(metrics, "PT", async () => {});
  const failed = placeOrder(metrics, "NO", () => Promise.reject(new Error("declined")));
  await assert.rejects(failed, /declined/);
  assert.equal(readMetric(metrics, "OrdersPlaced", { country: "PT" }).sum, 1);
  assert.deepEqual(readSeries(metrics, "OrdersPlaced", { country: "NO" }), []);
  assert.equal(readMetric(metrics, "PaymentTime", { status: "error" }).count, 1);
  assert.equal(readMetric(metrics, "OrdersOpen").last, 0);
  assertNothingRefused(metrics);
  await metrics.close();
});
`,
  "metrics.mjs": `import { MetricsManager } from "@aiokpl/metrics-core";
import { closeOnExit } from "@aiokpl/metrics-core/node";
import { createSink } from "@aiokpl/sink";
import { orderMetrics } from "./orders.mjs";

export const metrics = new MetricsManager({
  sink: createSink(),
  metrics: orderMetrics,
  commonDimensions: { service: "shop" },
  exportIntervalMs: 1_000,
  onError: (error) => console.error(error.message),
});

export function closeWith(stopServer) {
  closeOnExit(metrics, {
    before: stopServer,
    onResult: ({ ok, pending }) => console.log(ok ? "metrics delivered" : \`\${pending} pending\`),
  });
}
metrics.start().catch((error) => console.error(error.message));
`,
  "fastify.mjs": `import fastify from "fastify";
import { closeWith, metrics } from "./metrics.mjs";
import { placeOrder } from "./orders.mjs";

const app = fastify();
app.post("/orders/:country", async (request) => {
  await placeOrder(metrics, request.params.country, async () => {});
  return { placed: true };
});
closeWith(() => app.close());
console.log(\`listening on \${await app.listen({ port: 0, host: "127.0.0.1" })}\`);
`,
  "express.mjs": `import express from "express";
import { closeWith, metrics } from "./metrics.mjs";
import { placeOrder } from "./orders.mjs";

const app = express();
app.post("/orders/:country", async (request, response) => {
  await placeOrder(metrics, request.params.country, async () => {});
  response.json({ placed: true });
});
const server = app.listen(0, "127.0.0.1", () => {
  console.log(\`listening on http://127.0.0.1:\${server.address().port}\`);
});
closeWith(() => new Promise((resolve) => server.close(resolve)));
`,
};
