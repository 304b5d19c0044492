import type { Dimensions, DimensionValues } from "../contract/dimensions.ts";
import type { MetricKind } from "../contract/metric-snapshot.ts";
import { LONGEST_TEXT } from "../problems/kept-text.ts";
import type { Problems } from "../problems/problems.ts";
import { undeclaredDimensions } from "./declared-dimensions.ts";
import type { OnRecord } from "./event-recorder.ts";
import { dimensionCount, readDimensions } from "./given-dimensions.ts";
import { withInherited } from "./inherited-dimensions.ts";
import type { Metric } from "./metric.ts";
import { MetricRegistry, type MetricRegistryOptions, type Undeclared } from "./metric-registry.ts";
import { quoted, type Refusal } from "./refusal.ts";
import type { Series } from "./series.ts";
import { SeriesWindows } from "./series-windows.ts";

/** What a {@link SeriesStore} needs besides what its registry does. */
export interface SeriesStoreOptions extends MetricRegistryOptions {
  /** Called with each accepted observation; left out where no sink wants them. */
  readonly onRecord?: OnRecord | undefined;
  /** Called just before an accepted observation begins a series' window. */
  readonly onWindowBegun: () => void;
  /** Most dimensions that an observation may have. */
  readonly maxDimensions: number;
}

/** Where an admitted observation goes. */
interface Target {
  readonly metric: Metric;
  readonly series: Series;
}

const UNDECLARED = {
  counter: { kind: "counter", unit: "1" },
  gauge: { kind: "gauge", unit: "1" },
  distribution: { kind: "distribution", unit: "1" },
} as const satisfies Record<MetricKind, Undeclared>;

/** All series of all metrics: takes observations in. {@link SeriesStore.windows} gives them out. */
export class SeriesStore {
  readonly metrics: MetricRegistry;
  readonly windows: SeriesWindows;
  readonly #problems: Problems;
  readonly #options: SeriesStoreOptions;
  readonly #onRecord: OnRecord | undefined;
  constructor(options: SeriesStoreOptions) {
    this.#options = options;
    this.#problems = options.problems;
    this.#onRecord = options.onRecord;
    this.metrics = new MetricRegistry(options);
    this.windows = new SeriesWindows(this.metrics);
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
        if (this.admit(name, verb, value) !== undefined) this.#add(metric, series, value as number);
        return;
      }
    }
    const target = this.#target(name, verb, value, dimensions, inherited, undeclared);
    if (target !== undefined) this.#add(target.metric, target.series, value as number);
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
        this.#move(metric, known, delta as number);
      return;
    }
    const target = this.#target(name, "gauge", delta, dimensions, inherited, UNDECLARED.gauge);
    if (target !== undefined) this.#move(target.metric, target.series, delta as number);
  }

  /** See {@link MetricRegistry.admit}. */
  admit(name: string, verb: MetricKind | undefined, value: unknown): Metric | undefined {
    return this.metrics.admit(name, verb, value, UNDECLARED[verb ?? "distribution"]);
  }

  /** As {@link admit}, with the observation's dimensions, of which there may be too many. */
  admitWith(
    name: string,
    verb: MetricKind | undefined,
    value: unknown,
    dimensions: DimensionValues,
    undeclared: Undeclared = UNDECLARED[verb ?? "distribution"],
  ): Metric | undefined {
    if (this.metrics.known(name)?.enabled === false) return undefined;
    const refusal =
      this.metrics.refusalOf(name, verb, value, undeclared.kind) ??
      this.#tooManyDimensions(name, dimensions);
    if (refusal !== undefined) return this.#refuse(refusal);
    return this.metrics.admit(name, verb, value, undeclared);
  }

  /**
   * A copy of dimensions, see {@link readDimensions}. What is cut is reported.
   *
   * @throws TypeError if they are no object, and what a getter throws.
   */
  readDimensions(name: string, dimensions: DimensionValues | undefined): DimensionValues {
    const { values, cut } = readDimensions(dimensions);
    if (cut > 0) {
      const message = `metric ${quoted(name)} was given dimensions whose names or values have more than ${LONGEST_TEXT} characters; they are cut`;
      this.#problems.notice("too_long", message, { metric: name });
    }
    return values;
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

  /**
   * The series that a handle goes on with: the registered one of its dimensions, which begins with
   * the handle's level where it is new. Where there is no room for a series, the one that the handle
   * holds, unregistered; undefined, and the observation refused, where the catalogue forbids its dimensions.
   */
  attach(metric: Metric, held: Series, dimensions: DimensionValues): Series | undefined {
    if (held.isRegistered) return held;
    const known = metric.find(dimensions);
    if (known !== undefined) return known;
    if (!this.#areDeclared(metric, dimensions)) return undefined;
    const before = metric.seriesCount;
    const series = metric.findOrCreate(dimensions);
    if (series === undefined) return held;
    if (metric.seriesCount > before) metric.moveIn(held, series);
    return series;
  }

  /** Takes one admitted observation for a handle. Without room it goes to the overflow series, and its level stays with the handle. */
  recordAttached(metric: Metric, series: Series, value: number): void {
    if (series.isRegistered) this.#add(metric, series, value);
    else if (this.#add(metric, this.#overflow(metric), value)) series.last = value;
  }

  /** Moves the level of a handle's series. Without room it moves the sum of levels of the overflow series, and the handle keeps its own. */
  moveAttached(metric: Metric, series: Series, delta: number): void {
    if (series.isRegistered) this.#move(metric, series, delta);
    else if (this.#move(metric, this.#overflow(metric), delta))
      metric.moveOverflowed(series, delta);
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

  /**
   * Where an observation goes whose series is not known; undefined where it is refused. The
   * dimensions are copied before the metric is registered: a getter among them may throw, or record
   * something itself.
   */
  #target(
    name: string,
    verb: MetricKind | undefined,
    value: unknown,
    dimensions: DimensionValues | undefined,
    inherited: Dimensions | undefined,
    undeclared: Undeclared,
  ): Target | undefined {
    if (this.metrics.known(name)?.enabled === false) return undefined;
    const refusal = this.metrics.refusalOf(name, verb, value, undeclared.kind);
    if (refusal !== undefined) return this.#refuse(refusal, value);
    let copy: DimensionValues;
    try {
      copy = withInherited(inherited, this.readDimensions(name, dimensions));
    } catch (cause) {
      const message = `metric ${quoted(name)} was given dimensions that can't be read`;
      return this.#refuse({ code: "invalid_dimensions", message, metric: name, cause });
    }
    const metric = this.admitWith(name, verb, value, copy, undeclared);
    if (metric === undefined || !this.#areDeclared(metric, copy)) return undefined;
    return { metric, series: metric.findOrCreate(copy) ?? this.#overflow(metric) };
  }

  #tooManyDimensions(name: string, dimensions: DimensionValues): Refusal | undefined {
    const { maxDimensions } = this.#options;
    const count = dimensionCount(dimensions);
    if (count <= maxDimensions) return undefined;
    const message = `metric ${quoted(name)} was given ${count} dimensions, at most ${maxDimensions} are taken (the option maxDimensions)`;
    return { code: "invalid_dimensions", message, metric: name };
  }

  #refuse(refusal: Refusal, value?: unknown): undefined {
    this.metrics.refuse(refusal, value);
  }

  /** Whether the catalogue has these dimensions; where not, it is reported, and whether they are taken is up to the option `undeclared`. */
  #areDeclared(metric: Metric, dimensions: DimensionValues): boolean {
    const { name, dimensions: declared } = metric.properties;
    if (declared === undefined) return true;
    const { commonDimensions, undeclared } = this.#options;
    const wrong = undeclaredDimensions(declared, commonDimensions, dimensions);
    if (wrong === undefined) return true;
    const message = `metric ${quoted(name)} was recorded with other dimensions than it declares: ${wrong}`;
    if (undeclared === "refuse") this.#refuse({ code: "undeclared", message, metric: name });
    else if (metric.isFirst(wrong))
      this.#problems.report("undeclared", message, { metric: name, affected: 1 });
    return undeclared !== "refuse";
  }

  #overflow(metric: Metric): Series {
    const { name, maxSeries } = metric.properties;
    const message =
      `metric ${quoted(name)} has ${maxSeries} series, its limit; observations of further ones go to one overflow series. ` +
      `Remove the dimension whose values never repeat, or raise maxSeries`;
    this.#problems.notice("series_limit", message, { metric: name });
    return metric.overflow();
  }

  /** Moves a level by an admitted delta; returns whether the window took the new level. */
  #move(metric: Metric, series: Series, delta: number): boolean {
    const level = metric.levelOf(series) + delta;
    if (this.admit(metric.properties.name, "gauge", level) === undefined) return false;
    if (!this.#add(metric, series, level)) return false;
    metric.setLevel(series, level);
    return true;
  }

  /** Adds an admitted value; returns whether the window took it. */
  #add(metric: Metric, series: Series, value: number): boolean {
    if (this.addToBegun(metric, series, value)) return true;
    if (series.window === this.windows.open) {
      const { name } = metric.properties;
      const message = `metric ${quoted(name)} was given ${value}, which makes its sum of ${series.sum} in this window infinite`;
      this.#refuse({ code: "sum_overflow", message, metric: name });
      return false;
    }
    // Asked again: a handler that a report has called since the first time may have closed the manager.
    if (this.metrics.isClosed) {
      this.admit(metric.properties.name, metric.kind, value);
      return false;
    }
    this.#options.onWindowBegun();
    this.windows.putAside(metric, series);
    series.start(value, this.windows.open);
    this.#onRecord?.(metric, series, value);
    return true;
  }
}
