import type { Dimensions } from "./dimensions.ts";
import type { ExponentialHistogram } from "./exponential-histogram.ts";

/**
 * What a metric's observations mean.
 *
 * - `counter`: amounts that add up, never negative; the sum is what matters.
 * - `gauge`: readings of a level; the last one is what matters.
 * - `distribution`: measurements of which the spread matters; carries a histogram.
 */
export type MetricKind = "counter" | "gauge" | "distribution";

/** What the levels of several gauges become when they are merged into one. */
export type GaugeCombination = "sum" | "mean" | "min" | "max";

/** How many of a distribution's values lie at or under each of its thresholds. */
export interface ThresholdCounts {
  /** Ascending. */
  readonly bounds: readonly number[];
  /**
   * `counts[i]` values are above `bounds[i - 1]` and at or under `bounds[i]`; the last count is of those above all
   * bounds, so there is one more than there are bounds. They add up to the snapshot's `count`.
   */
  readonly counts: readonly number[];
}

/**
 * All observations of one series in one window: plain, immutable, structured-clonable data. Every
 * number is finite, and there is at least one observation. Snapshots of one series with
 * consecutive windows merge without loss (`mergeSnapshots`).
 */
export interface MetricSnapshot {
  /** The metric's name as the program gave it. */
  readonly name: string;
  /** What the metric is: a counter, a gauge or a distribution. */
  readonly kind: MetricKind;
  /** UCUM code, such as `ms`, `By`, `{record}`; `1` where none was declared. */
  readonly unit: string;
  /** What the metric measures, where its definition says so. */
  readonly description?: string;
  /** Number of observations, at least 1. */
  readonly count: number;
  /** Sum of the observed values. */
  readonly sum: number;
  /** Smallest observed value. */
  readonly min: number;
  /** Largest observed value. */
  readonly max: number;
  /** The value observed last. */
  readonly last: number;
  /** Canonical dimensions, the manager's common ones included. */
  readonly dimensions: Dimensions;
  /** Start of the window, in milliseconds since the epoch, inclusive. */
  readonly windowStart: number;
  /** End of the window, in milliseconds since the epoch, exclusive; never before `windowStart`. */
  readonly windowEnd: number;
  /** Distributions only. */
  readonly histogram?: ExponentialHistogram;
  /** Distributions with thresholds only. */
  readonly thresholds?: ThresholdCounts;
  /** Gauges only: what several become when they are merged. Absent means "sum". */
  readonly combine?: GaugeCombination;
  /** Gauges only: how many levels were combined into this one. Absent means 1. */
  readonly levels?: number;
  /** True for the series that took the observations past the metric's limit of series. */
  readonly overflow?: true;
}
