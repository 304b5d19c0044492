import { oneOf, show, wholeNumber } from "../sink-kit/check-option.ts";
import type { MetricKind } from "./metric-snapshot.ts";

/** What the manager allows for `maxSeriesPerMetric`. */
const MAX_SERIES = 10_000_000;

/** How much is recorded: nothing, the metrics at level summary, or all. */
export type MetricLevel = "none" | "summary" | "detailed";

/** What a program declares about one of its metrics. */
export interface MetricDefinition {
  /** What the observations mean. */
  readonly kind: MetricKind;
  /** UCUM code as OpenTelemetry uses them, such as `ms`, `By`, `{record}`. @default "1" */
  readonly unit?: string | undefined;
  /** The lowest level of the manager at which the metric is recorded. @default "summary" */
  readonly level?: "summary" | "detailed" | undefined;
  /** What the metric measures, for people; vendors that have a place for it show it. */
  readonly description?: string | undefined;
  /**
   * The names of the dimensions that an observation has; one that ends in `?` may be left out.
   * An empty list takes none. @default any dimensions
   */
  readonly dimensions?: readonly string[] | undefined;
  /** Most series that the metric may have at a time: 1 to 10,000,000. @default the manager's `maxSeriesPerMetric` */
  readonly maxSeries?: number | undefined;
}

/**
 * The metrics of a program or library, by name. A manager that is given one knows their kinds and
 * units, and closes its types: other names and dimensions no longer compile.
 */
export type MetricCatalogue = Readonly<Record<string, MetricDefinition>>;

/**
 * Returns `catalogue` itself, checked, with the precise types that a manager needs.
 *
 * An exported catalogue that is compiled with `isolatedDeclarations`, which rejects an exported
 * call, is written as a plain object `as const` instead; the manager checks that one.
 *
 * @throws TypeError or RangeError as {@link checkCatalogue} does.
 */
export function defineMetrics<const C extends MetricCatalogue>(catalogue: C): C {
  checkCatalogue(catalogue);
  return catalogue;
}

/**
 * Checks a catalogue whose types nobody may have checked.
 *
 * @throws TypeError for an option that does not exist or has the wrong type, RangeError for a value
 * that is not allowed. The message names the metric, the option, the value and the rule.
 */
export function checkCatalogue(catalogue: MetricCatalogue): void {
  requireObject("metrics", catalogue, "of definitions by name");
  for (const [name, definition] of Object.entries<unknown>(catalogue)) {
    const metric = `metrics[${JSON.stringify(name)}]`;
    if (name === "") throw new RangeError(`${metric}: a metric's name must not be empty`);
    requireObject(metric, definition, "with a kind");
    const { kind, unit, level, description, dimensions, maxSeries, ...others } = definition;
    for (const other of Object.keys(others)) {
      throw new TypeError(
        `${metric}.${other} does not exist, must be one of kind, unit, level, description, dimensions, maxSeries`,
      );
    }
    oneOf(`${metric}.kind`, kind, ["counter", "gauge", "distribution"]);
    requireString(`${metric}.unit`, unit);
    if (level !== undefined) oneOf(`${metric}.level`, level, ["summary", "detailed"]);
    requireString(`${metric}.description`, description);
    requireNames(`${metric}.dimensions`, dimensions);
    if (maxSeries !== undefined) wholeNumber(`${metric}.maxSeries`, maxSeries, 1, MAX_SERIES);
  }
}

function requireObject(
  option: string,
  value: unknown,
  what: string,
): asserts value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) {
    throw new TypeError(`${option} is ${show(value)}, must be an object ${what}`);
  }
}

function requireString(option: string, value: unknown): void {
  if (value !== undefined && typeof value !== "string") {
    throw new TypeError(`${option} is ${show(value)}, must be a string`);
  }
}

function requireNames(option: string, value: unknown): void {
  if (value === undefined) return;
  const is = `${option} is ${show(value)}, must be an array of different, non-empty names`;
  if (!Array.isArray(value)) throw new TypeError(is);
  const names = value.map((name: unknown) =>
    typeof name === "string" ? name.replace(/\?$/, "") : "",
  );
  if (names.includes("") || new Set(names).size < names.length) throw new RangeError(is);
}
