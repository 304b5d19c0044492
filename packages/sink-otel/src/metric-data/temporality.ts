import type { MetricKind } from "@aiokpl/metrics-core";

/** Whether a data point covers one window (`delta`) or all time since the series' start (`cumulative`). */
export type Temporality = "delta" | "cumulative";

/** The temporality of each kind of metric. */
export type Temporalities = Readonly<Record<MetricKind, Temporality>>;
