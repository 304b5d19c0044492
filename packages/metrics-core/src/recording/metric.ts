import type { Dimensions, DimensionValues } from "../contract/dimensions.ts";
import type { MetricKind, MetricSnapshot } from "../contract/metric-snapshot.ts";
import type { ForgottenSeries } from "../contract/metrics-sink.ts";
import { freezeSnapshot } from "../histogram/freeze-snapshot.ts";
import { ThresholdBounds } from "../histogram/threshold-bounds.ts";
import type { Window } from "../windows/window-clock.ts";
import { hasDimensions } from "./has-dimensions.ts";
import { EndedSeries } from "./quiet/ended-series.ts";
import { OverflowLevels } from "./quiet/overflow-levels.ts";
import { Presence } from "./quiet/presence.ts";
import { PresentSeries } from "./quiet/present-series.ts";
import { LevelSwitch } from "./level-switch.ts";
import type { MetricProperties } from "./metric-properties.ts";
import { newSeries, type Series, WINDOW_STEP } from "./series.ts";
import { SeriesIndex } from "./series-index.ts";

/** So many series give back their memory in a step of {@link Metric.evict}. */
const RELEASED_PER_STEP = 1_024;

/** Whose value it is: the program's, which a gauge holds, or that of an observer, which it does not hold. */
export type Origin = "program" | "observer";

/** One metric: its properties, its series, and the overflow series that takes what is beyond the limit. */
export class Metric {
  readonly properties: MetricProperties;
  readonly kind: MetricKind;
  /** The smallest value that may be added without a closer look. */
  readonly floor: number;
  readonly #level: LevelSwitch;
  readonly #newSeries: () => Series;
  #overflow: Series | undefined;
  #index: SeriesIndex;
  readonly #common: Dimensions;
  /** Undefined where no series is in a window without an observation. */
  readonly #present: PresentSeries | undefined;
  /** Made when the first series is ended. */
  #ended: EndedSeries | undefined;
  /** Made when a level has no room. */
  #overflowLevels: OverflowLevels | undefined;

  constructor(
    properties: MetricProperties,
    common: Dimensions,
    onInvalidValue: (name: string) => void,
    isEnabled: boolean,
  ) {
    this.properties = properties;
    this.kind = properties.kind;
    this.floor = this.kind === "counter" ? 0 : -Number.MAX_VALUE;
    this.#level = new LevelSwitch(isEnabled);
    const { kind, maxBuckets, thresholds } = properties;
    const bounds = thresholds && new ThresholdBounds(thresholds);
    this.#newSeries = () => newSeries(kind, maxBuckets, bounds);
    this.#index = new SeriesIndex(this.#newSeries, common, onInvalidValue);
    this.#common = common;
    if (properties.kind === "gauge" || properties.saysZero) this.#present = new PresentSeries();
  }

  /** False where the manager's level leaves the metric out. */
  get enabled(): boolean {
    return this.#level.isOn;
  }

  /** See {@link LevelSwitch.wasOnIn}. */
  wasEnabledIn(endedWindow: number): boolean {
    return this.#level.wasOnIn(endedWindow);
  }

  /** Says that the level leaves the metric in. */
  enable(openWindow: number): void {
    if (!this.#level.set(true, openWindow)) return;
    for (const series of this.#index.series) series.resume(openWindow);
  }

  /** Says that the level leaves the metric out. Handles notice at the next value, because no series that they hold has the open window. */
  disable(openWindow: number): void {
    if (!this.#level.set(false, openWindow)) return;
    for (const series of this.#index.series) series.pause(openWindow);
  }

  /** How many series there are, the overflow series included. */
  get seriesCount(): number {
    return this.#placesTaken + (this.#overflow === undefined ? 0 : 1);
  }

  get #placesTaken(): number {
    return this.#index.series.length - (this.#ended?.size ?? 0);
  }

  /** See {@link SeriesIndex.find}. */
  find(dimensions: DimensionValues | undefined, inherited?: Dimensions): Series | undefined {
    return this.#index.find(dimensions, inherited);
  }

  /** The series of these dimensions, registered if there is room; undefined where there is none. */
  findOrCreate(dimensions: DimensionValues | undefined): Series | undefined {
    const limit = this.properties.maxSeries + (this.#ended?.size ?? 0);
    return this.#index.findOrCreate(dimensions, limit);
  }

  /** Whether the series has a place, or there is one for it. One that was ended has none until it is used again. */
  hasPlaceFor(series: Series): boolean {
    return this.#ended?.has(series) !== true || this.#placesTaken < this.properties.maxSeries;
  }

  /** See {@link PresentSeries.replaceable}. */
  replaceable(openWindow: number): Series | undefined {
    return this.#present?.replaceable(openWindow);
  }

  /** The series in use that have these dimensions, whatever others they have. */
  matching(part: DimensionValues | undefined): readonly Series[] {
    const all = this.kind === "gauge" ? [...this.all()] : this.series;
    return all.filter(
      (series) =>
        this.#ended?.isForgotten(series) !== true && hasDimensions(this.dimensionsOf(series), part),
    );
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

  /** Makes a series say 0 in each window from the open one on, in which it may have nothing yet. */
  sayZero(series: Series, openWindow: number): void {
    // What the program has ended in this window is still in it.
    if (series.presence === undefined && series.count === 0)
      series.window = openWindow - WINDOW_STEP;
    this.#present?.set(series, 0);
  }

  /** Says that a window of the series has begun with this value. */
  begun(series: Series, value: number, origin: Origin): void {
    this.#ended?.revive(series);
    if (this.isOverflow(series)) return;
    if (origin === "observer" && this.kind === "gauge") this.#present?.observed(series);
    else this.#present?.set(series, value);
  }

  /** Says that an observer has read the series, whose window had begun before. */
  observed(series: Series): void {
    if (this.kind === "gauge") this.#present?.observed(series);
  }

  /** The level that `add` goes on from. */
  levelOf(series: Series): number {
    if (this.isOverflow(series)) return this.#overflowLevels?.sum ?? 0;
    return this.#ended?.isForgotten(series) === true ? 0 : series.last;
  }

  /** What the series says in a window without an observation. */
  heldValueOf(series: Series): number {
    return this.kind === "counter" ? 0 : this.levelOf(series);
  }

  /** Remembers a level that `add` has moved. */
  setLevel(series: Series, level: number): void {
    this.#ended?.revive(series);
    if (!this.isOverflow(series)) return this.#present?.moved(series, level);
    this.overflowLevels.sum = level;
    series.presence ??= new Presence(series);
    series.presence.isMoved = true;
  }

  /** Ends a series, of which only the open window may have something. Returns whether it is at an end already. */
  end(series: Series): boolean {
    this.#present?.remove(series);
    if (this.isOverflow(series)) {
      this.#overflowLevels?.clear();
      return false;
    }
    this.#ended ??= new EndedSeries();
    if (series.count === 0) this.#ended.end(series);
    else this.#ended.endWithWindow(series);
    return series.count === 0;
  }

  /**
   * Says that all is collected of a window in which the series had observations, and when that ended, in
   * monotonic time. Returns whether the series has ended with the window.
   */
  windowCollected(series: Series, endedAt: number): boolean {
    const outcome = this.#ended?.windowCollected(series);
    if (outcome === "ended") return true;
    if (outcome === "revived" && series.presence === undefined)
      this.#present?.set(series, series.last);
    const { holdMs } = this.properties;
    if (series.presence !== undefined && holdMs < Infinity)
      series.presence.shownUntil = endedAt + holdMs;
    return false;
  }

  /** What is known of levels that have no room for a series of their own. */
  get overflowLevels(): OverflowLevels {
    return (this.#overflowLevels ??= new OverflowLevels());
  }

  /** Gives a series that was registered in the open window the level that a handle has kept. */
  moveIn(unregistered: Series, series: Series, openWindow: number): void {
    const own = this.#overflowLevels?.takeOut(unregistered);
    series.last = own?.level ?? unregistered.last;
    // In a window that is being closed, the overflow series has its level.
    series.window = openWindow - WINDOW_STEP;
    if (own !== undefined && own.share !== 0) this.setLevel(series, own.level);
  }

  dimensionsOf(series: Series): Dimensions {
    return this.#index.dimensionsOf(series);
  }

  /** What tells the series from all others. */
  identityOf(series: Series): ForgottenSeries {
    return { name: this.properties.name, dimensions: this.dimensionsOf(series) };
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

  /** Whether so many series were ended that the index should be made anew without them. */
  get hasManyEnded(): boolean {
    return this.#ended !== undefined && this.#ended.size * 2 > this.#index.series.length;
  }

  /**
   * Evicts, step by step, the series that were ended, and those that were in no window since `since`,
   * except levels of `add` that are not 0. No window may be collected meanwhile.
   * Returns how many they are, without those that were ended.
   *
   * @param now in monotonic time, for series that are still shown without an observation
   */
  *evict(since: number, now: number): Generator<undefined, number> {
    if (this.#overflow !== undefined && this.levelOf(this.#overflow) === 0)
      this.#overflow.presence = undefined;
    const isIdle = (series: Series): boolean =>
      this.#ended?.has(series) === true || (series.window < since && !isKept(series, now));
    const rest = yield* this.#index.withoutIdle(isIdle);
    if (rest === undefined) return 0;
    this.#index = rest.index;
    const endedBefore = this.#ended?.size ?? 0;
    for (const series of rest.evicted) {
      this.#present?.remove(series);
      this.#ended?.remove(series);
    }
    const ended = endedBefore - (this.#ended?.size ?? 0);
    for (const [position, series] of rest.evicted.entries()) {
      series.release();
      if (position % RELEASED_PER_STEP === 0) yield;
    }
    return rest.evicted.length - ended;
  }

  /** Whether no series is left that was in use since window `since`, so that nothing is lost if the metric is forgotten. */
  isUnused(since: number): boolean {
    if (this.#index.series.length > 0) return false;
    const overflow = this.#overflow;
    return overflow === undefined || (overflow.window < since && this.levelOf(overflow) === 0);
  }

  /** What the series has to collect, as an immutable snapshot. */
  snapshotOf(series: Series, { windowStart, windowEnd }: Window): MetricSnapshot {
    const { name, kind, unit, description, combine } = this.properties;
    const { count, sum, min, max, last, histogram } = series;
    const dimensions = series.dimensions ?? this.#index.dimensionsOf(series);
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

/** Whether an idle series must stay: it is shown, or has a level that would be lost. */
function isKept({ presence, last }: Series, now: number): boolean {
  return presence !== undefined && (presence.shownUntil > now || (presence.isMoved && last !== 0));
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };
