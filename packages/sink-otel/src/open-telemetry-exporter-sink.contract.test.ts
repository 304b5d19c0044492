import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-proto";
import { AggregationType } from "@opentelemetry/sdk-metrics";
import {
  describeSinkContract,
  exampleSnapshots,
  type IntakeRequest,
  type ReceivedPoint,
} from "@aiokpl/sink-testkit";
import { describe, it } from "vitest";
import { OpenTelemetryExporterSink } from "./open-telemetry-exporter-sink.ts";
import {
  attributesOf,
  decoded,
  fakeOtlp,
  metricsOf,
  pointsOf,
  type WirePoint,
} from "./testing/otlp.ts";
import type { Temporality } from "./metric-data/temporality.ts";

const TOKEN = "tok-4f9a2c77b1";
const PASSWORD = "correct horse battery";

function exporterTo(url: string): OTLPMetricExporter {
  return new OTLPMetricExporter({
    url: `${url}/v1/metrics`,
    timeoutMillis: 900,
    // Asks for explicit buckets, which only distributions with thresholds can have.
    aggregationPreference: () => ({ type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM }),
    headers: {
      authorization: `Basic ${Buffer.from(`someone:${PASSWORD}`).toString("base64")}`,
      "x-token": TOKEN,
    },
  });
}

/** Counts what lies in the explicit buckets up to a bound. */
function atOrUnderIn({ explicitBounds = [], bucketCounts = [] }: WirePoint) {
  return (bound: number): number =>
    explicitBounds.reduce((sum, each, i) => sum + (each <= bound ? Number(bucketCounts[i]) : 0), 0);
}

/** Points in the order of their arrival; of a cumulative series the last one alone. */
function received(requests: readonly IntakeRequest[], temporality: Temporality): ReceivedPoint[] {
  const points = requests.flatMap((request) =>
    metricsOf(decoded(request)).flatMap((metric) =>
      pointsOf(metric).map((point) => ({
        name: metric.name,
        dimensions: attributesOf(point) as Record<string, string>,
        ...(point.asDouble === undefined
          ? { ...point, count: Number(point.count), atOrUnder: atOrUnderIn(point) }
          : { sum: point.asDouble, last: point.asDouble }),
      })),
    ),
  );
  if (temporality === "delta") return points;
  const last = new Map(points.map((each) => [JSON.stringify([each.name, each.dimensions]), each]));
  return [...last.values()];
}

for (const temporality of ["cumulative", "delta"] as const)
  describeSinkContract({
    describe,
    it,
    name: `OpenTelemetryExporterSink, ${temporality}`,
    create: ({ url }) =>
      new OpenTelemetryExporterSink({
        exporter: () => exporterTo(url),
        temporality,
        namespace: "",
        maxSeriesPerMetric: 1_000_000,
        onWarning: () => {},
      }),
    answers: { ok: fakeOtlp },
    secrets: [TOKEN, PASSWORD],
    received: ({ requests }) => received(requests, temporality),
    keeps: {
      counter: ["sum"],
      gauge: ["last"],
      distribution: ["count", "min", "max"],
      dimensions: true,
      thresholds: true,
    },
    unacceptable: exampleSnapshots({
      series: [{ name: "größe" }, { name: "x".repeat(256) }, { name: "1st" }],
    }),
    createUnopenable: () =>
      new OpenTelemetryExporterSink({ exporter: () => Promise.reject(new Error("none today")) }),
    createInjected: ({ url }) => {
      const exporter = exporterTo(url);
      let isOpen = true;
      const shutdown = exporter.shutdown.bind(exporter);
      exporter.shutdown = () => {
        isOpen = false;
        return shutdown();
      };
      return {
        sink: new OpenTelemetryExporterSink({ exporter, temporality }),
        isOpen: () => isOpen,
        dispose: shutdown,
      };
    },
    skip:
      temporality === "delta"
        ? { "survives a stranger's answer": "the OTLP exporter takes any 2xx for success" }
        : {},
  });
