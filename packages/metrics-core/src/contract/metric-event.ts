import type { Dimensions } from "./dimensions.ts";
import type { MetricKind } from "./metric-snapshot.ts";

/** The series of observations. Immutable. */
export interface EventSeries {
  /** The metric's name as the program gave it. */
  readonly name: string;
  readonly kind: MetricKind;
  /** UCUM code, such as `ms`, `By`, `{record}`; `1` where none was declared. */
  readonly unit: string;
  /** What the metric measures, where its definition says so. */
  readonly description?: string;
  /** Canonical dimensions; the overflow series' where the metric's limit was reached. */
  readonly dimensions: Dimensions;
  /** True of the series that takes what is beyond the metric's limit. */
  readonly overflow?: true;
}

/** One accepted observation, as an {@link EventfulMetricsSink} is told of it. Immutable. */
export interface MetricEvent extends EventSeries {
  /** The observed value: finite, and not negative for a counter. */
  readonly value: number;
  /** When it was recorded, in milliseconds since the epoch. */
  readonly timestamp: number;
}
