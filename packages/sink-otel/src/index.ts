/**
 * Sinks that send the metrics of `@aiokpl/metrics-core` to OpenTelemetry: into a meter, through an
 * exporter, or to a reader.
 *
 * @module
 */
export { createSink } from "./create-sink.ts";
export type { BridgeOptions } from "./options/bridge-options.ts";
export type { OpenTelemetryExporterSinkOptions } from "./options/exporter-sink-options.ts";
export { OpenTelemetryExporterSink } from "./open-telemetry-exporter-sink.ts";
export {
  OpenTelemetryMetricProducer,
  type OpenTelemetryMetricProducerOptions,
} from "./open-telemetry-metric-producer.ts";
export { OpenTelemetrySink, type OpenTelemetrySinkOptions } from "./open-telemetry-sink.ts";
export type { MetricExporter } from "./exporter/metric-exporter.ts";
export type { ResourceAttributes } from "./metric-data/resource.ts";
export type {
  CollectionResult,
  DataPoint,
  ExponentialHistogram,
  Histogram,
  MetricData,
  Resource,
  ResourceMetrics,
  ScopeMetrics,
} from "./metric-data/sdk-data.ts";
export { semanticMetricName } from "./names/semantic-metric-name.ts";
export type { Temporality } from "./metric-data/temporality.ts";
