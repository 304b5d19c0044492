import type { MetricsSink } from "@aiokpl/metrics-core";
import { type CreateSink, unopenableSink } from "@aiokpl/metrics-core/sink";
import { PrometheusSink } from "./prometheus-sink.ts";

/** The port that OpenTelemetry's exporters for Prometheus have. */
const DEFAULT_PORT = "9464";

/**
 * Makes a {@link PrometheusSink} that serves the metrics at `/metrics`, on the host and port of
 * OTEL_EXPORTER_PROMETHEUS_HOST (default 127.0.0.1) and OTEL_EXPORTER_PROMETHEUS_PORT (default 9464).
 *
 * `instance` and `percentiles` are ignored: Prometheus names the instance itself, and computes percentiles. Never
 * throws: mistakes are reported by `open()`.
 */
export const createSink: CreateSink = ({ namespace } = {}): MetricsSink => {
  try {
    const { OTEL_EXPORTER_PROMETHEUS_HOST: host, OTEL_EXPORTER_PROMETHEUS_PORT: port } =
      process.env;
    return new PrometheusSink({ namespace, host: host || undefined, port: portFrom(port) });
  } catch (error) {
    return unopenableSink("prometheus", error);
  }
};

/** @throws RangeError unless it is a number; its range is for the sink to check */
function portFrom(variable: string | undefined): number {
  const text = variable?.trim() || DEFAULT_PORT;
  if (!/^\d+$/.test(text))
    throw new RangeError(
      `OTEL_EXPORTER_PROMETHEUS_PORT is ${JSON.stringify(text)}, must be a port`,
    );
  return Number(text);
}
