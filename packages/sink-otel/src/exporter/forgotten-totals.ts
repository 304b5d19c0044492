import type { ForgottenSeries } from "@aiokpl/metrics-core";
import type { InstrumentNames } from "../names/instrument-names.ts";
import type { CumulativeSeries } from "../series/cumulative-series.ts";
import type { CumulativeTotals } from "../series/cumulative-totals.ts";
import { snapshotOf } from "../series/delta.ts";

interface Forgotten extends ForgottenSeries {
  /** End of the last window that may have something of the series, in milliseconds since the epoch. */
  readonly end: number;
}

/** The series that the program has ended, and whose total is still reported. */
export class ForgottenTotals {
  #all: Forgotten[] = [];

  /** @param end of the last window that may have something of the series, in milliseconds since the epoch */
  add({ name, dimensions }: ForgottenSeries, end: number): void {
    this.#all.push({ name, dimensions, end });
  }

  /**
   * Removes the totals of these series, except for one that is in the export that is being made: the rest of
   * it is still to be reported, or it is in use again.
   */
  removeFrom(
    totals: CumulativeTotals,
    names: InstrumentNames,
    isExported: (series: CumulativeSeries) => boolean,
  ): void {
    if (this.#all.length === 0) return;
    this.#all = this.#all.filter((forgotten) => {
      const name = names.known(forgotten.name);
      const series = name === undefined ? undefined : totals.get(name, forgotten);
      // The totals of several metrics under one name go on.
      if (series === undefined || names.isShared(series.name)) return false;
      if (!isExported(series)) {
        totals.remove(series);
        return false;
      }
      return series.delta !== undefined && snapshotOf(series.delta).windowEnd <= forgotten.end;
    });
  }
}
