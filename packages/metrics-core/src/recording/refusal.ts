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

/** Most measurements that one value may stand for. */
const MOST_TIMES = 2 ** 32;

/** Why no value can stand for so many; undefined where one can. */
export function countRefusal(name: string, count: unknown): Refusal | undefined {
  if (Number.isInteger(count) && (count as number) >= 1 && (count as number) <= MOST_TIMES)
    return undefined;
  const message = `metric ${quoted(name)} was given the count ${show(count)}; a count must be a whole number from 1 to 4,294,967,296`;
  return { code: "invalid_value", message, metric: name };
}

/**
 * Past so many observations, a window of a series takes no value that stands for many. So its count stays exact,
 * whatever is recorded one by one.
 */
export const MOST_WEIGHED: number = 2 ** 52;

/**
 * Why a window can't take a value that is right in itself.
 *
 * @param times how many it stands for
 * @param begun what the window has of the series, if it has begun
 */
export function overflowRefusal(
  name: string,
  value: number,
  times: number | undefined,
  begun: { readonly count: number; readonly sum: number } | undefined,
): Refusal {
  const given = times === undefined ? value : `${value} ${times} times`;
  const isInfinite = begun === undefined || !Number.isFinite(begun.sum + value * (times ?? 1));
  const makes = isInfinite
    ? `its sum${begun === undefined ? "" : ` of ${begun.sum}`} in this window infinite`
    : `its count of ${begun.count} in this window more than 2^52`;
  const message = `metric ${quoted(name)} was given ${given}, which makes ${makes}`;
  return { code: "sum_overflow", message, metric: name };
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
