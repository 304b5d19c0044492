import type { MetricsSink } from "@aiokpl/metrics-core";
import type {
  Instrumentation,
  InstrumentationOptions,
  Protocol,
  Variant,
} from "./instrumentation.ts";

type MakeSink = (options: InstrumentationOptions) => Promise<MetricsSink>;

/** Whether the program waits for `metrics.start()` before it listens. */
type Start = "start" | "no start";

/** Our manager with one of our sinks, as the framework guide has it. */
function ours(makeSink: MakeSink, protocol?: Protocol, start: Start = "start"): Variant {
  return {
    ...(protocol === undefined ? undefined : { protocol }),
    async setUp(options) {
      const { defineMetrics, MetricsManager } = await import("@aiokpl/metrics-core");
      const { exportIntervalMs, maxSeries, clock } = options;
      const sink = await makeSink(options);
      const metrics = new MetricsManager({
        sink,
        metrics: defineMetrics({
          "http.requests": { kind: "counter", dimensions: ["method", "route", "status"] },
          "http.duration": { kind: "distribution", unit: "ms", dimensions: ["method", "route"] },
          "http.in_flight": { kind: "gauge", dimensions: [] },
          "customer.orders": { kind: "counter", dimensions: ["customer"] },
        }),
        exportIntervalMs,
        maxSeriesPerMetric: maxSeries,
        clock,
      });
      const inFlight = metrics.bind("http.in_flight");
      if (start === "start") await metrics.start();
      return {
        began: () => inFlight.add(1),
        ended({ method, route, status, ms }) {
          inFlight.add(-1);
          metrics.put("http.requests", 1, { method, route, status });
          metrics.put("http.duration", ms, { method, route });
        },
        customer: (id) => metrics.put("customer.orders", 1, { customer: id }),
        flush: () => metrics.flush(),
        close: () => metrics.close(),
        ...pageOf(sink),
      } satisfies Instrumentation;
    },
  };
}

function pageOf(sink: MetricsSink): { readonly page?: string } {
  const port: unknown = Reflect.get(sink, "port");
  return typeof port !== "number" ? {} : { page: `http://127.0.0.1:${port}/metrics` };
}

const cloudWatch: MakeSink = async ({ receiver }) => {
  const { CloudWatchSink } = await import("@aiokpl/sink-cloudwatch");
  const credentials = { accessKeyId: "key", secretAccessKey: "secret" };
  return new CloudWatchSink({ region: "eu-west-1", credentials, endpoint: receiver.url });
};

const datadog: MakeSink = async ({ receiver }) => {
  const { DatadogSink } = await import("@aiokpl/sink-datadog");
  const apiKey = "0123456789abcdef0123456789abcdef";
  return new DatadogSink({ apiKey, baseUrl: receiver.url, host: "h" });
};

const otlp =
  (temporality: "delta" | "cumulative"): MakeSink =>
  async ({ receiver, maxSeries }) => {
    const { OpenTelemetryExporterSink } = await import("@aiokpl/sink-otel");
    const { OTLPMetricExporter } = await import("@opentelemetry/exporter-metrics-otlp-proto");
    return new OpenTelemetryExporterSink({
      exporter: new OTLPMetricExporter({ url: `${receiver.url}/v1/metrics` }),
      temporality,
      ...(maxSeries === undefined ? undefined : { maxSeriesPerMetric: maxSeries + 1 }),
    });
  };

const prometheus: MakeSink = async () => {
  const { PrometheusSink } = await import("@aiokpl/sink-prometheus");
  return new PrometheusSink({ port: 0 });
};

const discarded: MakeSink = async () => ({ export: async () => {} });

/** Ours with each sink, after `await metrics.start()`. */
export const ourVariants = {
  "ours, CloudWatch": ours(cloudWatch, "cloudwatch"),
  "ours, Datadog": ours(datadog, "datadog"),
  "ours, OTLP delta": ours(otlp("delta"), "otlp"),
  "ours, OTLP cumulative": ours(otlp("cumulative"), "otlp"),
  "ours, Prometheus": ours(prometheus, "prometheus"),
  "ours, no sink": ours(discarded),
} satisfies Readonly<Record<string, Variant>>;

/** Ours where the program does not call `start()`. */
export const unstartedVariants = {
  "ours, CloudWatch, no start()": ours(cloudWatch, "cloudwatch", "no start"),
  "ours, Datadog, no start()": ours(datadog, "datadog", "no start"),
  "ours, OTLP delta, no start()": ours(otlp("delta"), "otlp", "no start"),
} satisfies Readonly<Record<string, Variant>>;
