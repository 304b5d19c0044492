import type { MetricKind } from "./metric-snapshot.ts";

/**
 * A handle on one series of a metric of the given kind. If the kind is not known, it has the methods of
 * all kinds, and `put` needs a value. As with {@link Metrics}, nothing throws or waits, and what is
 * refused is counted. An undeclared metric gets its kind with the first observation: `put` and `putMany`
 * make it a distribution, `add` a gauge.
 *
 * The methods need no `this`, so they can be handed on: `setInterval(metrics.bind("ticks").put, 1000)`.
 */
export type BoundMetric<K extends MetricKind = MetricKind> = MetricKind extends K
  ? BoundGauge & BoundDistribution
  : { counter: BoundCounter; gauge: BoundGauge; distribution: BoundDistribution }[K];

/** A handle on one series of a counter. */
export interface BoundCounter {
  /** Counts 1. */
  put(this: void): void;
  /** Adds `value`: finite, not negative. */
  put(this: void, value: number): void;
}

/** A handle on one series of a gauge. */
export interface BoundGauge {
  /** Sets the gauge to `value`, any finite number. */
  put(this: void, value: number): void;
  /** Moves the gauge's level by `delta`, any finite number; it starts at 0. See `add` of `Metrics`. */
  add(this: void, delta: number): void;
}

/** A handle on one series of a distribution. */
export interface BoundDistribution {
  /** Records one measurement, any finite number. */
  put(this: void, value: number): void;
  /**
   * Records a value that stands for `count` equal measurements, see `distribution` of `Metrics`. It is not a
   * second argument of `put`, because `values.forEach(handle.put)` would pass an index as the count.
   *
   * @param count whole, from 1 to 2^32 (4,294,967,296)
   */
  putMany(this: void, value: number, count: number): void;
}
