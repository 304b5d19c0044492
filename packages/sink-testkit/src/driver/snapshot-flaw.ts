import type { MetricSnapshot } from "@aiokpl/metrics-core";
import { excerpt } from "./excerpt.ts";

/** How far a sum may be off by rounding, relative to the sum of magnitudes. */
const ROUNDING = 1e-9;

/** Whether a manager takes a value as a snapshot. */
export function isSnapshot(value: unknown): value is MetricSnapshot {
  return flawOf(value) === undefined;
}

/** Why a manager does not take a value as a snapshot; undefined where it does. */
export function flawOf(value: unknown): string | undefined {
  if (!isRecord(value)) return `${excerpt(value)} is not a snapshot`;
  const { name, kind, unit, dimensions, count, sum, min, max, last } = value;
  const { windowStart, windowEnd } = value;
  if (typeof name !== "string" || typeof unit !== "string") return "name or unit is not a string";
  if (kind !== "counter" && kind !== "gauge" && kind !== "distribution")
    return `kind is ${excerpt(kind)}`;
  if (!isPairs(dimensions)) return "dimensions is not a list of pairs of strings";
  const numbers = { count, sum, min, max, last, windowStart, windowEnd };
  for (const [field, number] of Object.entries(numbers))
    if (!Number.isFinite(number)) return `${field} is ${excerpt(number)}`;
  if (!(Number(count) >= 1)) return "count is below 1";
  if (!Number.isInteger(count)) return "count is not a whole number";
  if (Number(windowEnd) < Number(windowStart)) return "the window ends before it starts";
  if (value["thresholds"] !== undefined && !areThresholds(value["thresholds"], Number(count)))
    return "thresholds are not ascending bounds with counts that add up to count";
  return flawOfValues(Number(count), Number(sum), Number(min), Number(max), Number(last));
}

function areThresholds(value: unknown, total: number): boolean {
  if (!isRecord(value)) return false;
  const { bounds, counts } = value;
  return (
    isNumbers(bounds) &&
    isNumbers(counts) &&
    bounds.length > 0 &&
    bounds.every((bound, i) => i === 0 || bound > (bounds[i - 1] ?? NaN)) &&
    counts.length === bounds.length + 1 &&
    counts.every((count) => Number.isInteger(count) && count >= 0) &&
    counts.reduce((sum, count) => sum + count, 0) === total
  );
}

function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((each) => Number.isFinite(each));
}

/** No observations have these values together. */
function flawOfValues(
  count: number,
  sum: number,
  min: number,
  max: number,
  last: number,
): string | undefined {
  if (min > max) return "min is above max";
  if (last < min || last > max) return "last is not between min and max";
  const slack = ROUNDING * Math.max(Math.abs(min), Math.abs(max)) * count;
  if (sum < min * count - slack || sum > max * count + slack)
    return "sum is not between count × min and count × max";
  return undefined;
}

/** Names one series in one window. The overflow series may have the dimensions of another one. */
export function seriesOf(snapshot: MetricSnapshot): string {
  const { name, kind, dimensions, windowStart, overflow = false } = snapshot;
  return JSON.stringify([name, kind, dimensions, windowStart, overflow]);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function isPairs(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every(
      (pair: unknown) =>
        Array.isArray(pair) && pair.length === 2 && pair.every((part) => typeof part === "string"),
    )
  );
}
