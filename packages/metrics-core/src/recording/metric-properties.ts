import type { GaugeCombination, MetricKind } from "../contract/metric-snapshot.ts";

/** What a metric is, once every default is settled. */
export interface MetricProperties {
  readonly name: string;
  readonly kind: MetricKind;
  readonly unit: string;
  readonly description: string | undefined;
  /** The lowest level of the manager at which the metric is recorded. */
  readonly level: "summary" | "detailed";
  readonly maxSeries: number;
  /** What the catalogue says about dimensions; undefined where any are taken. */
  readonly dimensions: readonly string[] | undefined;
  /** Gauges: for how long a level that is not set again is in every window. */
  readonly holdMs: number;
  /** Gauges: what several become; "sum" for other kinds. */
  readonly combine: GaugeCombination;
  /** Counters: whether a series says 0 where nothing was counted. */
  readonly saysZero: boolean;
  /** Distributions: the bounds at which counts are exact, ascending. */
  readonly thresholds: readonly number[] | undefined;
  /** Distributions: most buckets a side. */
  readonly maxBuckets: number;
}
