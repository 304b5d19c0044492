import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Consumer, createConsumer } from "./consumer.ts";
import { type Registry, startRegistry } from "./registry.ts";

let registry: Registry;
let consumer: Consumer;
const versions = ["5.4", "5.9", "6.0", "7.0"];

beforeAll(async () => {
  registry = await startRegistry();
  consumer = await createConsumer(registry);
  await consumer.install({
    ...Object.fromEntries(registry.names.map((name) => [name, "^1"])),
    "@opentelemetry/api": "^1.10.0",
    "@opentelemetry/sdk-metrics": "^3.1.1",
    "@types/node": "^24.0.0",
    ...Object.fromEntries(
      versions.map((each) => [`typescript-${each}`, `npm:typescript@~${each}.0`]),
    ),
  });
  for (const extension of ["mts", "cts"]) await consumer.write(`main.${extension}`, PROGRAM);
  await consumer.write("mistakes.mts", MISTAKES);
});
afterAll(async () => {
  await consumer[Symbol.asyncDispose]();
  await registry[Symbol.asyncDispose]();
});

const PROGRAM = `
import { createSink as createConsole, defineMetrics, InMemorySink, kplMetrics, MetricsManager, quantile } from "@aiokpl/metrics-core";
import type { FlushResult, MetricsSink } from "@aiokpl/metrics-core";
import { closeOnExit } from "@aiokpl/metrics-core/node";
import { mergeSnapshots, toValuesAndCounts } from "@aiokpl/metrics-core/sink";
import type { CreateSink } from "@aiokpl/metrics-core/sink";
import { ManualClock } from "@aiokpl/metrics-core/testing";
import { CloudWatchSink, createSink as createCloudWatch } from "@aiokpl/sink-cloudwatch";
import { createSink as createDatadog, DatadogSink } from "@aiokpl/sink-datadog";
import { createSink as createOtel, OpenTelemetryExporterSink, OpenTelemetryMetricProducer, OpenTelemetrySink } from "@aiokpl/sink-otel";
import { exampleSnapshots, startIntakeServer } from "@aiokpl/sink-testkit";

const create: CreateSink[] = [createConsole, createCloudWatch, createDatadog, createOtel];
const sinks: MetricsSink[] = [new CloudWatchSink({ region: "eu-west-1" }), new InMemorySink(), ...create.map((one) => one({ namespace: "shop" }))];
const metrics = new MetricsManager({
  sink: sinks,
  clock: new ManualClock(),
  metrics: defineMetrics({ Requests: { kind: "counter", dimensions: ["route", "status?"] } }),
});
metrics.put("Requests", 1, { route: "/" });
metrics.bind("Requests", { route: "/", status: 200 }).put();
const kpl = metrics.declare(kplMetrics);
kpl.put("UserRecordsPut", 1, { stream: "s" });
const [snapshot] = exampleSnapshots();
if (snapshot !== undefined) console.log(quantile(snapshot, 0.5), mergeSnapshots(snapshot, snapshot), toValuesAndCounts(snapshot, 150));
closeOnExit(metrics);
const result: Promise<FlushResult> = metrics.close();
console.log(result, DatadogSink, OpenTelemetryExporterSink, OpenTelemetryMetricProducer, OpenTelemetrySink, startIntakeServer);
`;

const MISTAKES = `
import { defineMetrics, MetricsManager } from "@aiokpl/metrics-core";
const metrics = new MetricsManager({ metrics: defineMetrics({ Requests: { kind: "counter", dimensions: ["route"] } }) });
// @ts-expect-error the name is misspelt
metrics.put("Request", 1, { route: "/" });
// @ts-expect-error a dimension is missing
metrics.put("Requests", 1);
// @ts-expect-error the dimension is misspelt
metrics.put("Requests", 1, { rout: "/" });
`;

const MODULES = {
  nodenext: ["--module", "nodenext"],
  bundler: ["--module", "esnext", "--moduleResolution", "bundler"],
} as const;

describe.each(versions)("TypeScript %s", (version) => {
  const compile = (files: readonly string[], options: readonly string[]) =>
    consumer
      .run(process.execPath, [
        `node_modules/typescript-${version}/bin/tsc`,
        "--noEmit",
        "--strict",
        "--exactOptionalPropertyTypes",
        "--skipLibCheck",
        "false",
        "--target",
        "es2022",
        "--types",
        "node",
        ...options,
        ...files,
      ])
      .then(
        () => "",
        (error: { stdout: string }) => error.stdout,
      );

  test.each(Object.entries(MODULES))(
    "compiles a program of all packages, %s",
    async (_, options) => {
      expect(await compile(["main.mts"], options)).toBe("");
    },
  );

  test("finds the mistakes that the types are there to find", async () => {
    expect(await compile(["mistakes.mts"], MODULES.nodenext)).toBe("");
  });

  test("compiles it as CommonJS, for a bundler", async () => {
    const preserve = ["--module", "preserve", "--moduleResolution", "bundler"];
    expect(await compile(["main.cts"], preserve)).toBe("");
  });

  test("compiles it as CommonJS, for Node", async () => {
    // Before 5.8 TypeScript did not know that Node can require() ES modules, and says so.
    const knowsRequire = version !== "5.4";
    expect(await compile(["main.cts"], MODULES.nodenext)).toMatch(knowsRequire ? /^$/ : /TS1479/);
  });
});
