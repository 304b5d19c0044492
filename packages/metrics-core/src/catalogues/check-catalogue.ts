import type { MetricCatalogue } from "../contract/catalogue.ts";
import type { MetricKind } from "../contract/metric-snapshot.ts";
import { LEAST_MAX_BUCKETS, MOST_MAX_BUCKETS } from "../histogram/bucket-index.ts";
import { MOST_THRESHOLDS } from "../histogram/threshold-bounds.ts";
import { show } from "../problems/show.ts";
import { oneOf, wholeNumber } from "../sink-kit/check-option.ts";

/** The largest value that the manager allows for `maxSeriesPerMetric`. */
const MAX_SERIES = 10_000_000;

const PROPERTIES: readonly string[] = [
  "kind",
  "unit",
  "level",
  "description",
  "dimensions",
  "maxSeries",
  "holdMs",
  "combine",
  "quiet",
  "thresholds",
  "maxBuckets",
];

/** A definition that may come from a program without types. */
type Definition = Readonly<Record<string, unknown>>;

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
    for (const property of Object.keys(definition)) {
      if (PROPERTIES.includes(property)) continue;
      throw new TypeError(
        `${metric}.${property} does not exist, must be one of ${PROPERTIES.join(", ")}`,
      );
    }
    const { kind, unit, level, description, dimensions, maxSeries } = definition;
    oneOf(`${metric}.kind`, kind, ["counter", "gauge", "distribution"]);
    requireString(`${metric}.unit`, unit);
    if (level !== undefined) oneOf(`${metric}.level`, level, ["summary", "detailed"]);
    requireString(`${metric}.description`, description);
    requireNames(`${metric}.dimensions`, dimensions);
    if (maxSeries !== undefined) wholeNumber(`${metric}.maxSeries`, maxSeries, 1, MAX_SERIES);
    checkGauge(metric, definition);
    checkCounter(metric, definition);
    checkDistribution(metric, definition);
  }
}

function checkGauge(metric: string, { kind, holdMs, combine }: Definition): void {
  if (holdMs !== undefined) {
    requireKind(`${metric}.holdMs`, kind, "gauge");
    if (typeof holdMs !== "number") {
      throw new TypeError(`${metric}.holdMs is ${show(holdMs)}, must be a number of milliseconds`);
    }
    if (!(holdMs >= 0)) {
      throw new RangeError(
        `${metric}.holdMs is ${holdMs}, must be at least 0 (Infinity is allowed)`,
      );
    }
  }
  if (combine !== undefined) {
    requireKind(`${metric}.combine`, kind, "gauge");
    oneOf(`${metric}.combine`, combine, ["sum", "mean", "min", "max"]);
  }
}

function checkCounter(metric: string, { kind, quiet }: Definition): void {
  if (quiet === undefined) return;
  requireKind(`${metric}.quiet`, kind, "counter");
  oneOf(`${metric}.quiet`, quiet, ["absent", "zero"]);
}

function checkDistribution(metric: string, definition: Definition): void {
  const { kind, thresholds, maxBuckets } = definition;
  if (thresholds !== undefined) {
    requireKind(`${metric}.thresholds`, kind, "distribution");
    requireThresholds(`${metric}.thresholds`, thresholds);
  }
  if (maxBuckets !== undefined) {
    requireKind(`${metric}.maxBuckets`, kind, "distribution");
    wholeNumber(`${metric}.maxBuckets`, maxBuckets, LEAST_MAX_BUCKETS, MOST_MAX_BUCKETS);
  }
}

function requireKind(option: string, kind: unknown, wanted: MetricKind): void {
  if (kind === wanted) return;
  throw new TypeError(
    `${option} is given, but the metric is a ${String(kind)}: only a ${wanted} has it`,
  );
}

function requireThresholds(option: string, value: unknown): void {
  const is = `${option} is ${show(value)}, must be an array of 1 to ${MOST_THRESHOLDS} finite numbers, each larger than the one before it`;
  if (!Array.isArray(value)) throw new TypeError(is);
  const bounds: readonly unknown[] = value;
  const isAscending = bounds.every(
    (bound, i) => Number.isFinite(bound) && (i === 0 || Number(bound) > Number(bounds[i - 1])),
  );
  if (bounds.length === 0 || bounds.length > MOST_THRESHOLDS || !isAscending)
    throw new RangeError(is);
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
