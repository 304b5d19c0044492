import type { Dimensions } from "../contract/dimensions.ts";
import type { MetricKind } from "../contract/metric-snapshot.ts";
import { Histogram } from "../histogram/histogram.ts";

/** The {@link Series.offset} of a series that no index holds. */
const UNREGISTERED = -1;

/**
 * The accumulator of one series for the open window. While `count` is 0 the other numbers are
 * left over from an earlier window: closing a window costs one store per series, and the first
 * observation of the next window comes by {@link start}, off the hot path.
 */
export class Series {
  count = 0;
  // Minus zero and infinity make V8 choose doubles for these fields at once.
  sum = -0;
  min: number = Infinity;
  max: number = -Infinity;
  /** Outlives the window: a gauge's `add` goes on from this level. */
  last = -0;
  histogram: Histogram | undefined;
  /** Made when first asked for, then the same object for as long as the series lives. */
  dimensions: Dimensions | undefined;
  /** Passes each value on, where a sink wants that. */
  onValue: ((value: number) => void) | undefined;
  /** Where the index keeps the series' identity; −1 while no index holds the series. */
  offset: number = UNREGISTERED;
  /** When the series was last in use, counted in sweeps for idle series. */
  epoch = 0;

  constructor(histogram: Histogram | undefined) {
    this.histogram = histogram;
    this.dimensions = undefined;
    this.onValue = undefined;
  }

  /** Whether its metric's index holds the series, so that its window will be exported. */
  get isRegistered(): boolean {
    return this.offset !== UNREGISTERED;
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

  /** Takes the series out of its index; a handle that still holds it asks {@link isRegistered}. */
  detach(): void {
    this.offset = UNREGISTERED;
    this.histogram?.release();
    this.histogram = undefined;
  }
}

/** A series that no index holds yet, with what its kind needs. */
export function newSeries(kind: MetricKind): Series {
  return new Series(kind === "distribution" ? new Histogram() : undefined);
}
