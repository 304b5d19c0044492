import type { Settings } from "./row.ts";

/** What a contender has recorded, in its own words. */
export interface Totals {
  /** Number of observations; absent if the contender does not keep it. */
  readonly count?: number;
  /** Absent if the contender does not keep it. */
  readonly sum?: number;
  readonly series: number;
}

/** Thrown if a contender has not recorded what it was given, which makes its time worthless. */
export class WorkNotDone extends Error {
  override readonly name = "WorkNotDone";
}

/** Throws {@link WorkNotDone} if the recorded totals are not exactly the expected ones. */
export function checkTotals(
  actual: Totals,
  expected: Required<Totals>,
  { sabotage }: Settings,
): void {
  const wanted = sabotage ? { ...expected, series: expected.series + 1 } : expected;
  for (const key of ["count", "sum", "series"] as const) {
    const value = actual[key];
    if (value !== undefined && value !== wanted[key]) {
      throw new WorkNotDone(`${key}: recorded ${value}, expected ${wanted[key]}`);
    }
  }
}
