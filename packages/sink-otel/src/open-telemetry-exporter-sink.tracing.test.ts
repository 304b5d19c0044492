import { exampleSnapshots, startIntakeServer } from "@aiokpl/sink-testkit";
import { trace } from "@opentelemetry/api";
import { HttpInstrumentation } from "@opentelemetry/instrumentation-http";
import { UndiciInstrumentation } from "@opentelemetry/instrumentation-undici";
import { NodeSDK } from "@opentelemetry/sdk-node";
import { InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace";
import { once } from "node:events";
import { createRequire, syncBuiltinESMExports } from "node:module";
import { afterAll, beforeAll, expect, test } from "vitest";
import { OpenTelemetryExporterSink } from "./open-telemetry-exporter-sink.ts";
import { decoded, fakeOtlp, metricsOf } from "./testing/otlp.ts";

const spans = new InMemorySpanExporter();
const sdk = new NodeSDK({
  autoDetectResources: false,
  metricReaders: [],
  logRecordProcessors: [],
  spanProcessors: [new SimpleSpanProcessor({ exporter: spans })],
  instrumentations: [new HttpInstrumentation(), new UndiciInstrumentation()],
});
const require = createRequire(import.meta.url);

/** An OTLP exporter that posts with fetch, as the browser's does. */
function fetchExporter(url: string) {
  return {
    export(_: unknown, callback: (result: { code: number }) => void) {
      void fetch(url, { method: "POST", body: "x" }).then(({ ok }) =>
        callback({ code: ok ? 0 : 1 }),
      );
    },
    forceFlush: async () => {},
    shutdown: async () => {},
  };
}

beforeAll(() => sdk.start());
afterAll(() => sdk.shutdown());

test("with the http and undici instrumentations on, exports make no span and send no traceparent", async () => {
  // The instrumentation patches `http` when it is required; this makes `import("http")` see the patch.
  const http = require("node:http") as typeof import("node:http");
  syncBuiltinESMExports();
  const { OTLPMetricExporter } =
    require("@opentelemetry/exporter-metrics-otlp-proto") as typeof import("@opentelemetry/exporter-metrics-otlp-proto");
  await using intake = await startIntakeServer({ script: fakeOtlp });
  const url = `${intake.url}/v1/metrics`;
  await trace.getTracer("program").startActiveSpan("a request of the program", async (span) => {
    // These two prove that the instrumentations work.
    await once(http.get(intake.url), "response");
    await fetch(intake.url);
    expect(intake.requests.map(({ headers }) => typeof headers["traceparent"])).toEqual([
      "string",
      "string",
    ]);
    const before = spans.getFinishedSpans().length;
    for (const exporter of [new OTLPMetricExporter({ url }), fetchExporter(url)]) {
      const sink = new OpenTelemetryExporterSink({ exporter });
      for (let window = 0; window < 2; window++)
        await sink.export(exampleSnapshots({ series: [{ name: "orders" }] }), {
          signal: new AbortController().signal,
        });
      await sink.close({ signal: new AbortController().signal });
    }
    const [, , ...exports] = intake.requests;
    expect(exports).toHaveLength(4);
    expect(exports.filter(({ headers }) => "traceparent" in headers)).toEqual([]);
    expect(exports.slice(0, 2).map((each) => metricsOf(decoded(each))[0]?.name)).toEqual([
      "orders",
      "orders",
    ]);
    // Spans of the intake's own side are made for every request; those of a client must not be.
    const clients = spans
      .getFinishedSpans()
      .slice(before)
      .filter(({ kind }) => kind === 2);
    expect(clients).toEqual([]);
    span.end();
  });
});
