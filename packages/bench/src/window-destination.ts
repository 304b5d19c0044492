import type { MetricsSink } from "@aiokpl/metrics-core";
import { startCountingServer } from "./counting-server.ts";
import { MANY_SERIES } from "./many-series.ts";

/** Where closed windows go. */
export interface Destination {
  readonly sink: MetricsSink;
  /** How many bytes its server has received so far; absent if there is no server. */
  readonly receivedBytes?: () => Promise<number>;
  /** The sum of everything that was exported, if it is added up. */
  readonly sum?: () => number;
}

/** The destinations that are measured, each made when its contender is set up. */
export const destinations: Readonly<Record<string, () => Promise<Destination>>> = {
  core: async () => {
    let sum = 0;
    const sink: MetricsSink = {
      async export(snapshots) {
        for (const snapshot of snapshots) sum += snapshot.sum;
      },
    };
    return { sink, sum: () => sum };
  },
  CloudWatch: async () => {
    const { CloudWatchSink } = await import("@aiokpl/sink-cloudwatch");
    return at(200, "{}", (endpoint) => {
      const credentials = { accessKeyId: "key", secretAccessKey: "secret" };
      return new CloudWatchSink({ region: "eu-west-1", credentials, endpoint });
    });
  },
  Datadog: async () => {
    const { DatadogSink } = await import("@aiokpl/sink-datadog");
    const apiKey = "0123456789abcdef0123456789abcdef";
    return at(
      202,
      '{"status":"ok"}',
      (url) => new DatadogSink({ apiKey, baseUrl: url, host: "h" }),
    );
  },
  "OTLP delta": () => otlp("delta"),
  "OTLP cumulative": () => otlp("cumulative"),
};

async function otlp(temporality: "delta" | "cumulative"): Promise<Destination> {
  const { OpenTelemetryExporterSink } = await import("@aiokpl/sink-otel");
  const { OTLPMetricExporter } = await import("@opentelemetry/exporter-metrics-otlp-proto");
  return at(200, "", (url) => {
    const exporter = new OTLPMetricExporter({ url: `${url}/v1/metrics` });
    return new OpenTelemetryExporterSink({
      exporter,
      temporality,
      // One more, because the overflow series counts too.
      maxSeriesPerMetric: MANY_SERIES + 1,
    });
  });
}

async function at(
  status: number,
  body: string,
  sinkFor: (url: string) => MetricsSink,
): Promise<Destination> {
  const server = await startCountingServer(status, body);
  return {
    sink: sinkFor(server.url),
    receivedBytes: async () => (await server.counted()).bytes,
  };
}
