import type { Series } from "../series.ts";

/**
 * The series of a metric that were ended: by `forget`, or because another series needed their place. The
 * index has them until it is made anew, but they take no place in the metric's limit. One that is used
 * again starts from nothing.
 */
export class EndedSeries {
  /** Those of which the open window has something, with the count that they had when they were forgotten. */
  readonly #ending = new Map<Series, number>();
  readonly #ended = new Set<Series>();

  /** How many are at an end. */
  get size(): number {
    return this.#ended.size;
  }

  has(series: Series): boolean {
    return this.#ended.has(series);
  }

  /** Whether the series was forgotten, and has got nothing since. */
  isForgotten(series: Series): boolean {
    return this.#ended.has(series) || this.#ending.get(series) === series.count;
  }

  /** Ends a series with the open window, unless it gets another value there. */
  endWithWindow(series: Series): void {
    this.#ending.set(series, series.count);
  }

  /** Ends a series of which no window has anything that is not collected. */
  end(series: Series): void {
    series.last = 0;
    this.#ended.add(series);
  }

  /** Says that the series is in use again. */
  revive(series: Series): void {
    this.#ended.delete(series);
    this.#ending.delete(series);
  }

  /**
   * Says that all is collected of a window in which the series was in use. Returns what that means for it:
   * it is at an end, it was forgotten and used again in the same window, or neither.
   */
  windowCollected(series: Series): "ended" | "revived" | undefined {
    const count = this.#ending.get(series);
    if (count === undefined) return undefined;
    this.#ending.delete(series);
    if (count !== series.count) return "revived";
    this.end(series);
    return "ended";
  }

  /** Says that the index does not have the series any more. */
  remove(series: Series): void {
    this.#ended.delete(series);
  }
}
