import type { MetricCatalogue, MetricDefinition, MetricLevel } from "../contract/catalogue.ts";
import { show } from "../problems/show.ts";
import type { Dimensions, DimensionValues } from "../contract/dimensions.ts";
import type { MetricKind, MetricSnapshot } from "../contract/metric-snapshot.ts";
import type { OnRecord } from "./event-recorder.ts";
import { Metric } from "./metric.ts";
import type { Problems } from "../problems/problems.ts";
import { DETACHED, type Series } from "./series.ts";

/** Undeclared names past this are refused: a name is then being built from data, such as a user's id. */
const MAX_UNDECLARED_METRICS = 10_000;

const RANK = { none: 0, summary: 1, detailed: 2 } as const satisfies Record<MetricLevel, number>;

/** What a {@link SeriesStore} needs. */
export interface SeriesStoreOptions {
  readonly level: MetricLevel;
  readonly commonDimensions: Dimensions;
  readonly maxSeriesPerMetric: number;
  readonly problems: Problems;
  /** Told of each accepted observation; left out where no sink wants them. */
  readonly onRecord?: OnRecord | undefined;
  /** Called when an observation begins a series' window; false refuses it, since the store is closed. */
  readonly onFirst: () => boolean;
}

/** All metrics and their series: takes observations in, gives windows out. */
export class SeriesStore {
  readonly #metrics = new Map<string, Metric>();
  readonly #options: SeriesStoreOptions;
  #undeclared = 0;
  #epoch = 1;
  #evicted = 0;
  #collected = 0;

  constructor(options: SeriesStoreOptions) {
    this.#options = options;
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
        this.#options.problems.notice(
          "kind_conflict",
          `metric "${name}" is declared as ${wanted} but is ${actual} already; the first holds`,
          {
            metric: name,
          },
        );
      }
    }
  }

  /**
   * Takes one observation.
   *
   * @param verb the kind that the caller's verb implies; undefined where it fits any
   */
  record(
    name: string,
    verb: MetricKind | undefined,
    value: unknown,
    dimensions: DimensionValues | undefined,
  ): void {
    let metric = this.#metrics.get(name);
    if (metric === undefined || (verb !== undefined && verb !== metric.kind)) {
      const kind = verb ?? "distribution";
      // What is refused must not have named a metric.
      if (metric === undefined && !this.check(name, kind, value)) return;
      metric = this.metric(name, verb, kind, "1");
      if (metric === undefined) return;
    }
    if (!metric.enabled) return;
    let series: Series | undefined;
    try {
      series = metric.find(dimensions);
      if (series === undefined) {
        // Nor must it have used up a series.
        if (!this.check(name, metric.kind, value)) return;
        series = metric.findOrCreate(dimensions) ?? this.#overflow(metric);
      }
    } catch (cause) {
      const message = `metric ${quoted(name)} was given dimensions that can't be read`;
      this.#options.problems.refuse("invalid_dimensions", message, { metric: name, cause });
      return;
    }
    this.#add(metric, series, value);
  }

  /** The metric of that name, registered if it is new; undefined, and the observation refused, where the name or kind rules it out. */
  metric(
    name: string,
    verb: MetricKind | undefined,
    kind: MetricKind,
    unit: string,
  ): Metric | undefined {
    const { problems } = this.#options;
    const known = this.#metrics.get(name);
    if (known !== undefined) {
      if (verb === undefined || verb === known.kind) return known;
      const message = `metric ${quoted(name)} is a ${known.kind} and can't be recorded as a ${verb}`;
      problems.refuse("kind_conflict", message, { metric: name });
    } else if (typeof name !== "string" || name === "") {
      const message = `a metric's name was ${quoted(name)}, must be a string that is not empty`;
      problems.refuse("invalid_name", message, {});
    } else if (this.#undeclared === MAX_UNDECLARED_METRICS) {
      const message = `${MAX_UNDECLARED_METRICS} undeclared metrics are in use, and ${quoted(name)} is refused: put what varies into a dimension`;
      problems.refuse("too_many_metrics", message, {});
    } else {
      this.#undeclared++;
      return this.#register(name, { kind, unit });
    }
    return undefined;
  }

  /** Whether each observation is passed on, so that none may be added without the store. */
  get isEventful(): boolean {
    return this.#options.onRecord !== undefined;
  }

  /** The metric of that name, if it is known. */
  known(name: string): Metric | undefined {
    return this.#metrics.get(name);
  }

  /**
   * Takes one observation for a bound handle, which holds `held`. Returns the series that it should
   * go on with.
   */
  recordBound(metric: Metric, held: Series, value: unknown, dimensions: DimensionValues): Series {
    if (held.offset !== DETACHED) {
      this.#add(metric, held, value);
      return held;
    }
    if (!this.check(metric.properties.name, metric.kind, value)) return held;
    const series = this.attach(metric, held, dimensions);
    if (series.offset !== DETACHED) this.#add(metric, series, value);
    // No room: the observation goes to the overflow series, the level stays with the handle.
    else if (this.#add(metric, this.#overflow(metric), value)) held.last = value;
    return series;
  }

  /** Whether a metric of this kind may take the value now; where not, counts it as refused. */
  check(name: string, kind: MetricKind, value: unknown): value is number {
    const { problems, onFirst } = this.#options;
    if (typeof value !== "number" || !Number.isFinite(value)) {
      const message = `metric ${quoted(name)} was given ${show(value)}; a value must be a finite number`;
      problems.refuse("invalid_value", message, { metric: name });
    } else if (kind === "counter" && value < 0) {
      const message = `metric ${quoted(name)} was given ${value}; a counter takes no negative value`;
      problems.refuse("invalid_value", message, { metric: name });
    } else {
      if (onFirst()) return true;
      problems.refuse("closed", `metric ${quoted(name)} was recorded after close()`, {});
    }
    return false;
  }

  /** The registered series for a handle, registering it where there is room; else the one that the handle holds. */
  attach(metric: Metric, held: Series, dimensions: DimensionValues): Series {
    if (held.offset !== DETACHED) return held;
    const known = metric.find(dimensions);
    if (known !== undefined) return known;
    const before = metric.seriesCount;
    const series = metric.findOrCreate(dimensions);
    if (series === undefined) return held;
    if (metric.seriesCount > before) series.last = held.last;
    return series;
  }

  /** The open window's snapshots; with `reset`, the window is emptied. */
  collect(windowStart: number, windowEnd: number, reset: boolean): MetricSnapshot[] {
    const snapshots: MetricSnapshot[] = [];
    for (const metric of this.#metrics.values())
      metric.collect(snapshots, windowStart, windowEnd, reset);
    if (reset) for (const { count } of snapshots) this.#collected += count;
    return snapshots;
  }

  /** Evicts the series that were not in use since the call before the last one. */
  evictIdle(): void {
    this.#epoch++;
    for (const metric of this.#metrics.values()) this.#evicted += metric.evict(this.#epoch);
  }

  /** Figures for the manager's statistics. */
  stats(): { accepted: number; metrics: number; series: number; evicted: number } {
    let accepted = this.#collected;
    let series = 0;
    for (const metric of this.#metrics.values()) {
      accepted += metric.openCount();
      series += metric.seriesCount;
    }
    return { accepted, metrics: this.#metrics.size, series, evicted: this.#evicted };
  }

  #overflow(metric: Metric): Series {
    const { name, maxSeries } = metric.properties;
    const message =
      `metric "${name}" has ${maxSeries} series, its limit; observations of further ones go to one overflow series. ` +
      `Remove the dimension whose values never repeat, or raise maxSeries`;
    this.#options.problems.notice("series_limit", message, { metric: name });
    return metric.overflow();
  }

  #add(metric: Metric, series: Series, value: unknown): value is number {
    const { name } = metric.properties;
    if (typeof value === "number" && value >= metric.floor && series.add(value)) {
      this.#options.onRecord?.(metric, series, value);
      return true;
    }
    // The first observation of a window, or one that is refused.
    if (!this.check(name, metric.kind, value)) return false;
    if (series.count > 0) {
      const message = `metric ${quoted(name)} was given ${value}, which makes its sum of ${series.sum} in this window infinite`;
      this.#options.problems.refuse("sum_overflow", message, { metric: name });
      return false;
    }
    series.epoch = this.#epoch;
    series.start(value);
    this.#options.onRecord?.(metric, series, value);
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

/** A name as an error message shows it, whatever a program without types gave. */
function quoted(name: unknown): string {
  return typeof name === "string" ? `"${name.slice(0, 200)}"` : show(name);
}
