import type { Dimensions } from "../contract/dimensions.ts";
import type { MetricKind, MetricSnapshot } from "../contract/metric-snapshot.ts";

/**
 * What was recorded of a metric, as a plain object that a test can compare: `sum` is the value of a
 * counter, `last` that of a gauge, and a distribution has `count`, `sum`, `min` and `max`.
 */
export interface MetricReading {
  /** The metric's name. */
  readonly name: string;
  /** What the metric is: a counter, a gauge or a distribution. */
  readonly kind: MetricKind;
  /** UCUM code; `1` where none was declared. */
  readonly unit: string;
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
  /** Value by name, the manager's common dimensions included. Of several series: those that all have with the same value. */
  readonly dimensions: Readonly<Record<string, string>>;
  /** Set if this includes the series that took the observations beyond the metric's limit of series. */
  readonly overflow?: true;
}

/** A snapshot as a test compares it. */
export function readingOf(snapshot: MetricSnapshot, dimensions: Dimensions): MetricReading {
  const { name, kind, unit, count, sum, min, max, last, overflow } = snapshot;
  return {
    name,
    kind,
    unit,
    count,
    sum,
    min,
    max,
    last,
    dimensions: Object.fromEntries(dimensions),
    ...(overflow === true && { overflow }),
  };
}
