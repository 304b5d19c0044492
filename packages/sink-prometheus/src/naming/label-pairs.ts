import type { Dimensions } from "@aiokpl/metrics-core";
import { show } from "@aiokpl/metrics-core/sink";
import { wellFormed } from "./metric-name.ts";

/** A series' labels, sorted by name, or the reason why it can't have them. */
export type LabelPairs =
  | { readonly pairs: Dimensions; readonly refusal?: undefined }
  | { readonly pairs?: undefined; readonly refusal: string };

/** The label of the series that took the observations past a limit, as OpenTelemetry calls it. */
export const OVERFLOW_LABEL = ["otel.metric.overflow", "true"] as const;

/** Prometheus makes these itself: of histograms and summaries. */
const MADE_BY_PROMETHEUS: ReadonlySet<string> = new Set(["le", "quantile"]);

/** Prometheus sets these itself, to say where the series was scraped. It renames a program's own in the same way. */
const SET_BY_PROMETHEUS: ReadonlySet<string> = new Set(["job", "instance"]);

/**
 * Makes labels of dimensions. Characters that a label's name can't have become `_`; values of names that become
 * equal are joined with `;`. `job` and `instance` become `exported_job` and `exported_instance`.
 */
export function labelPairs(dimensions: Dimensions): LabelPairs {
  if (dimensions.every(isCleanPair) && isAscending(dimensions)) return { pairs: dimensions };
  const values = new Map<string, string>();
  for (const [dimension, value] of dimensions) {
    const name = labelName(dimension);
    if (name === undefined || name.startsWith("__") || MADE_BY_PROMETHEUS.has(name))
      return {
        refusal: `Prometheus does not allow the label ${show(dimension)}: ${reasonOf(name)}`,
      };
    const before = values.get(name);
    const text = wellFormed(value);
    values.set(name, before === undefined ? text : `${before};${text}`);
  }
  return { pairs: [...values].sort(([a], [b]) => (a < b ? -1 : 1)) };
}

/**
 * Names a label as Prometheus' own OTLP endpoint does. Returns undefined for a name of which only underscores are left.
 *
 * @see https://github.com/prometheus/otlptranslator
 */
export function labelName(dimension: string): string | undefined {
  const clean = dimension.replace(/[^a-zA-Z0-9_]/gu, "_");
  if (/^__+$/.test(clean)) return undefined;
  if (SET_BY_PROMETHEUS.has(clean)) return `exported_${clean}`;
  if (/^[0-9]/.test(clean)) return `key_${clean}`;
  return /^_(?!_)/.test(clean) ? `key${clean}` : clean;
}

function reasonOf(name: string | undefined): string {
  if (name === undefined) return "a name must have an ASCII letter or digit";
  return name.startsWith("__")
    ? "names that begin with __ are its own"
    : `it makes the label ${name} itself`;
}

function isCleanPair([dimension, value]: Dimensions[number]): boolean {
  return (
    /^[a-zA-Z][a-zA-Z0-9_]*$/.test(dimension) &&
    !MADE_BY_PROMETHEUS.has(dimension) &&
    !SET_BY_PROMETHEUS.has(dimension) &&
    !/\p{Surrogate}/u.test(value)
  );
}

function isAscending(dimensions: Dimensions): boolean {
  return dimensions.every(([name], i) => i === 0 || (dimensions[i - 1]?.[0] ?? "") < name);
}
