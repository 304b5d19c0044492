import type { Totals } from "./totals.ts";

/** The least code that could do the job: no name, no checks, no windows, no histogram. */
export class BareAccumulator {
  count = 0;
  // Minus zero and infinity make V8 choose doubles for these fields at once, and not in the middle of a round.
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

/** What accumulators have taken together. */
export function bareTotals(accumulators: readonly BareAccumulator[]): Totals {
  let count = 0;
  let sum = 0;
  for (const accumulator of accumulators) {
    count += accumulator.count;
    sum += accumulator.sum;
  }
  return { count, sum, series: accumulators.filter((accumulator) => accumulator.count > 0).length };
}
