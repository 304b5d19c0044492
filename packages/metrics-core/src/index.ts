/**
 * Vendor-neutral metrics: a program records observations, a manager aggregates them into windows,
 * a sink delivers the windows to a vendor.
 *
 * @module
 */
export type { DimensionValue, DimensionValues, Dimensions } from "./dimensions.ts";
export type { EventSeries, MetricEvent } from "./metric-event.ts";
export type { MetricKind, MetricSnapshot } from "./metric-snapshot.ts";
export type { ExponentialBuckets, ExponentialHistogram } from "./exponential-histogram.ts";
export { quantile } from "./quantile.ts";

export {
  defineMetrics,
  type MetricCatalogue,
  type MetricDefinition,
  type MetricLevel,
} from "./catalogue.ts";
export { kplMetrics } from "./kpl-metrics.ts";
export type {
  ArgsOf,
  BoundCounter,
  BoundDistribution,
  BoundGauge,
  BoundMetric,
  DimensionsOf,
  Metrics,
  NamesOf,
  TimeUnit,
} from "./metrics.ts";

export { type ManagerStats, MetricsManager } from "./metrics-manager.ts";
export type { MetricsManagerOptions } from "./metrics-manager-options.ts";
export type { FlushResult } from "./flush-result.ts";
export type { SinkFlushResult, SinkStats, Tally } from "./delivery-ledger.ts";
export { MetricsError, type MetricsErrorCode } from "./metrics-error.ts";
export type { OnError } from "./problems.ts";
export { type Clock, systemClock } from "./clock.ts";

export type {
  EventfulMetricsSink,
  ExportResult,
  MetricsSink,
  RejectedSnapshot,
  SinkHost,
} from "./metrics-sink.ts";
export { NullSink } from "./null-sink.ts";
export { InMemorySink } from "./in-memory-sink.ts";
export { ConsoleSink, type ConsoleSinkOptions } from "./console-sink.ts";
export { createSink, type CreateSink, type CreateSinkOptions } from "./create-sink.ts";
