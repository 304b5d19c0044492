import type { MetricCatalogue, MetricDefinition } from "../contract/catalogue.ts";
import type { Dimensions } from "../contract/dimensions.ts";
import type { GaugeCombination, MetricKind } from "../contract/metric-snapshot.ts";
import type { Problems } from "../problems/problems.ts";
import { quieten } from "../problems/thrown.ts";
import { MAX_BUCKETS } from "../histogram/bucket-index.ts";
import type { Levels } from "./levels.ts";
import { Metric } from "./metric.ts";
import { boundedText, flatCopy, isTooLong, LONGEST_TEXT } from "../problems/kept-text.ts";
import { countRefusal, nameRefusal, quoted, type Refusal, valueRefusal } from "./refusal.ts";

/** Undeclared names past this are refused: a name is then being built from data, such as a user's id. */
const MAX_UNDECLARED_METRICS = 10_000;

/** What is done with names and dimensions that no catalogue declares. */
export type UndeclaredPolicy = "allow" | "warn" | "refuse";

/** What a {@link MetricRegistry} needs. */
export interface MetricRegistryOptions {
  readonly levels: Levels;
  readonly undeclared: UndeclaredPolicy;
  readonly commonDimensions: Dimensions;
  readonly maxSeriesPerMetric: number;
  readonly problems: Problems;
}

/** What an observation makes of a metric that nobody declared. */
export interface Undeclared {
  readonly kind: MetricKind;
  readonly unit: string;
}

/**
 * The metrics by name, declared and undeclared, and the one place that decides whether an
 * observation may be taken. It asks the same questions in the same order, whether the program records
 * by name or by handle: is the metric recorded at this level, is the manager closed, is the name
 * valid, does the verb fit the kind, is the value valid? The first no decides. An observation that is
 * refused registers nothing.
 */
export class MetricRegistry {
  readonly #metrics = new Map<string, Metric>();
  readonly #options: MetricRegistryOptions;
  #isClosed = false;
  readonly #undeclared = new Set<Metric>();

  constructor(options: MetricRegistryOptions) {
    this.#options = options;
  }

  /** Registers metrics; one that contradicts what is known under its name is reported, and left as it was. */
  declare(catalogue: MetricCatalogue): void {
    for (const [name, definition] of Object.entries(catalogue)) {
      const known = this.known(name);
      if (known === undefined) this.#register(name, definition);
      else if (
        known.kind !== definition.kind ||
        known.properties.unit !== (definition.unit ?? known.properties.unit)
      ) {
        const wanted = `a ${definition.kind} in ${definition.unit ?? "1"}`;
        const actual = `a ${known.kind} in ${known.properties.unit}`;
        const message = `metric ${quoted(name)} is declared as ${wanted} but is ${actual} already; the first declaration holds`;
        this.#options.problems.notice("kind_conflict", message, { metric: name });
      }
    }
  }

  /** The metric of that name, if it is known; one that was cut is known by the whole name too. */
  known(name: string): Metric | undefined {
    return this.#metrics.get(name) ?? this.#knownByLong(name);
  }

  /** Whether the level leaves out the metric of that name. One that nobody declared is at level summary. */
  isOff(name: string): boolean {
    const known = this.known(name);
    if (known !== undefined) return !known.enabled;
    const text = typeof name === "string" ? boundedText(name) : "";
    return !this.#options.levels.allows(text, "summary");
  }

  #knownByLong(name: unknown): Metric | undefined {
    return typeof name === "string" && isTooLong(name)
      ? this.#metrics.get(boundedText(name))
      : undefined;
  }

  /** Forgets the undeclared metrics that are not in use, so that their places are free; one that comes back is registered anew. */
  forgetUnused(isUnused: (metric: Metric) => boolean): void {
    for (const metric of this.#undeclared) {
      if (!isUnused(metric)) continue;
      // Handles that know it must ask here, because later levels don't reach it. It has no series to go on.
      metric.enable(0);
      this.#undeclared.delete(metric);
      this.#metrics.delete(metric.properties.name);
    }
  }

  /** Says that the levels have changed. */
  relevel(openWindow: number): void {
    for (const metric of this.#metrics.values()) {
      const { name, level } = metric.properties;
      if (this.#options.levels.allows(name, level)) metric.enable(openWindow);
      else metric.disable(openWindow);
    }
  }

  /** All metrics that are known. */
  all(): Iterable<Metric> {
    return this.#metrics.values();
  }

  get size(): number {
    return this.#metrics.size;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** From now on everything is refused. */
  close(): void {
    this.#isClosed = true;
  }

  /**
   * The metric that may take the observation, registered if it is new; undefined where the level
   * leaves it out, or where the observation is refused, which is counted.
   *
   * @param verb the kind that the caller's verb implies; undefined where it fits any
   */
  admit(
    name: string,
    verb: MetricKind | undefined,
    value: unknown,
    undeclared: Undeclared,
  ): Metric | undefined {
    if (this.isOff(name)) return undefined;
    const refusal = this.refusalOf(name, verb, value, undeclared.kind);
    if (refusal === undefined)
      return this.known(name) ?? this.#registerUndeclared(name, undeclared);
    this.refuse(refusal, value);
    return undefined;
  }

  /**
   * Whether a value of a distribution may stand for so many, and the level leaves it in. A wrong count is refused, or
   * the value for another reason if there is one.
   */
  admitCount(name: string, value: unknown, count: unknown): boolean {
    if (this.isOff(name)) return false;
    const refusal = countRefusal(name, count);
    if (refusal === undefined) return true;
    quieten(count);
    this.refuse(this.refusalOf(name, "distribution", value, "distribution") ?? refusal, value);
    return false;
  }

  /** Why an observation can't be taken; undefined where it can. */
  refusalOf(
    name: string,
    verb: MetricKind | undefined,
    value: unknown,
    undeclaredKind: MetricKind,
  ): Refusal | undefined {
    if (this.#isClosed)
      return { code: "closed", message: `metric ${quoted(name)} was recorded after close()` };
    const known = this.known(name);
    if (known !== undefined) {
      if (verb === undefined || verb === known.kind) return valueRefusal(name, known.kind, value);
      const message = `metric ${quoted(name)} is a ${known.kind} and can't be recorded as a ${verb}`;
      return { code: "kind_conflict", message, metric: name };
    }
    const refusal = nameRefusal(name) ?? valueRefusal(name, undeclaredKind, value);
    if (refusal !== undefined) return refusal;
    if (this.#options.undeclared === "refuse") {
      const message = `metric ${quoted(name)} is not in the catalogue`;
      return { code: "undeclared", message, metric: name };
    }
    if (this.#undeclared.size < MAX_UNDECLARED_METRICS) return undefined;
    const message = `${MAX_UNDECLARED_METRICS} undeclared metrics are in use, so ${quoted(name)} is refused: put what varies into a dimension`;
    return { code: "too_many_metrics", message };
  }

  /** Has an observation counted and reported as refused. If its value is a promise, its rejection is caught. */
  refuse({ code, message, metric, cause }: Refusal, value?: unknown): void {
    quieten(value);
    this.#options.problems.refuse(code, message, { metric, cause });
  }

  #registerUndeclared(name: string, definition: Undeclared): Metric {
    // Registered before it is reported, since the handler may record the same name.
    const metric = this.#register(name, definition);
    this.#undeclared.add(metric);
    if (this.#options.undeclared === "warn") {
      const message = `metric ${quoted(name)} is not in the catalogue; it is recorded as a ${definition.kind}`;
      this.#options.problems.notice("undeclared", message, { metric: name });
    }
    return metric;
  }

  #register(given: string, definition: MetricDefinition): Metric {
    const name = flatCopy(boundedText(given));
    if (isTooLong(given)) {
      const message = `the name of metric ${quoted(given)} has ${given.length} characters and is cut to ${LONGEST_TEXT}`;
      this.#options.problems.notice("too_long", message, { metric: name });
    }
    const { levels, commonDimensions, maxSeriesPerMetric, undeclared, problems } = this.#options;
    const level = definition.level ?? "summary";
    const metric = new Metric(
      {
        name,
        kind: definition.kind,
        unit: definition.unit ?? "1",
        description: definition.description,
        level,
        maxSeries: definition.maxSeries ?? maxSeriesPerMetric,
        dimensions: undeclared === "allow" ? undefined : definition.dimensions,
        holdMs: definition.holdMs ?? Infinity,
        combine: combinationOf(definition),
        saysZero: definition.quiet === "zero",
        thresholds: definition.thresholds && Object.freeze([...definition.thresholds]),
        maxBuckets: definition.maxBuckets ?? MAX_BUCKETS,
      },
      commonDimensions,
      (dimension) =>
        problems.notice(
          "invalid_dimension_value",
          `metric ${quoted(name)} was given a dimension ${quoted(dimension)} that is neither string, number nor boolean; it is left out`,
          { metric: name },
        ),
      levels.allows(name, level),
    );
    this.#metrics.set(name, metric);
    return metric;
  }
}

function combinationOf({ kind, unit, combine }: MetricDefinition): GaugeCombination {
  return combine ?? (kind === "gauge" && unit === "%" ? "mean" : "sum");
}
