import type { Dimensions } from "../contract/dimensions.ts";
import type { MetricKind } from "../contract/metric-snapshot.ts";
import { Histogram } from "../histogram/histogram.ts";
import type { ThresholdBounds } from "../histogram/threshold-bounds.ts";
import { ThresholdHistogram } from "../histogram/threshold-histogram.ts";
import type { Presence } from "./quiet/presence.ts";
import { MOST_WEIGHED } from "./refusal.ts";

/** A second class, so that what is recorded into a metric without thresholds need not ask whether there are some. */
type SeriesHistogram = Histogram | ThresholdHistogram;

/** From the number of a window to that of the next one. In between is the number of a series that is paused. */
export const WINDOW_STEP = 2;

/** The {@link Series.offset} of a series that no index holds. */
const UNREGISTERED = -1;

/**
 * The accumulator of one series. Its numbers are those of window `window`. When that window is closed,
 * nothing changes here: they are collected a little later, in slices, or put aside by whoever records
 * the first observation of a later window, which comes by {@link start}, off the hot path.
 */
export class Series {
  /**
   * The number of the last window that the series was in, by an observation or a level that is held, or one
   * less if it was paused there; 0 before the first.
   */
  window = 0;
  /** How many observations were not collected yet. */
  count = 0;
  // Minus zero and infinity make V8 choose doubles for these fields at once.
  sum = -0;
  min: number = Infinity;
  max: number = -Infinity;
  /** Outlives the window: a gauge's `add` goes on from this level. */
  last = -0;
  histogram: SeriesHistogram | undefined;
  /** Made when first asked for, then the same object for as long as the series lives. */
  dimensions: Dimensions | undefined;
  /** Passes each value on, where a sink wants that. */
  onValue: ((value: number, count?: number) => void) | undefined;
  /** What keeps the series in windows without an observation; undefined where nothing does. */
  presence: Presence | undefined;
  /** Where the index keeps the series' identity; −1 while no index holds the series. */
  offset: number = UNREGISTERED;

  constructor(histogram: SeriesHistogram | undefined) {
    this.histogram = histogram;
    this.dimensions = undefined;
    this.onValue = undefined;
    this.presence = undefined;
  }

  /** Whether its metric's index holds the series, so that its window will be exported. */
  get isRegistered(): boolean {
    return this.offset !== UNREGISTERED;
  }

  /**
   * Adds a value to the open window, if it has one already. Returns false, and changes nothing, where it
   * has none, or where the sum would not be finite.
   *
   * @param openWindow its number
   */
  add(value: number, openWindow: number): boolean {
    if (this.window !== openWindow) return false;
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

  /** Adds a value that stands for so many. As {@link add}, but it also returns false past {@link MOST_WEIGHED}. */
  addMany(value: number, times: number, openWindow: number): boolean {
    if (this.window !== openWindow) return false;
    const count = this.count + times;
    const sum = this.sum + value * times;
    if (count > MOST_WEIGHED || !Number.isFinite(sum)) return false;
    this.count = count;
    this.sum = sum;
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
    this.last = value;
    this.histogram?.repeat(value, times);
    return true;
  }

  /**
   * Begins a window with its first value, or so many of it, which the caller has checked. What an earlier window
   * left must be collected.
   */
  start(value: number, openWindow: number, times = 1): void {
    this.window = openWindow;
    this.count = times;
    this.sum = value * times;
    this.min = value;
    this.max = value;
    this.last = value;
    this.histogram?.reset();
    if (times === 1) this.histogram?.record(value);
    else this.histogram?.repeat(value, times);
  }

  /**
   * Makes {@link add} return false in the open window, where the manager's level leaves out the metric. What the
   * window has stays.
   */
  pause(openWindow: number): void {
    if (this.window === openWindow) this.window--;
  }

  /** Goes on where the series was paused in the open window. */
  resume(openWindow: number): void {
    if (this.window === openWindow - 1) this.window = openWindow;
  }

  /** Takes the series out of its index; a handle that still holds it asks {@link isRegistered}. */
  detach(): void {
    this.offset = UNREGISTERED;
  }

  /** Gives back the memory of a series that was detached. */
  release(): void {
    this.histogram?.release();
    this.histogram = undefined;
  }
}

/** A series that no index holds yet, with what its metric needs. */
export function newSeries(
  kind: MetricKind,
  maxBuckets: number,
  bounds: ThresholdBounds | undefined,
): Series {
  if (kind !== "distribution") return new Series(undefined);
  return new Series(
    bounds === undefined ? new Histogram(maxBuckets) : new ThresholdHistogram(maxBuckets, bounds),
  );
}
