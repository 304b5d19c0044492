import type { MetricSnapshot } from "@aiokpl/metrics-core";
import { show } from "@aiokpl/metrics-core/sink";

/** The names of the dimensions that one series keeps at CloudWatch. */
export type DimensionSet = readonly string[];

/**
 * The subsets of a metric's dimensions that become series of their own, since CloudWatch can't add up
 * over dimensions. Either a list of sets for all metrics, or a function that is given a snapshot and
 * returns the sets for it; undefined, or no set, means all dimensions. Names are the program's.
 *
 * A set of a list applies to each series that has all of its dimensions. A series to which no set
 * applies keeps all dimensions, so that nothing is dropped.
 */
export type DimensionSets =
  | readonly DimensionSet[]
  | ((snapshot: MetricSnapshot) => readonly DimensionSet[] | undefined);

/** Whether a value is a list of sets, as a program without types may not have it. */
export function isListOfSets(value: unknown): value is readonly DimensionSet[] {
  return (
    Array.isArray(value) &&
    value.every((set) => Array.isArray(set) && set.every((name) => typeof name === "string"))
  );
}

/**
 * The sets for one snapshot; undefined for all dimensions.
 *
 * @throws what the program's function throws, and TypeError where it returns something else than a
 * list of sets
 */
export function setsOf(
  dimensionSets: DimensionSets,
  snapshot: MetricSnapshot,
): readonly DimensionSet[] | undefined {
  if (typeof dimensionSets === "function") return checkedSets(dimensionSets(snapshot));
  const { dimensions } = snapshot;
  const sets = dimensionSets.filter((set) =>
    set.every((name) => dimensions.some(([each]) => each === name)),
  );
  return sets.length === 0 ? undefined : sets;
}

function checkedSets(sets: unknown): readonly DimensionSet[] | undefined {
  if (sets === undefined) return undefined;
  if (isListOfSets(sets)) return sets.length === 0 ? undefined : sets;
  // Nobody else would catch its rejection.
  if (sets instanceof Promise) sets.catch(() => {});
  throw new TypeError(`it returned ${show(sets)}, must be a list of lists of dimension names`);
}
