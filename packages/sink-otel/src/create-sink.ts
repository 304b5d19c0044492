import type { MetricsSink } from "@aiokpl/metrics-core";
import { type CreateSink, unopenableSink } from "@aiokpl/metrics-core/sink";
import { createNoopMeter, metrics } from "@opentelemetry/api";
import type { PushMetricExporter } from "@opentelemetry/sdk-metrics";
import { OpenTelemetryExporterSink } from "./open-telemetry-exporter-sink.ts";
import { OpenTelemetrySink } from "./open-telemetry-sink.ts";
import { environmentAttributes } from "./resource.ts";
import { SCOPE } from "./scope.ts";

/**
 * Where a MeterProvider is registered when it is called: an {@link OpenTelemetrySink} that feeds it.
 * Else an {@link OpenTelemetryExporterSink} that sends OTLP over HTTP, by
 * `@opentelemetry/exporter-metrics-otlp-proto`, as the variables OTEL_EXPORTER_OTLP_* say, with the
 * resource of OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES; `instance` is its service.instance.id.
 *
 * What is wrong is told by `open()`.
 */
export const createSink: CreateSink = ({ namespace, instance } = {}): MetricsSink => {
  try {
    if (metrics.getMeter(SCOPE.name, SCOPE.version) !== createNoopMeter())
      return new OpenTelemetrySink({ namespace });
    return new OpenTelemetryExporterSink({
      exporter: loadOtlpExporter,
      namespace,
      resource: environmentAttributes(process.env, instance),
    });
  } catch (error) {
    return unopenableSink("opentelemetry", error);
  }
};

async function loadOtlpExporter(): Promise<PushMetricExporter> {
  try {
    const { OTLPMetricExporter } = await import("@opentelemetry/exporter-metrics-otlp-proto");
    return new OTLPMetricExporter();
  } catch (cause) {
    // The code that import() gives, and the one of require() and of Jest.
    const isMissing =
      cause instanceof Error &&
      "code" in cause &&
      (cause.code === "ERR_MODULE_NOT_FOUND" || cause.code === "MODULE_NOT_FOUND");
    if (!isMissing) throw cause;
    const message =
      "no MeterProvider is registered, and to send OTLP a package is missing: npm install @opentelemetry/exporter-metrics-otlp-proto";
    throw Object.assign(new Error(message, { cause }), { retryable: false });
  }
}
