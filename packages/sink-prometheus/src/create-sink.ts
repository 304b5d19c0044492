import type { MetricsSink } from "@aiokpl/metrics-core";
import { type CreateSink, show, unopenableSink } from "@aiokpl/metrics-core/sink";
import { PrometheusSink } from "./prometheus-sink.ts";

/** The port that OpenTelemetry's exporters for Prometheus have. */
const DEFAULT_PORT = 9464;

/**
 * Makes a {@link PrometheusSink} that serves the metrics at `/metrics`, on the host and port of
 * OTEL_EXPORTER_PROMETHEUS_HOST (default 127.0.0.1) and OTEL_EXPORTER_PROMETHEUS_PORT (default 9464).
 * AIOKPL_PROMETHEUS_LAST_SCRAPE_MS is the option `lastScrapeMs`.
 *
 * `instance` and `percentiles` are ignored: Prometheus names the instance itself, and computes percentiles. Never
 * throws: mistakes are reported by `open()`.
 */
export const createSink: CreateSink = ({ namespace } = {}): MetricsSink => {
  try {
    return new PrometheusSink({
      namespace,
      host: process.env["OTEL_EXPORTER_PROMETHEUS_HOST"] || undefined,
      port: numberIn("OTEL_EXPORTER_PROMETHEUS_PORT") ?? DEFAULT_PORT,
      lastScrapeMs: numberIn("AIOKPL_PROMETHEUS_LAST_SCRAPE_MS"),
    });
  } catch (error) {
    return unopenableSink("prometheus", error);
  }
};

/** @throws RangeError unless the variable is a number or empty; the number's range is for the sink to check */
function numberIn(variable: string): number | undefined {
  const text = process.env[variable]?.trim() ?? "";
  if (text === "") return undefined;
  if (!/^\d+$/.test(text))
    throw new RangeError(`${variable} is ${show(text)}, must be a whole number`);
  return Number(text);
}
