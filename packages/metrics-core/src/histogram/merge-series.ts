import type { GaugeCombination, MetricSnapshot } from "../contract/metric-snapshot.ts";
import { freezeSnapshot } from "./freeze-snapshot.ts";
import { mergeSnapshots } from "./merge-snapshots.ts";

/**
 * One snapshot for two series of one window that are a single series at the vendor. The name and the
 * dimensions are the first one's. Ask {@link seriesConflict} first whether they can be merged. For two
 * windows of the same series use `mergeSnapshots`.
 *
 * Counters and distributions add up. Two gauges become one reading of their combined level, with a
 * count of 1: eight workers with 5 requests each have 40, and not 5. How levels are combined is the
 * metric's own choice (`combine`): the sum by default, or the mean, the smallest or the largest.
 * `levels` says how many levels there are in it, so that a mean of means weighs each level equally.
 *
 * The result counts as overflow only if both do.
 */
export function mergeSeries(a: MetricSnapshot, b: MetricSnapshot): MetricSnapshot {
  const merged = a.kind === "gauge" ? mergeLevels(a, b) : mergeSnapshots(a, b);
  if (merged.overflow !== true || (a.overflow === true && b.overflow === true)) return merged;
  const { overflow: _, ...ordinary } = merged;
  return freezeSnapshot(ordinary);
}

/** What two metrics must have in common if their series are to be merged. */
export type MergeableMetric = Pick<
  MetricSnapshot,
  "name" | "kind" | "unit" | "combine" | "thresholds"
>;

/**
 * Why two series can't become one, in words that name both; undefined if they can. They can if kind,
 * unit and thresholds are the same and, for gauges, `combine`.
 */
export function seriesConflict(a: MergeableMetric, b: MergeableMetric): string | undefined {
  const difference =
    differenceOf("kind", a.kind, b.kind) ??
    differenceOf("unit", a.unit, b.unit) ??
    differenceOf("combine", combinationOf(a), combinationOf(b)) ??
    (hasSameBounds(a, b) ? undefined : differenceOf("thresholds", boundsOf(a), boundsOf(b), "are"));
  if (difference === undefined) return undefined;
  return `${JSON.stringify(b.name)} can't be merged with ${JSON.stringify(a.name)}: ${difference}`;
}

function differenceOf(property: string, a: string, b: string, be = "is"): string | undefined {
  return a === b ? undefined : `its ${property} ${be} ${b}, and not ${a}`;
}

function combinationOf({ combine = "sum" }: MergeableMetric): GaugeCombination {
  return combine;
}

function hasSameBounds(a: MergeableMetric, b: MergeableMetric): boolean {
  return a.thresholds?.bounds === b.thresholds?.bounds;
}

function boundsOf({ thresholds }: MergeableMetric): string {
  return thresholds === undefined ? "none" : thresholds.bounds.join(", ");
}

function mergeLevels(a: MetricSnapshot, b: MetricSnapshot): MetricSnapshot {
  const description = a.description ?? b.description;
  const level = combinedLevel(a, b);
  return freezeSnapshot({
    name: a.name,
    kind: a.kind,
    unit: a.unit,
    ...(description === undefined ? undefined : { description }),
    count: 1,
    sum: level,
    min: level,
    max: level,
    last: level,
    dimensions: a.dimensions,
    windowStart: Math.min(a.windowStart, b.windowStart),
    windowEnd: Math.max(a.windowEnd, b.windowEnd),
    ...(a.combine === undefined ? undefined : { combine: a.combine }),
    levels: levelsOf(a) + levelsOf(b),
    ...(a.overflow || b.overflow ? { overflow: true } : undefined),
  });
}

function combinedLevel(a: MetricSnapshot, b: MetricSnapshot): number {
  switch (combinationOf(a)) {
    case "min":
      return Math.min(a.last, b.last);
    case "max":
      return Math.max(a.last, b.last);
    case "mean": {
      const levels = levelsOf(a) + levelsOf(b);
      return a.last * (levelsOf(a) / levels) + b.last * (levelsOf(b) / levels);
    }
    case "sum":
      return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, a.last + b.last));
  }
}

function levelsOf({ levels = 1 }: MetricSnapshot): number {
  return levels;
}
