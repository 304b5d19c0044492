import { ConsoleSink, InMemorySink, type MetricsSink, NullSink } from "@aiokpl/metrics-core";
import type { Options } from "./options.ts";
import { rollUp } from "./roll-up.ts";
import type { Screen } from "./screen.ts";

/** Returns the sink that the command line asks for. A program with one vendor would just call `createSink()` of `@aiokpl/sink`. */
export async function chooseSink(options: Options, screen: Screen): Promise<MetricsSink> {
  const { sink, json, granularity, endpoint } = options;
  if (json)
    return new ConsoleSink({ format: "json", write: (line) => process.stdout.write(`${line}\n`) });
  switch (sink) {
    case "memory":
      return new InMemorySink();
    case "null":
      return new NullSink();
    case "cloudwatch":
      return cloudWatchSink(endpoint);
    case "otel":
      return otelSink(endpoint);
    case "datadog":
      return datadogSink(endpoint);
    case "prometheus":
      return (await import("@aiokpl/sink-prometheus")).createSink();
    case "console":
  }
  const tables = new ConsoleSink({ write: (table) => screen.print(table) });
  if (granularity === "shard") return tables;
  const dropped = granularity === "stream" ? ["shard"] : ["stream", "shard"];
  return {
    name: "console",
    prepare: (window) => rollUp(window, dropped),
    export: (snapshots) => tables.export(snapshots),
  };
}

/** Sends to AWS, or to a local stand-in, which accepts any key. */
async function cloudWatchSink(endpoint: string | undefined): Promise<MetricsSink> {
  const { CloudWatchSink, kplDimensionNames, kplDimensionSets } =
    await import("@aiokpl/sink-cloudwatch");
  return new CloudWatchSink({
    dimensionSets: kplDimensionSets(),
    dimensionNames: kplDimensionNames,
    ...(endpoint !== undefined && {
      endpoint,
      compression: false,
      region: "us-east-1",
      credentials: { accessKeyId: "demo", secretAccessKey: "demo" },
    }),
  });
}

/** Sends to an OTLP endpoint, without an SDK. */
async function otelSink(endpoint: string | undefined): Promise<MetricsSink> {
  const { createSink, OpenTelemetryExporterSink } = await import("@aiokpl/sink-otel");
  if (endpoint === undefined) return createSink();
  const { OTLPMetricExporter } = await import("@opentelemetry/exporter-metrics-otlp-proto");
  return new OpenTelemetryExporterSink({
    exporter: new OTLPMetricExporter({ url: `${endpoint}/v1/metrics` }),
    ownsExporter: true,
    resource: { "service.name": "aiokpl-demo" },
  });
}

/** Sends to Datadog, or to a local server with Datadog's API, which accepts any key. */
async function datadogSink(endpoint: string | undefined): Promise<MetricsSink> {
  const { createSink, DatadogSink } = await import("@aiokpl/sink-datadog");
  if (endpoint === undefined) return createSink();
  return new DatadogSink({ apiKey: "d".repeat(32), baseUrl: endpoint });
}
