import type { MetricKind } from "@aiokpl/metrics-core";
import { unitWords } from "./unit-words.ts";

/** The names of a metric at Prometheus. */
export interface MetricName {
  /** In ASCII letters, digits, `_` and `:`, as every version of Prometheus takes it. */
  readonly name: string;
  /** The same with the characters that the program gave it, for the option `utf8Names`. */
  readonly utf8Name: string;
  /** The words of the unit, if both names end with them (a counter's before its `_total`); else empty. */
  readonly unit: string;
}

/**
 * Names a metric as Prometheus' own OTLP endpoint does, so that a dashboard works whichever way the data comes:
 * what is not allowed becomes a single `_`, the unit is added unless the name has it, and a counter ends in `_total`.
 * Returns undefined if nothing is left of the name.
 *
 * @see https://github.com/prometheus/otlptranslator
 */
export function metricName(name: string, unit: string, kind: MetricKind): MetricName | undefined {
  const isCounter = kind === "counter";
  const tokens = name.split(/[^a-zA-Z0-9:]+/u).filter((token) => token !== "");
  if (tokens.length === 0) return undefined;
  const units = unitWords(unit).filter((word) => !tokens.includes(word));
  const words = [...tokens, ...units];
  const joined = (isCounter ? asCounter(words) : words).join("_");
  const clean = /^[0-9]/.test(joined) ? `_${joined}` : joined;
  const ending = unitWords(unit).join("_");
  const base = isCounter ? clean.slice(0, -"_total".length) : clean;
  const utf8Base = [wellFormed(isCounter ? name.replace(/[._]total$/, "") : name), ...units].join(
    "_",
  );
  return {
    name: clean,
    utf8Name: isCounter ? `${utf8Base}_total` : utf8Base,
    unit: ending !== "" && base.endsWith(`_${ending}`) ? ending : "",
  };
}

/** The same words with `total` at the end, and at least one before it. */
function asCounter(words: readonly string[]): readonly string[] {
  const others = words.filter((word) => word !== "total");
  return [...(others.length === 0 ? ["total"] : others), "total"];
}

/** Returns text that can be encoded in UTF-8: half a surrogate pair becomes the replacement character. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, "\uFFFD");
}
