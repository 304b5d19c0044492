import type { MetricKind } from "../contract/metric-snapshot.ts";
import type { MetricsErrorCode } from "../problems/metrics-error.ts";
import { printable } from "../problems/printable.ts";
import { show } from "../problems/show.ts";

/** Why an observation is not taken. */
export interface Refusal {
  readonly code: MetricsErrorCode;
  readonly message: string;
  /** The metric's name, where the metric may be known by it. */
  readonly metric?: string;
  /** What was thrown, where something was. */
  readonly cause?: unknown;
}

/** Why a metric of this kind does not take the value; undefined where it does. */
export function valueRefusal(name: string, kind: MetricKind, value: unknown): Refusal | undefined {
  const rule = brokenRule(kind, value);
  if (rule === undefined) return undefined;
  const message = `metric ${quoted(name)} was given ${show(value)}; ${rule}`;
  return { code: "invalid_value", message, metric: name };
}

function brokenRule(kind: MetricKind, value: unknown): string | undefined {
  if (typeof value === "bigint") return "a value must be a number, not a bigint";
  if (typeof value !== "number" || !Number.isFinite(value))
    return "a value must be a finite number";
  return kind === "counter" && value < 0 ? "a counter takes no negative value" : undefined;
}

/** Why no metric can have this name; undefined where one can. */
export function nameRefusal(name: unknown): Refusal | undefined {
  if (typeof name === "string" && name !== "") return undefined;
  const message = `a metric's name was ${quoted(name)}, must be a string that is not empty`;
  return { code: "invalid_name", message };
}

const LONGEST_NAME = 200;

/** A name as an error message shows it, whatever a program without types gave. */
export function quoted(name: unknown): string {
  return typeof name === "string" ? `"${printable(name.slice(0, LONGEST_NAME))}"` : show(name);
}
