import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { createConsumer } from "./consumer.ts";

/** Each of the three ways in, with types, against whatever SDK is installed. */
const PROGRAM = `
import { MetricsManager } from "@aiokpl/metrics-core";
import { OpenTelemetryExporterSink, OpenTelemetryMetricProducer, OpenTelemetrySink } from "@aiokpl/sink-otel";
import { metrics as api } from "@opentelemetry/api";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";

const direct = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const read = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const producer = new OpenTelemetryMetricProducer({ namespace: "producer" });
const provider = new MeterProvider({
  readers: [new PeriodicExportingMetricReader({ exporter: read, metricProducers: [producer] })],
});
api.setGlobalMeterProvider(provider);
const sink = [
  new OpenTelemetryExporterSink({ exporter: direct, namespace: "exporter" }),
  producer,
  new OpenTelemetrySink({ namespace: "meter" }),
  new OpenTelemetrySink({ namespace: "given", meterProvider: provider }),
];
const metrics = new MetricsManager({ sink });
for (let i = 1; i <= 3; i++) {
  metrics.count("orders", i, { country: "PT" });
  metrics.gauge("depth", i);
  metrics.distribution("latency", i);
}
const { ok } = await metrics.close();
await provider.forceFlush();
const seen: Record<string, unknown> = {};
for (const exporter of [direct, read])
  for (const { scopeMetrics } of exporter.getMetrics().slice(-1))
    for (const { metrics: all } of scopeMetrics)
      for (const { descriptor, dataPoints } of all)
        for (const { value } of dataPoints)
          seen[descriptor.name] = typeof value === "number" ? value : [value.count, value.sum];
console.log(JSON.stringify({ ok, seen }));
await provider.shutdown();
`;

const EXPECTED = Object.fromEntries(
  ["exporter", "producer", "meter", "given"].flatMap((namespace) => [
    [`${namespace}.orders`, 6],
    [`${namespace}.depth`, 3],
    [`${namespace}.latency`, [3, 6]],
  ]),
);

test.each([
  ["1.9.0", "2.0.0"],
  ["1.9.1", "2.12.1"],
  ["1.10.0", "3.1.1"],
])("API %s and SDK %s: compiles, library types checked, and works", async (api, sdk) => {
  await using consumer = await createConsumer();
  await consumer.install({
    "@aiokpl/metrics-core": "^1",
    "@aiokpl/sink-otel": "^1",
    "@opentelemetry/api": api,
    "@opentelemetry/sdk-metrics": sdk,
    "@types/node": "^24.0.0",
    typescript: "^5.9.0",
  });
  await consumer.write("main.ts", PROGRAM);
  await consumer.run(process.execPath, [
    "node_modules/typescript/bin/tsc",
    "--strict",
    "--skipLibCheck",
    "false",
    "--module",
    "nodenext",
    "--target",
    "es2023",
    "--types",
    "node",
    "main.ts",
  ]);
  const { stdout } = await consumer.run(process.execPath, ["main.js"]);
  expect(JSON.parse(stdout)).toEqual({ ok: true, seen: EXPECTED });
});

/** What a program is told that has the API alone, neither an SDK nor an exporter. */
const BARE = `
import { MetricsManager } from "@aiokpl/metrics-core";
import { createSink } from "@aiokpl/sink-otel";

const metrics = new MetricsManager({ sink: createSink(), onError: () => {} });
metrics.count("orders");
const told = await metrics.start().then(() => "nothing", ({ message }) => message);
const { ok, pending } = await metrics.close({ timeoutMs: 1_000 });
console.log(JSON.stringify({ told, ok, pending }));
`;

test("without an SDK and without the exporter: start() rejects with the line that installs it, and the exporter then serves", async () => {
  await using consumer = await createConsumer();
  const dependencies = {
    "@aiokpl/metrics-core": "^1",
    "@aiokpl/sink-otel": "^1",
    "@opentelemetry/api": "^1.9.0",
  };
  await consumer.install(dependencies);
  await consumer.write("bare.mjs", BARE);
  const before = await consumer.run(process.execPath, ["bare.mjs"]);
  expect(JSON.parse(before.stdout)).toEqual({
    told: expect.stringContaining(
      "npm install @opentelemetry/exporter-metrics-otlp-proto",
    ) as unknown,
    ok: false,
    pending: 1,
  });

  const received: string[] = [];
  const server = createServer((request, response) => {
    received.push(`${request.method} ${request.url}`);
    request.resume().on("end", () => response.end());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  try {
    await consumer.install({
      ...dependencies,
      "@opentelemetry/exporter-metrics-otlp-proto": "^0.301.0",
    });
    const after = await consumer.run(process.execPath, ["bare.mjs"], {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
    });
    expect(JSON.parse(after.stdout)).toEqual({ told: "nothing", ok: true, pending: 0 });
    expect(received).toEqual(["POST /v1/metrics"]);
  } finally {
    server.close();
  }
});
