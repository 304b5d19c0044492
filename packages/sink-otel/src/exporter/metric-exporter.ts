import type { ResourceMetrics } from "../metric-data/sdk-data.ts";

/**
 * An exporter of OpenTelemetry's metrics SDK: any `PushMetricExporter` is one. It is described here,
 * because the SDK's package may not be installed.
 */
export interface MetricExporter {
  /** Sends metrics, then calls back. The code 0 means success. */
  export(
    metrics: ResourceMetrics,
    resultCallback: (result: { code: number; error?: Error }) => void,
  ): void;
  /** Resolves when all running exports have ended. */
  forceFlush(): Promise<void>;
  /** Ends the exporter. */
  shutdown(): Promise<void>;
  /** Returns 0 for delta and 1 for cumulative; the argument is an instrument's type, such as "COUNTER". */
  selectAggregationTemporality?(instrumentType: string): number;
  /** Returns how an instrument's values are to be aggregated; the type 4 is explicit buckets. */
  selectAggregation?(instrumentType: string): { readonly type: number };
}
