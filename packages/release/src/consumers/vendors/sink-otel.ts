import { MockOtlpServer, type OtlpMetric } from "@elastic/mockotlpserver";
import { startIntakeServer } from "@aiokpl/sink-testkit";
import { createSinkWay, type ExistingProgram, type Way } from "../matrix/existing-program.ts";
import type { Vendor } from "../vendor.ts";

const SINK = "@aiokpl/sink-otel";
const API = "@opentelemetry/api";
const SDK = "@opentelemetry/sdk-metrics";
const EXPORTER = "@opentelemetry/exporter-metrics-otlp-proto";

/** The SDK records what the sink passes on, and refuses no datum; negative values the sink refuses itself. */
const BESIDE_AN_SDK: Way = {
  name: "createSink() beside an SDK",
  module: `
import type { Metrics } from "@aiokpl/metrics-core";
import { createSink } from "${SINK}";
import { metrics as api } from "${API}";
import { OTLPMetricExporter } from "${EXPORTER}";
import { MeterProvider, PeriodicExportingMetricReader } from "${SDK}";
const exporter = new OTLPMetricExporter();
const provider = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter })] });
api.setGlobalMeterProvider(provider);
export const sinkFor = (namespace: string) => createSink({ namespace });
export const recordRefused = (metrics: Metrics): void => metrics.distribution("latency", -1);
export const finish = (): Promise<void> => provider.shutdown();
`,
};

/** A program with an SDK and an exporter, which go together in their versions. */
function withSdk(
  age: ExistingProgram["age"],
  [api, sdk, exporter]: readonly [api: string, sdk: string, exporter: string],
): ExistingProgram {
  return {
    name: `SDK ${sdk}, API ${api}, exporter ${exporter}`,
    age,
    has: { [API]: api, [SDK]: sdk, [EXPORTER]: exporter },
    ways: [createSinkWay(SINK), BESIDE_AN_SDK],
  };
}

export const vendor: Vendor = {
  sink: SINK,
  beside: {
    "@opentelemetry/api": "^1.10.0",
    "@opentelemetry/exporter-metrics-otlp-proto": "^0.301.0",
  },
  theirs: /^@opentelemetry\//,
  underJest: { NODE_OPTIONS: "--experimental-vm-modules" },
  programs: [
    {
      name: "an empty folder",
      age: "empty",
      has: {},
      adds: [EXPORTER],
      ways: [createSinkWay(SINK)],
    },
    { ...withSdk("beyond", ["1.8.0", "1.24.1", "0.51.1"]), refusedWith: /ERESOLVE/ },
    withSdk("before", ["1.9.0", "1.25.1", "0.52.1"]),
    withSdk("between", ["1.9.0", "1.30.1", "0.57.2"]),
    withSdk("oldest", ["1.9.0", "2.0.0", "0.200.0"]),
    withSdk("between", ["1.9.1", "2.12.1", "0.223.0"]),
    withSdk("newest", ["^1.10.0", "^3.1.1", "^0.301.0"]),
    withSdk("latest", ["latest", "latest", "latest"]),
  ],
  async listen() {
    const metrics: OtlpMetric[] = [];
    const decoder = new MockOtlpServer({
      logLevel: "warn",
      services: ["http"],
      httpHostname: "127.0.0.1",
      httpPort: 0,
      onMetrics: ({ resourceMetrics }) => {
        for (const { scopeMetrics } of resourceMetrics)
          for (const scope of scopeMetrics) metrics.push(...scope.metrics);
      },
    });
    await decoder.start();
    // The decoder takes all there is, so an intake before it refuses.
    const intake = await startIntakeServer({
      script: async ({ method, path, headers, rawBody, text }) => {
        // Any other refusal may be meant for a datum beside it, so that the sink keeps the request.
        if (text.includes("refused")) return { status: 413 };
        const { status } = await fetch(new URL(path, decoder.httpUrl), {
          method,
          headers: { "content-type": headers["content-type"] ?? "" },
          body: new Uint8Array(rawBody),
        });
        return { status };
      },
    });
    return {
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: intake.url },
      totals() {
        const of = (name: string) => metrics.find((metric) => metric.name === `shop.${name}`);
        const { exponentialHistogram, histogram } = of("latency") ?? {};
        const latency = (exponentialHistogram ?? histogram)?.dataPoints[0];
        return {
          orders: of("orders")?.sum?.dataPoints.find(
            ({ attributes: [country] }) => country?.value.stringValue === "PT",
          )?.asDouble,
          depth: of("depth")?.gauge?.dataPoints[0]?.asDouble,
          latency: {
            count: Number(latency?.count),
            sum: Number(latency?.sum),
            max: Number(latency?.max),
          },
        };
      },
      async [Symbol.asyncDispose]() {
        await intake[Symbol.asyncDispose]();
        await decoder.close();
      },
    };
  },
};
