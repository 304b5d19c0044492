import type { Meter } from "@opentelemetry/api";
import {
  AggregationTemporality,
  AggregationType,
  DataPointType,
  InMemoryMetricExporter,
  InstrumentType,
  MeterProvider,
  PeriodicExportingMetricReader,
  type AggregationOption,
  type CollectionResult,
  type MetricReader,
} from "@opentelemetry/sdk-metrics";
import type { Totals } from "./totals.ts";

/** The contender of OpenTelemetry. */
export interface OtelMeter {
  readonly meter: Meter;
  /** Its `collect()` returns what it would export. */
  readonly reader: MetricReader;
  /** Collects, and adds up the points; cumulative unless the temporality is delta. */
  readonly totals: () => Promise<Totals>;
}

/**
 * A meter with a periodic reader, as in the SDK's documentation: without a reader the SDK drops every
 * value. The reader's interval is so long that it never collects during a measurement. Histograms are
 * exponential, like ours. This is set by the exporter's preference and not by a view, because with a
 * view every record also goes through an attributes processor.
 */
export function otelMeter(
  options: { maxSeries?: number; temporality?: "cumulative" | "delta" } = {},
): OtelMeter {
  const { maxSeries, temporality } = options;
  const exporter = new InMemoryMetricExporter(
    temporality === "delta" ? AggregationTemporality.DELTA : AggregationTemporality.CUMULATIVE,
  );
  const reader = new PeriodicExportingMetricReader({
    exporter: Object.assign(exporter, { selectAggregation }),
    exportIntervalMillis: 3_600_000,
    // One more, because the overflow series counts too.
    ...(maxSeries === undefined ? undefined : { cardinalityLimits: { default: maxSeries + 1 } }),
  });
  const provider = new MeterProvider({ readers: [reader] });
  return {
    meter: provider.getMeter("bench"),
    reader,
    totals: async () => totalsOf(await reader.collect()),
  };
}

function selectAggregation(type: InstrumentType): AggregationOption {
  return type === InstrumentType.HISTOGRAM
    ? { type: AggregationType.EXPONENTIAL_HISTOGRAM }
    : { type: AggregationType.DEFAULT };
}

/** Adds up what was collected. A sum does not contain the number of observations. */
export function totalsOf({ resourceMetrics }: CollectionResult): Totals {
  let count: number | undefined;
  let sum = 0;
  let series = 0;
  for (const metric of resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics)) {
    series += metric.dataPoints.length;
    if (metric.dataPointType === DataPointType.SUM) {
      for (const { value } of metric.dataPoints) sum += value;
    } else if (metric.dataPointType === DataPointType.EXPONENTIAL_HISTOGRAM) {
      for (const { value } of metric.dataPoints) {
        count = (count ?? 0) + value.count;
        sum += value.sum ?? NaN;
      }
    }
  }
  return count === undefined ? { sum, series } : { count, sum, series };
}
