import type { Dimensions, DimensionValues } from "../contract/dimensions.ts";
import type { MetricKind } from "../contract/metric-snapshot.ts";
import { LONGEST_TEXT } from "../problems/kept-text.ts";
import type { Problems } from "../problems/problems.ts";
import { messageOf } from "../problems/thrown.ts";
import { undeclaredDimensions } from "./declared-dimensions.ts";
import { dimensionCount, readDimensions } from "./given-dimensions.ts";
import { withInherited } from "./inherited-dimensions.ts";
import type { Metric } from "./metric.ts";
import type { MetricRegistry, MetricRegistryOptions, Undeclared } from "./metric-registry.ts";
import { quoted, type Refusal } from "./refusal.ts";
import { Series } from "./series.ts";
import type { SeriesWindows } from "./series-windows.ts";

/** So many different mistakes in its dimensions are reported of a metric. */
const MAX_REPORTED_MISTAKES = 100;

/** What {@link SeriesPlaces} need. */
export interface SeriesPlacesOptions extends MetricRegistryOptions {
  /** Most dimensions that an observation may have. */
  readonly maxDimensions: number;
}

/** Where an admitted observation goes. */
export interface Target {
  readonly metric: Metric;
  readonly series: Series;
}

/** What a metric becomes that nobody declared, by the kind of its verb. */
export const UNDECLARED: Readonly<Record<MetricKind, Undeclared>> = {
  counter: { kind: "counter", unit: "1" },
  gauge: { kind: "gauge", unit: "1" },
  distribution: { kind: "distribution", unit: "1" },
};

/**
 * Finds the series that an observation goes to: the one of its dimensions, a new one where there is room,
 * or else the metric's overflow series.
 */
export class SeriesPlaces {
  readonly #metrics: MetricRegistry;
  readonly #windows: SeriesWindows;
  readonly #options: SeriesPlacesOptions;
  readonly #problems: Problems;
  /** What was wrong with dimensions and is reported, by metric. */
  readonly #reported = new WeakMap<Metric, Set<string>>();

  constructor(metrics: MetricRegistry, windows: SeriesWindows, options: SeriesPlacesOptions) {
    this.#metrics = metrics;
    this.#windows = windows;
    this.#options = options;
    this.#problems = options.problems;
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

  /**
   * Where an observation goes whose series is not known; undefined where it is refused. The
   * dimensions are copied before the metric is registered: a getter among them may throw, or record
   * something itself.
   */
  resolve(
    name: string,
    verb: MetricKind | undefined,
    value: unknown,
    dimensions: DimensionValues | undefined,
    inherited: Dimensions | undefined,
    undeclared: Undeclared,
  ): Target | undefined {
    if (this.#metrics.isOff(name)) return undefined;
    const refusal = this.#metrics.refusalOf(name, verb, value, undeclared.kind);
    if (refusal !== undefined) return this.#refuse(refusal, value);
    let copy: DimensionValues;
    try {
      copy = withInherited(inherited, this.readDimensions(name, dimensions));
    } catch (cause) {
      const message = `metric ${quoted(name)} was given dimensions that can't be read: ${messageOf(cause)}`;
      return this.#refuse({ code: "invalid_dimensions", message, metric: name, cause });
    }
    const metric = this.admitWith(name, verb, value, copy, undeclared);
    if (metric === undefined || !this.#areDeclared(metric, copy)) return undefined;
    return { metric, series: this.#findOrCreate(metric, copy) ?? this.overflow(metric) };
  }

  /** As {@link MetricRegistry.admit}, with the observation's dimensions, of which there may be too many. */
  admitWith(
    name: string,
    verb: MetricKind | undefined,
    value: unknown,
    dimensions: DimensionValues,
    undeclared: Undeclared = UNDECLARED[verb ?? "distribution"],
  ): Metric | undefined {
    if (this.#metrics.isOff(name)) return undefined;
    const refusal =
      this.#metrics.refusalOf(name, verb, value, undeclared.kind) ??
      this.#tooManyDimensions(name, dimensions);
    if (refusal !== undefined) return this.#refuse(refusal);
    return this.#metrics.admit(name, verb, value, undeclared);
  }

  /**
   * The series that a handle goes on with: the registered one of its dimensions, which begins with
   * the handle's level where it is new. Where there is no room for a series, one that is not registered;
   * undefined, and the observation refused, where the catalogue forbids its dimensions.
   */
  attach(metric: Metric, held: Series, dimensions: DimensionValues): Series | undefined {
    const known = held.isRegistered ? held : metric.find(dimensions);
    if (known !== undefined && this.#hasPlaceFor(metric, known)) return known;
    // One that was ended has left no level to its handle.
    if (known !== undefined) return held.isRegistered ? new Series(undefined) : held;
    if (!this.#areDeclared(metric, dimensions)) return undefined;
    const before = metric.series.length;
    const series = this.#findOrCreate(metric, dimensions);
    if (series === undefined) return held;
    if (metric.series.length > before) metric.moveIn(held, series, this.#windows.open);
    return series;
  }

  /** The series, or the overflow series where the series was ended and there is no place for it any more. */
  placed(metric: Metric, series: Series): Series {
    return this.#hasPlaceFor(metric, series) ? series : this.overflow(metric);
  }

  #hasPlaceFor(metric: Metric, series: Series): boolean {
    return metric.hasPlaceFor(series) || this.#makeRoom(metric);
  }

  /** The series of these dimensions, registered if there is room; undefined where there is none. */
  #findOrCreate(metric: Metric, dimensions: DimensionValues): Series | undefined {
    let series = metric.findOrCreate(dimensions);
    if (series === undefined && this.#makeRoom(metric)) series = metric.findOrCreate(dimensions);
    return series !== undefined && this.#hasPlaceFor(metric, series) ? series : undefined;
  }

  /** Ends a series that is in the windows without an observation, to have its place; returns whether there was one. */
  #makeRoom(metric: Metric): boolean {
    const series = metric.replaceable(this.#windows.open);
    if (series === undefined || !this.#windows.replace(metric, series)) return false;
    const { name, kind, maxSeries } = metric.properties;
    const what = kind === "gauge" ? "levels" : "zeros";
    const message =
      `metric ${quoted(name)} has ${maxSeries} series, its limit; the ${what} that were longest untouched are no longer shown, so that new series have room. ` +
      `End what is over with forget(), or raise maxSeries`;
    this.#problems.notice("series_limit", message, { metric: name });
    return true;
  }

  /** The overflow series of a metric that has no room. */
  overflow(metric: Metric): Series {
    const { name, maxSeries } = metric.properties;
    const message =
      `metric ${quoted(name)} has ${maxSeries} series, its limit; observations of further ones go to one overflow series. ` +
      `Remove the dimension whose values never repeat, or raise maxSeries`;
    this.#problems.notice("series_limit", message, { metric: name });
    return metric.overflow();
  }

  #tooManyDimensions(name: string, dimensions: DimensionValues): Refusal | undefined {
    const { maxDimensions } = this.#options;
    const count = dimensionCount(dimensions);
    if (count <= maxDimensions) return undefined;
    const message = `metric ${quoted(name)} was given ${count} dimensions, at most ${maxDimensions} are taken (the option maxDimensions)`;
    return { code: "invalid_dimensions", message, metric: name };
  }

  #refuse(refusal: Refusal, value?: unknown): undefined {
    this.#metrics.refuse(refusal, value);
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
    else if (this.#isNew(metric, wrong))
      this.#problems.report("undeclared", message, { metric: name, affected: 1 });
    return undeclared !== "refuse";
  }

  /** Whether a mistake in the metric's dimensions was not reported before. From now on it counts as reported. */
  #isNew(metric: Metric, mistake: string): boolean {
    const known = this.#reported.get(metric) ?? new Set();
    this.#reported.set(metric, known);
    if (known.has(mistake) || known.size >= MAX_REPORTED_MISTAKES) return false;
    known.add(mistake);
    return true;
  }
}
