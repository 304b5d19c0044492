import type { CheckedCatalogue, MetricCatalogue } from "../contract/catalogue.ts";
import { show } from "../problems/show.ts";
import { oneOf, wholeNumber } from "../sink-kit/check-option.ts";

/** The largest value that the manager allows for `maxSeriesPerMetric`. */
const MAX_SERIES = 10_000_000;

/**
 * Checks `catalogue`, and returns it with the precise types that a manager needs. A property that
 * does not exist does not compile, nor does a unit such as `"milliseconds"` that has a code
 * (`"ms"`).
 *
 * The compiler option `isolatedDeclarations` does not allow an exported call. If you use it, export
 * a plain object `as const` instead. The manager checks that object.
 *
 * @throws TypeError or RangeError as {@link checkCatalogue} does.
 */
export function defineMetrics<const C extends MetricCatalogue>(
  catalogue: C & CheckedCatalogue<C>,
): C {
  checkCatalogue(catalogue);
  return catalogue;
}

/**
 * Checks a catalogue, which may come from a program without types.
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
