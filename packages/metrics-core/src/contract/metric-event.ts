import type { Dimensions } from "./dimensions.ts";
import type { GaugeCombination, MetricKind } from "./metric-snapshot.ts";

/** The series of observations. Immutable. */
export interface EventSeries {
  /** The metric's name as the program gave it. */
  readonly name: string;
  /** What the metric is: a counter, a gauge or a distribution. */
  readonly kind: MetricKind;
  /** UCUM code, such as `ms`, `By`, `{record}`; `1` where none was declared. */
  readonly unit: string;
  /** What the metric measures, where its definition says so. */
  readonly description?: string;
  /** Canonical dimensions. Past the metric's limit of series: those of the overflow series. */
  readonly dimensions: Dimensions;
  /** Gauges only: what several become when they are merged. Absent means "sum". */
  readonly combine?: GaugeCombination;
  /** True for the series that takes the observations past the metric's limit of series. */
  readonly overflow?: true;
}

/** One accepted observation, as an {@link EventfulMetricsSink} gets it. Immutable. */
export interface MetricEvent extends EventSeries {
  /** The observed value: finite, and not negative for a counter. */
  readonly value: number;
  /** How many equal observations it stands for: whole, 1 to 2^32. Absent means 1; only distributions have it. */
  readonly count?: number;
  /** When it was recorded, in milliseconds since the epoch. */
  readonly timestamp: number;
}
