import type { Dimensions, DimensionValues } from "../contract/dimensions.ts";
import type { GaugeCombination, MetricKind, MetricSnapshot } from "../contract/metric-snapshot.ts";
import { freezeSnapshot } from "../histogram/freeze-snapshot.ts";
import { ThresholdBounds } from "../histogram/threshold-bounds.ts";
import type { Window } from "../windows/window-clock.ts";
import { newSeries, type Series } from "./series.ts";
import { SeriesIndex } from "./series-index.ts";

/** What a metric is, once every default is settled. */
export interface MetricProperties {
  readonly name: string;
  readonly kind: MetricKind;
  readonly unit: string;
  readonly description: string | undefined;
  /** False where the manager's level leaves the metric out. */
  readonly enabled: boolean;
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

/** So many different mistakes in its dimensions are reported of a metric. */
const MAX_REPORTED_MISTAKES = 100;

/** So many series give back their memory in a step of {@link Metric.evict}. */
const RELEASED_PER_STEP = 1_024;

/** One metric: its properties, its series, and the overflow series that takes what is beyond the limit. */
export class Metric {
  readonly properties: MetricProperties;
  readonly kind: MetricKind;
  readonly enabled: boolean;
  /** The smallest value that the metric accepts. */
  readonly floor: number;
  readonly #newSeries: () => Series;
  #overflow: Series | undefined;
  #index: SeriesIndex;
  readonly #common: Dimensions;
  /** The series whose level `add` has moved away from 0; they are not evicted. */
  #moved: Set<Series> | undefined;
  /** The sum of the levels that `add` has moved without room for a series of their own. */
  #overflowLevel = 0;
  /** What each unregistered series of a handle has in that sum. */
  #shares: WeakMap<Series, number> | undefined;
  #reportedMistakes: Set<string> | undefined;

  constructor(
    properties: MetricProperties,
    common: Dimensions,
    onInvalidValue: (name: string) => void,
  ) {
    this.properties = properties;
    this.kind = properties.kind;
    this.enabled = properties.enabled;
    this.floor = properties.kind === "counter" ? 0 : -Number.MAX_VALUE;
    const { kind, maxBuckets, thresholds } = properties;
    const bounds = thresholds && new ThresholdBounds(thresholds);
    this.#newSeries = () => newSeries(kind, maxBuckets, bounds);
    this.#index = new SeriesIndex(this.#newSeries, common, onInvalidValue);
    this.#common = common;
  }

  /** How many series there are, the overflow series included. */
  get seriesCount(): number {
    return this.#index.series.length + (this.#overflow === undefined ? 0 : 1);
  }

  /** See {@link SeriesIndex.find}. */
  find(dimensions: DimensionValues | undefined, inherited?: Dimensions): Series | undefined {
    return this.#index.find(dimensions, inherited);
  }

  /** The series of these dimensions, registered if there is room; undefined where there is none. */
  findOrCreate(dimensions: DimensionValues | undefined): Series | undefined {
    return this.#index.findOrCreate(dimensions, this.properties.maxSeries);
  }

  /** The series that takes what is beyond the limit. */
  overflow(): Series {
    if (this.#overflow === undefined) {
      this.#overflow = this.#newSeries();
      this.#overflow.dimensions = this.#common;
    }
    return this.#overflow;
  }

  isOverflow(series: Series): boolean {
    return series === this.#overflow;
  }

  /** The level that `add` goes on from. */
  levelOf(series: Series): number {
    return series === this.#overflow ? this.#overflowLevel : series.last;
  }

  /** Remembers a level that `add` has moved, so that the series is not evicted while it is not 0. */
  setLevel(series: Series, level: number): void {
    if (series === this.#overflow) this.#overflowLevel = level;
    else if (level === 0) this.#moved?.delete(series);
    else (this.#moved ??= new Set()).add(series);
  }

  /** Moves the level of a series that has no room, which the sum of overflowed levels holds as well. */
  moveOverflowed(unregistered: Series, delta: number): void {
    unregistered.last += delta;
    this.#shares ??= new WeakMap();
    this.#shares.set(unregistered, (this.#shares.get(unregistered) ?? 0) + delta);
  }

  /** Gives a newly registered series the level that a handle has kept, and takes that out of the overflowed ones. */
  moveIn(unregistered: Series, series: Series): void {
    series.last = unregistered.last;
    const share = this.#shares?.get(unregistered);
    if (share === undefined) return;
    this.#shares?.delete(unregistered);
    this.#overflowLevel -= share;
    this.setLevel(series, series.last);
  }

  /** Whether a mistake in the metric's dimensions is to be reported, which it is once. */
  isFirst(mistake: string): boolean {
    this.#reportedMistakes ??= new Set();
    if (this.#reportedMistakes.has(mistake) || this.#reportedMistakes.size >= MAX_REPORTED_MISTAKES)
      return false;
    this.#reportedMistakes.add(mistake);
    return true;
  }

  dimensionsOf(series: Series): Dimensions {
    return this.#index.dimensionsOf(series);
  }

  /** The series, the newest last; a list that only grows, until idle ones are evicted. */
  get series(): readonly Series[] {
    return this.#index.series;
  }

  /** The overflow series, if there is one. */
  get overflowSeries(): Series | undefined {
    return this.#overflow;
  }

  /** The series, also those that are registered meanwhile, and then the overflow series. */
  *all(): Generator<Series, undefined> {
    yield* this.#index.series;
    if (this.#overflow !== undefined) yield this.#overflow;
    return undefined;
  }

  /**
   * Evicts, step by step, the series that were in use neither in window `since` nor later, except levels
   * of `add` that are not 0. No window may be collected meanwhile. Returns how many they are.
   */
  *evict(since: number): Generator<undefined, number> {
    const isIdle = (series: Series): boolean =>
      series.window < since && this.#moved?.has(series) !== true;
    const rest = yield* this.#index.withoutIdle(isIdle);
    if (rest === undefined) return 0;
    this.#index = rest.index;
    for (const [position, series] of rest.evicted.entries()) {
      series.release();
      if (position % RELEASED_PER_STEP === 0) yield;
    }
    return rest.evicted.length;
  }

  /** Whether no series is left that was in use since window `since`, so that nothing is lost if the metric is forgotten. */
  isUnused(since: number): boolean {
    if (this.#index.series.length > 0) return false;
    const overflow = this.#overflow;
    return overflow === undefined || (overflow.window < since && this.#overflowLevel === 0);
  }

  /** What the series has to collect, as an immutable snapshot. */
  snapshotOf(series: Series, { windowStart, windowEnd }: Window): MetricSnapshot {
    const { name, kind, unit, description, combine } = this.properties;
    const { count, sum, min, max, last, histogram } = series;
    const dimensions = this.#index.dimensionsOf(series);
    // What may be absent is added later, since spreading it costs ten times as much as all the rest.
    const snapshot: Writable<MetricSnapshot> = {
      name,
      kind,
      unit,
      count,
      sum,
      min,
      max,
      last,
      dimensions,
      windowStart,
      windowEnd,
    };
    if (description !== undefined) snapshot.description = description;
    if (histogram !== undefined) {
      snapshot.histogram = histogram.toData();
      const thresholds = histogram.thresholds();
      if (thresholds !== undefined) snapshot.thresholds = thresholds;
    }
    if (combine !== "sum") snapshot.combine = combine;
    if (series === this.#overflow) snapshot.overflow = true;
    return freezeSnapshot(snapshot);
  }
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };
