import { type SeriesKey, SeriesMap } from "../delivery/series-map.ts";

/** A map whose keys are series. It forgets those that were not asked for in the last two windows. */
export class RecentSeries<V extends object> {
  #newer = new SeriesMap<V>();
  #older = new SeriesMap<V>();

  /** Returns the value of a series. If the series is new, or was forgotten, `make` makes the value. */
  getOrMake(series: SeriesKey, make: () => V): V {
    return this.#newer.getOrMake(series, () => this.#older.get(series) ?? make());
  }

  /** To be called when a window was closed. */
  windowClosed(): void {
    this.#older = this.#newer;
    this.#newer = new SeriesMap();
  }
}
