import type { Totals } from "./totals.ts";

/** The least code that could do the job: no name, no checks, no windows, no histogram. */
export class BareAccumulator {
  count = 0;
  // With minus zero and infinity V8 stores these fields as doubles from the start, and does not change that during a round.
  sum = -0;
  min = Infinity;
  max = -Infinity;
  last = -0;

  put(value: number): void {
    this.count++;
    this.sum += value;
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
    this.last = value;
  }
}

/** The totals of all accumulators. */
export function bareTotals(accumulators: readonly BareAccumulator[]): Totals {
  let count = 0;
  let sum = 0;
  for (const accumulator of accumulators) {
    count += accumulator.count;
    sum += accumulator.sum;
  }
  return { count, sum, series: accumulators.filter((accumulator) => accumulator.count > 0).length };
}
