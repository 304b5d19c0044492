import type { Dimensions } from "@aiokpl/metrics-core";

/** Writes a number as all text formats read it, with as many digits as it takes to read the same number back. */
export function numberText(value: number): string {
  return Number.isFinite(value)
    ? `${value}`
    : Number.isNaN(value)
      ? "NaN"
      : value > 0
        ? "+Inf"
        : "-Inf";
}

/** Writes labels as all text formats read them, without the braces. */
export function labelsText(pairs: Dimensions): string {
  return pairs.map(([name, value]) => `${quotedIfNeeded(name)}="${escaped(value)}"`).join(",");
}

/** A name as it stands in a line: quoted if older versions of Prometheus don't allow it. */
export function quotedIfNeeded(name: string): string {
  return isLegacyName(name) ? name : `"${escaped(name)}"`;
}

/** Whether a name needs no quotes. */
export function isLegacyName(name: string): boolean {
  return /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name);
}

/** Text between double quotes. */
function escaped(text: string): string {
  return /[\\"\n]/.test(text) ? text.replace(/[\\"\n]/g, escape) : text;
}

/** The text of a HELP line, in which only OpenMetrics escapes double quotes. */
export function escapedHelp(text: string, syntax: "openmetrics" | "plain"): string {
  return syntax === "openmetrics" ? escaped(text) : text.replace(/[\\\n]/g, escape);
}

function escape(character: string): string {
  return character === "\n" ? "\\n" : `\\${character}`;
}
