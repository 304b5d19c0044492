import type { MetricsSink } from "@aiokpl/metrics-core";
import { type CreateSink, unopenableSink } from "@aiokpl/metrics-core/sink";
import { createNoopMeter, metrics } from "@opentelemetry/api";
import type { MetricExporter } from "./exporter/metric-exporter.ts";
import { OpenTelemetryExporterSink } from "./open-telemetry-exporter-sink.ts";
import { OpenTelemetrySink } from "./open-telemetry-sink.ts";
import { otherApiProblem } from "./meter/other-api.ts";
import { environmentAttributes } from "./metric-data/resource.ts";
import { SCOPE } from "./metric-data/scope.ts";

/**
 * Makes the sink that fits the process, without any configuration in code.
 *
 * If a MeterProvider is registered by now, it is an {@link OpenTelemetrySink} that records into that
 * provider. Otherwise it is an {@link OpenTelemetryExporterSink} that sends OTLP over HTTP through
 * `@opentelemetry/exporter-metrics-otlp-proto`. The exporter reads the variables
 * OTEL_EXPORTER_OTLP_*; the resource comes from OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES, and
 * `instance` is its service.instance.id.
 *
 * A process warning says so if a MeterProvider is registered with another copy of `@opentelemetry/api`.
 *
 * Never throws: mistakes are reported by `open()`.
 */
export const createSink: CreateSink = ({ namespace, instance } = {}): MetricsSink => {
  try {
    if (metrics.getMeter(SCOPE.name, SCOPE.version) !== createNoopMeter())
      return new OpenTelemetrySink({ namespace });
    const problem = otherApiProblem();
    if (problem !== undefined)
      process.emitWarning(
        `${problem}; until then metrics are sent by an OTLP exporter of their own`,
        "OpenTelemetrySinkWarning",
      );
    return new OpenTelemetryExporterSink({
      exporter: loadOtlpExporter,
      namespace,
      resource: environmentAttributes(process.env, instance),
    });
  } catch (error) {
    return unopenableSink("opentelemetry", error);
  }
};

async function loadOtlpExporter(): Promise<MetricExporter> {
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
      "no MeterProvider is registered, and the package that sends OTLP is missing: npm install @opentelemetry/exporter-metrics-otlp-proto (beside @opentelemetry/api 1.9: @opentelemetry/exporter-metrics-otlp-proto@0.223)";
    throw Object.assign(new Error(message, { cause }), { retryable: false });
  }
}
