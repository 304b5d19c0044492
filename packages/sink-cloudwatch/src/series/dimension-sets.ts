import type { MetricSnapshot } from "@aiokpl/metrics-core";

/** The names of the dimensions of one series that CloudWatch is to keep. */
export type DimensionSet = readonly string[];

/**
 * Which subsets of a metric's dimensions become series of their own, as CloudWatch can't add up over
 * dimensions itself: a list of sets for all metrics, or a function that is given a snapshot and
 * returns the sets for it; undefined is the full set. Names are those that the program uses.
 *
 * Of a list, a set counts where the series has all of its dimensions; where none does, the full set
 * stands in, so that nothing is dropped.
 */
export type DimensionSets =
  | readonly DimensionSet[]
  | ((snapshot: MetricSnapshot) => readonly DimensionSet[] | undefined);

/** The sets for one snapshot; undefined for the full set. */
export function setsOf(
  dimensionSets: DimensionSets,
  snapshot: MetricSnapshot,
): readonly DimensionSet[] | undefined {
  if (typeof dimensionSets === "function") return dimensionSets(snapshot);
  const names = new Set(snapshot.dimensions.map(([name]) => name));
  const sets = dimensionSets.filter((set) => set.every((name) => names.has(name)));
  return sets.length === 0 ? undefined : sets;
}
