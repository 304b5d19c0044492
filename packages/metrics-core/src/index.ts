/**
 * Vendor-neutral metrics. A program records observations, a manager aggregates them into windows,
 * and a sink delivers the windows to a vendor.
 *
 * @module
 */
export type {
  DimensionValue,
  DimensionValues,
  Dimensions,
  DimensionsObject,
} from "./contract/dimensions.ts";
export type { EventSeries, MetricEvent } from "./contract/metric-event.ts";
export type {
  GaugeCombination,
  MetricKind,
  MetricSnapshot,
  ThresholdCounts,
} from "./contract/metric-snapshot.ts";
export type { ExponentialBuckets, ExponentialHistogram } from "./contract/exponential-histogram.ts";
export { quantile } from "./histogram/quantile.ts";

export type {
  CheckedCatalogue,
  CompatibleCatalogue,
  CorrectCatalogue,
  MergedCatalogue,
  MetricCatalogue,
  MetricDefinition,
  MetricLevel,
  UnitCode,
} from "./contract/catalogue.ts";
export { defineMetrics } from "./catalogues/define-metrics.ts";
export { kplMetrics } from "./catalogues/kpl-metrics.ts";
export type {
  BoundCounter,
  BoundDistribution,
  BoundGauge,
  BoundMetric,
} from "./contract/bound-metric.ts";
export type {
  ComparedMetrics,
  CatalogueWith,
  DimensionNamesOf,
  Metrics,
} from "./contract/metrics.ts";
export type {
  ArgsFor,
  ArgsOf,
  DimensionsOf,
  NameFor,
  NamesOf,
  OutcomeDimensions,
  TimeUnit,
} from "./contract/metric-args.ts";
export type { ObserveOptions } from "./contract/observe-args.ts";

export { MetricsManager } from "./metrics-manager.ts";
export type { ManagedMetrics } from "./managed-metrics.ts";
export type { ManagerStats } from "./manager-stats.ts";
export type { UndeclaredPolicy } from "./recording/metric-registry.ts";
export type { ManagerArgs, MetricsManagerOptions } from "./metrics-manager-options.ts";
export type { FlushResult } from "./delivery/flush-result.ts";
export type { SinkFlushResult, SinkStats, Tally } from "./delivery/delivery-ledger.ts";
export { MetricsError, type MetricsErrorCode } from "./problems/metrics-error.ts";
export type { OnError } from "./problems/problems.ts";
export type { Clock } from "./contract/clock.ts";
export { systemClock } from "./windows/system-clock.ts";

export type {
  AnySink,
  EventfulMetricsSink,
  ExportResult,
  ForgottenSeries,
  MetricsSink,
  PreparedWindow,
  RejectedSnapshot,
  SinkHost,
  WindowPart,
} from "./contract/metrics-sink.ts";
export { NullSink } from "./sinks/null-sink.ts";
export { InMemorySink } from "./sinks/in-memory-sink.ts";
export { ConsoleSink, type ConsoleSinkOptions } from "./sinks/console-sink.ts";
export { createSink, type CreateSink, type CreateSinkOptions } from "./sinks/create-sink.ts";
export type { ViewRule } from "./views/view-rule.ts";
export { withView } from "./views/with-view.ts";
