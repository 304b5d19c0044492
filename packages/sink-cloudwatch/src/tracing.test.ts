import { createRequire } from "node:module";
import { MetricsManager } from "@aiokpl/metrics-core";
import { startIntakeServer } from "@aiokpl/sink-testkit";
import { context, trace } from "@opentelemetry/api";
import { AwsInstrumentation } from "@opentelemetry/instrumentation-aws-sdk";
import { HttpInstrumentation } from "@opentelemetry/instrumentation-http";
import { NodeSDK } from "@opentelemetry/sdk-node";
import { expect, test } from "vitest";
import { fakeCloudWatch } from "./testing/fake-cloudwatch.ts";

const region = "eu-west-1";
const credentials = { accessKeyId: "key", secretAccessKey: "secret" };

test("OpenTelemetry's instrumentations make no span of a request to CloudWatch, and add no header", async () => {
  await using intake = await startIntakeServer({ script: fakeCloudWatch });
  const spans: string[] = [];
  const sdk = new NodeSDK({
    instrumentations: [
      new HttpInstrumentation({ disableIncomingRequestInstrumentation: true }),
      new AwsInstrumentation(),
    ],
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
  try {
    // Instrumentations patch what is loaded after them, by require().
    const { CloudWatchClient, ListMetricsCommand } = createRequire(import.meta.url)(
      "@aws-sdk/client-cloudwatch",
    ) as typeof import("@aws-sdk/client-cloudwatch");
    const client = new CloudWatchClient({
      endpoint: intake.url,
      region,
      credentials,
      maxAttempts: 1,
    });
    await client.send(new ListMetricsCommand({})).catch(() => {});
    expect(spans).toEqual(["CloudWatch.ListMetrics", "POST"]);
    spans.length = 0;
    expect(intake.requests[0]?.headers).toHaveProperty("traceparent");
    const { CloudWatchSink } = await import("./cloudwatch-sink.ts");
    for (const sink of [
      new CloudWatchSink({ endpoint: intake.url, region, credentials }),
      new CloudWatchSink({ client }),
    ]) {
      const metrics = new MetricsManager({ sink });
      const ofProgram = trace.getTracer("program").startSpan("work");
      await context.with(trace.setSpan(context.active(), ofProgram), async () => {
        metrics.count("orders");
        await metrics.flush();
        metrics.distribution("latency", 5);
        expect(await metrics.close()).toMatchObject({ ok: true });
      });
    }
    client.destroy();
    expect(intake.accepted).toHaveLength(4);
    expect(spans).toEqual(["work", "work"]);
    for (const { headers } of intake.accepted) expect(headers).not.toHaveProperty("traceparent");
  } finally {
    await sdk.shutdown();
  }
});
