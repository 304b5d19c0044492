import type { CumulativeSeries } from "./cumulative-series.ts";

/**
 * The series of one metric in the order of their last observations. A series is in one order only, in
 * which it knows its neighbours, so that no call takes longer when there are many.
 */
export class ObservationOrder {
  #oldest: CumulativeSeries | undefined;
  #newest: CumulativeSeries | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The series that was longest without an observation. */
  get oldest(): CumulativeSeries | undefined {
    return this.#oldest;
  }

  /** The series that was observed last. */
  get newest(): CumulativeSeries | undefined {
    return this.#newest;
  }

  /** Adds a series, as the one that was observed last. */
  add(series: CumulativeSeries): void {
    series.older = this.#newest;
    series.newer = undefined;
    if (this.#newest === undefined) this.#oldest = series;
    else this.#newest.newer = series;
    this.#newest = series;
    this.#size++;
  }

  /** Removes a series that is in the order. */
  remove(series: CumulativeSeries): void {
    const { older, newer } = series;
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    series.older = series.newer = undefined;
    this.#size--;
  }
}
