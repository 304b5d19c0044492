import { createRequire } from "node:module";
import { MetricsManager } from "@aiokpl/metrics-core";
import { startIntakeServer } from "@aiokpl/sink-testkit";
import { context, trace } from "@opentelemetry/api";
import { HttpInstrumentation } from "@opentelemetry/instrumentation-http";
import { NodeSDK } from "@opentelemetry/sdk-node";
import { expect, test } from "vitest";
import { DatadogSink } from "./datadog-sink.ts";
import { fakeDatadog } from "./testing/fake-datadog.ts";

test("OpenTelemetry's instrumentation makes no span of a request to Datadog, and adds no header", async () => {
  await using intake = await startIntakeServer({ script: fakeDatadog });
  const spans: string[] = [];
  const sdk = new NodeSDK({
    instrumentations: [new HttpInstrumentation({ disableIncomingRequestInstrumentation: true })],
    spanProcessors: [
      {
        onStart: ({ name }) => void spans.push(name),
        onEnd: () => {},
        forceFlush: async () => {},
        shutdown: async () => {},
      },
    ],
    metricReaders: [],
    logRecordProcessors: [],
  });
  sdk.start();
  // Instrumentations patch what require() gives them after that.
  const { get } = createRequire(import.meta.url)("node:http") as typeof import("node:http");
  const visit = (): Promise<unknown> =>
    new Promise((resolve, reject) => {
      get(intake.url, (answer) => answer.resume().on("end", resolve)).on("error", reject);
    });
  try {
    await visit();
    expect(spans).toEqual(["GET"]);
    expect(intake.requests[0]?.headers).toHaveProperty("traceparent");
    const sink = new DatadogSink({
      apiKey: "0123456789abcdef0123456789abcdef",
      baseUrl: intake.url,
      distributions: "distribution",
    });
    const metrics = new MetricsManager({ sink });
    const ofProgram = trace.getTracer("program").startSpan("work");
    await context.with(trace.setSpan(context.active(), ofProgram), async () => {
      metrics.count("orders");
      await metrics.flush();
      metrics.distribution("latency", 5);
      await metrics.close();
    });
    expect(intake.accepted).toHaveLength(2);
    for (const { headers } of intake.requests.slice(1))
      expect(headers).not.toHaveProperty("traceparent");
    expect(spans).toEqual(["GET", "work"]);
    // What the program sends afterwards is traced as before.
    await visit();
    expect(spans).toEqual(["GET", "work", "GET"]);
  } finally {
    await sdk.shutdown();
  }
});
