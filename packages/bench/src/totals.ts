import type { Settings } from "./row.ts";

/** What a contender says that it has recorded. */
export interface Totals {
  /** Number of observations; left out where the contender does not keep it. */
  readonly count?: number;
  /** Left out where the contender does not keep it. */
  readonly sum?: number;
  readonly series: number;
}

/** Thrown where a benchmark's work was not done, which makes its time worthless. */
export class WorkNotDone extends Error {
  override readonly name = "WorkNotDone";
}

/** Throws {@link WorkNotDone} where what was recorded is not exactly what was expected. */
export function checkTotals(
  actual: Totals,
  expected: Required<Totals>,
  { sabotage }: Settings,
): void {
  const wanted = sabotage ? { ...expected, series: expected.series + 1 } : expected;
  for (const key of ["count", "sum", "series"] as const) {
    const value = actual[key];
    if (value !== undefined && value !== wanted[key]) {
      throw new WorkNotDone(`recorded a ${key} of ${value} where ${wanted[key]} was expected`);
    }
  }
}
