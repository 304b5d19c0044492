import type { Dimensions } from "../contract/dimensions.ts";
import { Histogram } from "../histogram/histogram.ts";
import type { MetricKind } from "../contract/metric-snapshot.ts";

/** The {@link Series.offset} of a series that its metric's index does not hold. */
export const DETACHED = -1;

/**
 * The accumulator of one series for the open window. While `count` is 0 the other numbers are
 * left over from an earlier window: closing a window costs one store per series, and the first
 * observation of the next one comes by {@link start}, off the hot path.
 */
export class Series {
  count = 0;
  // Minus zero and infinity make V8 choose doubles for these fields at once.
  sum = -0;
  min: number = Infinity;
  max: number = -Infinity;
  /** Outlives the window: it is the level that a gauge's `add` goes on from. */
  last = -0;
  histogram: Histogram | undefined;
  /** Made when first asked for, then the same object for as long as the series lives. */
  dimensions: Dimensions | undefined;
  /** What passes each value on, where a sink wants that. */
  onValue: ((value: number) => void) | undefined;
  /** Where the index keeps the series' identity, or {@link DETACHED}. */
  offset: number;
  /** When the series was last in use, counted in sweeps for idle series. */
  epoch = 0;

  constructor(kind: MetricKind, offset: number) {
    this.offset = offset;
    this.histogram = kind === "distribution" && offset !== DETACHED ? new Histogram() : undefined;
    this.dimensions = undefined;
    this.onValue = undefined;
  }

  /**
   * Adds a value to a window that has one already. Returns false, and changes nothing, where the
   * window has none, or where the sum would not be finite.
   */
  add(value: number): boolean {
    if (this.count === 0) return false;
    const sum = this.sum + value;
    if (!Number.isFinite(sum)) return false;
    this.count++;
    this.sum = sum;
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
    this.last = value;
    if (this.histogram !== undefined) this.histogram.record(value);
    return true;
  }

  /** Begins a window with its first value, which the caller has checked. */
  start(value: number): void {
    this.count = 1;
    this.sum = value;
    this.min = value;
    this.max = value;
    this.last = value;
    this.histogram?.record(value);
  }

  /** Empties the window. */
  reset(): void {
    this.count = 0;
    this.histogram?.reset();
  }

  /** Takes the series out of use; whoever still holds it sees that by its `offset`. */
  detach(): void {
    this.offset = DETACHED;
    this.histogram?.release();
    this.histogram = undefined;
  }
}
