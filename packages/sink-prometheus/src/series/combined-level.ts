import type { GaugeCombination } from "@aiokpl/metrics-core";

/** The level of one gauge, which may be of several already. */
export interface Level {
  readonly value: number;
  /** Of how many levels it was made. */
  readonly levels: number;
}

/** What the levels of several gauges are together; undefined if there are none. */
export function combinedLevel(
  all: readonly Level[],
  combine: GaugeCombination,
): number | undefined {
  if (all.length === 0) return undefined;
  const values = all.map(({ value }) => value);
  switch (combine) {
    case "sum":
      return values.reduce((sum, value) => sum + value);
    case "min":
      return Math.min(...values);
    case "max":
      return Math.max(...values);
    case "mean": {
      const levels = all.reduce((sum, each) => sum + each.levels, 0);
      // Each is divided first, because the sum of two large levels may be infinite.
      return all.reduce((mean, each) => mean + each.value * (each.levels / levels), 0);
    }
  }
}
