import type { MetricCatalogue, MetricDefinition, MetricLevel } from "../contract/catalogue.ts";
import type { Dimensions, DimensionValues } from "../contract/dimensions.ts";
import type { MetricKind, MetricSnapshot } from "../contract/metric-snapshot.ts";
import type { Problems } from "../problems/problems.ts";
import type { Window } from "../windows/window-clock.ts";
import { copyOfDimensions } from "./canonical-dimensions.ts";
import type { OnRecord } from "./event-recorder.ts";
import { Metric } from "./metric.ts";
import { nameRefusal, quoted, type Refusal, valueRefusal } from "./refusal.ts";
import type { Series } from "./series.ts";

/** Undeclared names past this are refused: a name is then being built from data, such as a user's id. */
const MAX_UNDECLARED_METRICS = 10_000;

const RANK = { none: 0, summary: 1, detailed: 2 } as const satisfies Record<MetricLevel, number>;

/** What a {@link SeriesStore} needs. */
export interface SeriesStoreOptions {
  readonly level: MetricLevel;
  readonly commonDimensions: Dimensions;
  readonly maxSeriesPerMetric: number;
  readonly problems: Problems;
  /** Called with each accepted observation; left out where no sink wants them. */
  readonly onRecord?: OnRecord | undefined;
  /** Called just before an accepted observation begins a series' window. */
  readonly onWindowBegun: () => void;
}

/** What an observation without a declaration makes of its metric. */
interface Undeclared {
  readonly kind: MetricKind;
  readonly unit: string;
}

/**
 * All metrics and their series: takes observations in, gives windows out. Every door, by name or by
 * handle, asks the same questions in the same order: is the metric recorded at this level, is the
 * store closed, is the name valid, does the verb fit the kind, is the value valid, can the
 * dimensions be read? The first no decides, and what is refused leaves nothing behind.
 */
export class SeriesStore {
  readonly #metrics = new Map<string, Metric>();
  readonly #options: SeriesStoreOptions;
  readonly #onRecord: OnRecord | undefined;
  #isClosed = false;
  #undeclared = 0;
  #epoch = 1;
  #evicted = 0;
  #drained = 0;

  constructor(options: SeriesStoreOptions) {
    this.#options = options;
    this.#onRecord = options.onRecord;
  }

  /** Registers metrics; one that contradicts what is known under its name is reported, and left as it was. */
  declare(catalogue: MetricCatalogue): void {
    for (const [name, definition] of Object.entries(catalogue)) {
      const known = this.#metrics.get(name);
      if (known === undefined) this.#register(name, definition);
      else if (
        known.kind !== definition.kind ||
        known.properties.unit !== (definition.unit ?? known.properties.unit)
      ) {
        const wanted = `a ${definition.kind} in ${definition.unit ?? "1"}`;
        const actual = `a ${known.kind} in ${known.properties.unit}`;
        const message = `metric "${name}" is declared as ${wanted} but is ${actual} already; the first declaration holds`;
        this.#options.problems.notice("kind_conflict", message, { metric: name });
      }
    }
  }

  /**
   * Takes one observation by the metric's name.
   *
   * @param verb the kind that the caller's verb implies; undefined where it fits any
   */
  record(
    name: string,
    verb: MetricKind | undefined,
    value: unknown,
    dimensions: DimensionValues | undefined,
  ): void {
    const metric = this.#metrics.get(name);
    if (metric === undefined) {
      const undeclared = { kind: verb ?? "distribution", unit: "1" } as const;
      return this.recordUnknown(name, undeclared, verb, value, dimensions);
    }
    if (!metric.enabled) return;
    let series: Series | undefined;
    if (verb === undefined || verb === metric.kind) {
      try {
        series = metric.find(dimensions);
      } catch {
        // The dimensions are read again below, where it is reported that they can't be.
      }
      if (series !== undefined && this.addToBegun(metric, series, value)) return;
    }
    if (this.admit(name, verb, value) === undefined) return;
    series ??= this.#findOrCreate(metric, dimensions);
    if (series !== undefined) this.#add(metric, series, value as number);
  }

  /**
   * Takes the first observation of a metric that nobody declared. Its dimensions are copied before
   * the metric is registered: a getter among them may throw, or record something itself.
   */
  recordUnknown(
    name: string,
    undeclared: Undeclared,
    verb: MetricKind | undefined,
    value: unknown,
    dimensions: DimensionValues | undefined,
  ): void {
    const refusal = this.#refusalOf(name, undefined, verb, value, undeclared.kind);
    if (refusal !== undefined) return this.refuse(refusal);
    const copy = this.#copyOf(name, dimensions);
    if (copy === undefined || this.admit(name, verb, value, undeclared) === undefined) return;
    this.record(name, verb, value, copy);
  }

  /**
   * The metric that may take the observation, registered if it is new; undefined where the level
   * leaves it out, or where the observation is refused, which is counted.
   */
  admit(
    name: string,
    verb: MetricKind | undefined,
    value: unknown,
    undeclared: Undeclared = { kind: verb ?? "distribution", unit: "1" },
  ): Metric | undefined {
    const known = this.#metrics.get(name);
    if (known?.enabled === false) return undefined;
    const refusal = this.#refusalOf(name, known, verb, value, undeclared.kind);
    if (refusal !== undefined) this.refuse(refusal);
    else if (known !== undefined) return known;
    else {
      this.#undeclared++;
      return this.#register(name, undeclared);
    }
    return undefined;
  }

  /** Adds a value to a window that has one already; false, and nothing changed, where it has none or the value needs a closer look. */
  addToBegun(metric: Metric, series: Series, value: unknown): boolean {
    if (typeof value !== "number" || !(value >= metric.floor && series.add(value))) return false;
    this.#onRecord?.(metric, series, value);
    return true;
  }

  /** Counts and reports an observation that is not taken. */
  refuse({ code, message, metric }: Refusal): void {
    this.#options.problems.refuse(code, message, { metric });
  }

  /** The metric of that name, if it is known. */
  known(name: string): Metric | undefined {
    return this.#metrics.get(name);
  }

  /** Whether each observation is passed on, so that none may be added without the store. */
  get isEventful(): boolean {
    return this.#onRecord !== undefined;
  }

  /**
   * The series that a handle goes on with: the one that it holds while that is registered, else the
   * registered one of its dimensions, with the handle's level where it is new. Where there is no
   * room for a series, the one that the handle holds, unregistered.
   */
  attach(metric: Metric, held: Series, dimensions: DimensionValues): Series {
    if (held.isRegistered) return held;
    const known = metric.find(dimensions);
    if (known !== undefined) return known;
    const before = metric.seriesCount;
    const series = metric.findOrCreate(dimensions);
    if (series === undefined) return held;
    if (metric.seriesCount > before) series.last = held.last;
    return series;
  }

  /** Takes one admitted observation for a handle. Without room it goes to the overflow series, and its level stays with the handle. */
  recordAttached(metric: Metric, series: Series, value: number): void {
    if (series.isRegistered) this.#add(metric, series, value);
    else if (this.#add(metric, this.#overflow(metric), value)) series.last = value;
  }

  /** The open window's snapshots, which stay in the window. */
  peek(window: Window): readonly MetricSnapshot[] {
    const snapshots: MetricSnapshot[] = [];
    for (const metric of this.#metrics.values()) metric.peek(snapshots, window);
    return snapshots;
  }

  /** Empties the open window and returns its snapshots. */
  drain(window: Window): readonly MetricSnapshot[] {
    const snapshots: MetricSnapshot[] = [];
    for (const metric of this.#metrics.values()) metric.drain(snapshots, window);
    for (const { count } of snapshots) this.#drained += count;
    return snapshots;
  }

  /** From now on everything is refused. */
  close(): void {
    this.#isClosed = true;
  }

  /** Evicts the series that were not in use since the call before the last one. */
  evictIdle(): void {
    this.#epoch++;
    for (const metric of this.#metrics.values()) this.#evicted += metric.evict(this.#epoch);
  }

  /** Figures for the manager's statistics. */
  stats(): { accepted: number; metrics: number; series: number; evicted: number } {
    let accepted = this.#drained;
    let series = 0;
    for (const metric of this.#metrics.values()) {
      accepted += metric.openCount();
      series += metric.seriesCount;
    }
    return { accepted, metrics: this.#metrics.size, series, evicted: this.#evicted };
  }

  #refusalOf(
    name: string,
    known: Metric | undefined,
    verb: MetricKind | undefined,
    value: unknown,
    undeclaredKind: MetricKind,
  ): Refusal | undefined {
    if (this.#isClosed)
      return { code: "closed", message: `metric ${quoted(name)} was recorded after close()` };
    if (known !== undefined) {
      if (verb === undefined || verb === known.kind) return valueRefusal(name, known.kind, value);
      const message = `metric ${quoted(name)} is a ${known.kind} and can't be recorded as a ${verb}`;
      return { code: "kind_conflict", message, metric: name };
    }
    const refusal = nameRefusal(name) ?? valueRefusal(name, undeclaredKind, value);
    if (refusal !== undefined || this.#undeclared < MAX_UNDECLARED_METRICS) return refusal;
    const message = `${MAX_UNDECLARED_METRICS} undeclared metrics are in use, so ${quoted(name)} is refused: put what varies into a dimension`;
    return { code: "too_many_metrics", message };
  }

  /** The series of these dimensions, or the overflow series; undefined, and the observation refused, where they can't be read. */
  #findOrCreate(metric: Metric, dimensions: DimensionValues | undefined): Series | undefined {
    try {
      return metric.findOrCreate(dimensions) ?? this.#overflow(metric);
    } catch (cause) {
      this.#refuseDimensions(metric.properties.name, cause);
      return undefined;
    }
  }

  /** A copy that reading can't fail on; undefined, and the observation refused, where none can be made. */
  #copyOf(name: string, dimensions: DimensionValues | undefined): DimensionValues | undefined {
    try {
      return copyOfDimensions(dimensions);
    } catch (cause) {
      this.#refuseDimensions(name, cause);
      return undefined;
    }
  }

  #refuseDimensions(name: string, cause: unknown): void {
    const message = `metric ${quoted(name)} was given dimensions that can't be read`;
    this.#options.problems.refuse("invalid_dimensions", message, { metric: name, cause });
  }

  #overflow(metric: Metric): Series {
    const { name, maxSeries } = metric.properties;
    const message =
      `metric "${name}" has ${maxSeries} series, its limit; observations of further ones go to one overflow series. ` +
      `Remove the dimension whose values never repeat, or raise maxSeries`;
    this.#options.problems.notice("series_limit", message, { metric: name });
    return metric.overflow();
  }

  /** Adds an admitted value; returns whether the window took it. */
  #add(metric: Metric, series: Series, value: number): boolean {
    if (this.addToBegun(metric, series, value)) return true;
    if (series.count > 0) {
      const { name } = metric.properties;
      const message = `metric ${quoted(name)} was given ${value}, which makes its sum of ${series.sum} in this window infinite`;
      this.refuse({ code: "sum_overflow", message, metric: name });
      return false;
    }
    this.#options.onWindowBegun();
    series.epoch = this.#epoch;
    series.start(value);
    this.#onRecord?.(metric, series, value);
    return true;
  }

  #register(name: string, definition: MetricDefinition): Metric {
    const { level, commonDimensions, maxSeriesPerMetric, problems } = this.#options;
    const metric = new Metric(
      {
        name,
        kind: definition.kind,
        unit: definition.unit ?? "1",
        description: definition.description,
        enabled: RANK[definition.level ?? "summary"] <= RANK[level],
        maxSeries: definition.maxSeries ?? maxSeriesPerMetric,
      },
      commonDimensions,
      (dimension) =>
        problems.notice(
          "invalid_dimension_value",
          `metric "${name}" was given a dimension "${dimension}" that is neither string, number nor boolean; it is left out`,
          { metric: name },
        ),
    );
    this.#metrics.set(name, metric);
    return metric;
  }
}
