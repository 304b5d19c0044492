import type { MetricCatalogue } from "./contract/catalogue.ts";
import type { MetricSnapshot } from "./contract/metric-snapshot.ts";
import type { Metrics } from "./contract/metrics.ts";
import type { FlushResult } from "./delivery/flush-result.ts";
import type { ManagerStats } from "./manager-stats.ts";

/**
 * What a library asks for that also delivers metrics, such as a framework's adapter; one that only records asks for
 * {@link Metrics}. A {@link MetricsManager} is one. Unlike the class, the interface also takes a manager of
 * another version of this package, or of its other format (ES modules, CommonJS), and a test can write one.
 */
export interface ManagedMetrics<C extends MetricCatalogue = MetricCatalogue> extends Metrics<C> {
  /** Opens the sinks now. See {@link MetricsManager.start}. */
  start(): Promise<void>;
  /** Returns the open window, without closing it. See {@link MetricsManager.snapshots}. */
  snapshots(): readonly MetricSnapshot[];
  /** Ends the window, and makes one attempt to deliver what is pending. Never rejects. See {@link MetricsManager.flush}. */
  flush(options?: { readonly timeoutMs?: number | undefined }): Promise<FlushResult>;
  /** Delivers what is pending, and closes the sinks. Never rejects. See {@link MetricsManager.close}. */
  close(options?: { readonly timeoutMs?: number | undefined }): Promise<FlushResult>;
  /** Returns figures since the start. See {@link MetricsManager.stats}. */
  stats(): ManagerStats;
  /** True from the moment in which somebody calls `close()`. */
  readonly isClosed: boolean;
}
