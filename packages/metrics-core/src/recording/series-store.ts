import type { MetricCatalogue } from "../contract/catalogue.ts";
import type { Dimensions, DimensionValues } from "../contract/dimensions.ts";
import type { MetricKind } from "../contract/metric-snapshot.ts";
import type { ForgottenSeries } from "../contract/metrics-sink.ts";
import { undeclaredDimensions } from "./declared-dimensions.ts";
import type { OnRecord } from "./event-recorder.ts";
import type { Levels } from "./levels.ts";
import type { Metric, Origin } from "./metric.ts";
import { MetricRegistry, type Undeclared } from "./metric-registry.ts";
import { overflowRefusal, quoted } from "./refusal.ts";
import type { Series } from "./series.ts";
import { SeriesPlaces, type SeriesPlacesOptions, UNDECLARED } from "./series-places.ts";
import { SeriesWindows } from "./series-windows.ts";

/** What a {@link SeriesStore} needs besides what its registry does. */
export interface SeriesStoreOptions extends SeriesPlacesOptions {
  /** Called with each accepted observation; left out where no sink wants them. */
  readonly onRecord?: OnRecord | undefined;
  /** Called just before an accepted observation begins a series' window. */
  readonly onWindowBegun: () => void;
}

/** All series of all metrics: takes observations in. {@link SeriesStore.windows} gives them out. */
export class SeriesStore {
  readonly metrics: MetricRegistry;
  readonly windows: SeriesWindows;
  readonly places: SeriesPlaces;
  readonly #options: SeriesStoreOptions;
  readonly #onRecord: OnRecord | undefined;
  constructor(options: SeriesStoreOptions) {
    this.#options = options;
    this.#onRecord = options.onRecord;
    this.metrics = new MetricRegistry(options);
    this.windows = new SeriesWindows(this.metrics, options.onRecord);
    this.places = new SeriesPlaces(this.metrics, this.windows, options);
  }

  /** Registers metrics, see {@link MetricRegistry.declare}. Returns whether a series is in each window from now on. */
  declare(catalogue: MetricCatalogue): boolean {
    this.metrics.declare(catalogue);
    return this.#sayZero(Object.keys(catalogue).map((name) => this.metrics.known(name)));
  }

  /** Says that the levels have changed. Returns whether a series is in each window from now on. */
  relevel(): boolean {
    this.metrics.relevel(this.windows.open);
    return this.#sayZero(this.metrics.all());
  }

  /** Which metrics are recorded. */
  get levels(): Levels {
    return this.#options.levels;
  }

  /** Has the counters that say 0 from the start do so. */
  #sayZero(metrics: Iterable<Metric | undefined>): boolean {
    let isPresent = false;
    for (const metric of metrics) {
      if (metric?.enabled !== true || !metric.properties.saysZero) continue;
      const { dimensions = [] } = metric.properties;
      if (undeclaredDimensions(dimensions, this.#options.commonDimensions, {})) continue;
      const series = metric.findOrCreate(undefined);
      if (series === undefined) continue;
      metric.sayZero(series, this.windows.open);
      isPresent = true;
    }
    return isPresent;
  }

  /**
   * Takes one observation by the metric's name.
   *
   * @param verb the kind that the caller's verb implies; undefined where it fits any
   * @param inherited dimensions that the observation has beside its own
   * @param undeclared what the metric becomes if nobody declared it
   */
  record(
    name: string,
    verb: MetricKind | undefined,
    value: unknown,
    dimensions: DimensionValues | undefined,
    inherited?: Dimensions,
    undeclared: Undeclared = UNDECLARED[verb ?? "distribution"],
  ): void {
    const metric = this.metrics.known(name);
    if (metric !== undefined && (verb === undefined || verb === metric.kind)) {
      if (!metric.enabled) return;
      const series = this.#find(metric, dimensions, inherited);
      if (series !== undefined) {
        if (this.addToBegun(metric, series, value)) return;
        if (this.admit(name, verb, value) !== undefined)
          this.#add(metric, this.places.placed(metric, series), value as number);
        return;
      }
    }
    const target = this.places.resolve(name, verb, value, dimensions, inherited, undeclared);
    if (target !== undefined) this.#add(target.metric, target.series, value as number);
  }

  /** Takes one value of a distribution that stands for `count`, by the metric's name. */
  recordMany(
    name: string,
    value: unknown,
    count: number,
    dimensions: DimensionValues | undefined,
    inherited: Dimensions | undefined,
  ): void {
    if (!this.metrics.admitCount(name, value, count)) return;
    const { distribution } = UNDECLARED;
    const target = this.places.resolve(
      name,
      "distribution",
      value,
      dimensions,
      inherited,
      distribution,
    );
    if (target !== undefined)
      this.#add(target.metric, target.series, value as number, "program", count);
  }

  /** Takes what an observer has read, or counted from what it has read; returns whether it was taken. */
  recordObserved(
    name: string,
    kind: "counter" | "gauge",
    value: unknown,
    dimensions: DimensionValues,
  ): boolean {
    const known = this.metrics.known(name);
    const isFitting = known?.kind === kind && known.enabled;
    const series = isFitting ? this.#find(known, dimensions, undefined) : undefined;
    if (known !== undefined && series !== undefined) {
      if (this.admit(name, kind, value) === undefined) return false;
      return this.#addObserved(known, this.places.placed(known, series), value as number);
    }
    const undeclared = UNDECLARED[kind];
    const target = this.places.resolve(name, kind, value, dimensions, undefined, undeclared);
    return target !== undefined && this.#addObserved(target.metric, target.series, value as number);
  }

  /** Moves a gauge's level by `delta`; a series without a level starts at 0. */
  move(
    name: string,
    delta: unknown,
    dimensions: DimensionValues | undefined,
    inherited?: Dimensions,
  ): void {
    const metric = this.metrics.known(name);
    if (metric?.enabled === false) return;
    const known = metric?.kind === "gauge" ? this.#find(metric, dimensions, inherited) : undefined;
    if (metric !== undefined && known !== undefined) {
      if (this.admit(name, "gauge", delta) !== undefined)
        this.#move(metric, this.places.placed(metric, known), delta as number);
      return;
    }
    const target = this.places.resolve(
      name,
      "gauge",
      delta,
      dimensions,
      inherited,
      UNDECLARED.gauge,
    );
    if (target !== undefined) this.#move(target.metric, target.series, delta as number);
  }

  /**
   * Ends the series of a metric that have these dimensions, whatever others they have. Returns how many
   * they are, and those that sinks are to be told of now; of the others they are told when their last
   * window is collected. Dimensions that can't be read are reported.
   */
  forget(
    name: string,
    dimensions: DimensionValues | undefined,
  ): { readonly count: number; readonly ended: readonly ForgottenSeries[] } {
    const metric = this.metrics.known(name);
    if (metric === undefined || this.metrics.isClosed) return { count: 0, ended: [] };
    try {
      const matching = metric.matching(this.places.readDimensions(name, dimensions));
      const ended = matching.flatMap((series) => this.windows.forget(metric, series));
      return { count: matching.length, ended };
    } catch (cause) {
      const message = `metric ${quoted(name)} was to be forgotten for dimensions that can't be read`;
      this.#options.problems.notice("invalid_dimensions", message, { metric: name, cause });
      return { count: 0, ended: [] };
    }
  }

  /** The dimensions of each series that does not set them itself. */
  get commonDimensions(): Dimensions {
    return this.#options.commonDimensions;
  }

  /** See {@link MetricRegistry.admit}. */
  admit(name: string, verb: MetricKind | undefined, value: unknown): Metric | undefined {
    return this.metrics.admit(name, verb, value, UNDECLARED[verb ?? "distribution"]);
  }

  /** Adds a value to a window that has one already; false, and nothing changed, where it has none or the value needs a closer look. */
  addToBegun(metric: Metric, series: Series, value: unknown): boolean {
    if (typeof value !== "number") return false;
    if (!(value >= metric.floor && series.add(value, this.windows.open))) return false;
    this.#onRecord?.(metric, series, value);
    return true;
  }

  /** Whether each observation is passed on, so that none may be added without the store. */
  get isEventful(): boolean {
    return this.#onRecord !== undefined;
  }

  /** Takes one admitted observation for a handle. Without room it goes to the overflow series, and its level stays with the handle. */
  recordAttached(metric: Metric, series: Series, value: number, count?: number): void {
    if (series.isRegistered) this.#add(metric, series, value, "program", count);
    else if (this.#add(metric, this.places.overflow(metric), value, "program", count))
      metric.overflowLevels.set(series, value);
  }

  /** Moves the level of a handle's series. Without room it moves the sum of levels of the overflow series, and the handle keeps its own. */
  moveAttached(metric: Metric, series: Series, delta: number): void {
    if (series.isRegistered) this.#move(metric, series, delta);
    else if (this.#move(metric, this.places.overflow(metric), delta))
      metric.overflowLevels.moved(series, delta);
  }

  /** The series of these dimensions, if it is known; what can't be read is read again, and reported, where a series is registered. */
  #find(
    metric: Metric,
    dimensions: DimensionValues | undefined,
    inherited: Dimensions | undefined,
  ): Series | undefined {
    try {
      return metric.find(dimensions, inherited);
    } catch {
      return undefined;
    }
  }

  #addObserved(metric: Metric, series: Series, value: number): boolean {
    if (!this.#add(metric, series, value, "observer")) return false;
    metric.observed(series);
    return true;
  }

  /** Moves a level by an admitted delta; returns whether the window took the new level. */
  #move(metric: Metric, series: Series, delta: number): boolean {
    const before = metric.levelOf(series);
    if (this.admit(metric.properties.name, "gauge", before + delta) === undefined) return false;
    // The window also has the level with which the series enters it, so that its smallest and largest value are true.
    const isEntering = series.presence?.isMoved === true && series.window < this.windows.open;
    if (isEntering && Number.isFinite(before + before + delta)) this.#add(metric, series, before);
    // Read again, because a sink that was told of it may have moved the level.
    const level = metric.levelOf(series) + delta;
    if (!this.#add(metric, series, level)) return false;
    metric.setLevel(series, level);
    return true;
  }

  #addManyToBegun(metric: Metric, series: Series, value: number, count: number): boolean {
    if (!series.addMany(value, count, this.windows.open)) return false;
    this.#onRecord?.(metric, series, value, count);
    return true;
  }

  /**
   * Adds an admitted value; returns whether the window took it.
   *
   * @param count how many the value stands for; undefined for one
   */
  #add(
    metric: Metric,
    series: Series,
    value: number,
    origin: Origin = "program",
    count?: number,
  ): boolean {
    if (
      count === undefined
        ? this.addToBegun(metric, series, value)
        : this.#addManyToBegun(metric, series, value, count)
    )
      return true;
    // A handler that was called since the observation was admitted may have set the level.
    if (!metric.enabled) return false;
    const isBegun = series.window === this.windows.open;
    if (isBegun || !Number.isFinite(value * (count ?? 1))) {
      this.metrics.refuse(
        overflowRefusal(metric.properties.name, value, count, isBegun ? series : undefined),
      );
      return false;
    }
    // Asked again: a handler that a report has called since the first time may have closed the manager.
    if (this.metrics.isClosed) {
      this.admit(metric.properties.name, metric.kind, value);
      return false;
    }
    this.#options.onWindowBegun();
    this.windows.putAside(metric, series);
    // A sink that was told of a level that is put aside may have recorded into the series, or set the level.
    if (series.window === this.windows.open || !metric.enabled)
      return this.#add(metric, series, value, origin, count);
    series.start(value, this.windows.open, count);
    metric.begun(series, value, origin);
    this.#onRecord?.(metric, series, value, count);
    return true;
  }
}
