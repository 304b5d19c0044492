import type { EventSeries, MetricSnapshot } from "@aiokpl/metrics-core";
import { keyOf } from "../series/series-key.ts";

/**
 * Most times that a value is recorded in a row. OpenTelemetry's API takes one measurement a call, and the SDK needs
 * more than a microsecond for each, in the program's own turn.
 */
export const MOST_REPEATS = 1_000;

/** A distribution's observations that were left out apart from the others; a part without observations is undefined. */
export interface WithoutLeftOut {
  readonly leftOut?: MetricSnapshot | undefined;
  readonly others?: MetricSnapshot | undefined;
}

/** Knows which values were not recorded because they stand for too many. */
export class LeftOutWeights {
  readonly #bySeries = new Map<string, { count: number; sum: number }>();

  /** Notes a value that was left out. */
  add(series: EventSeries, value: number, count: number): void {
    const key = keyIn(series);
    const { count: before, sum } = this.#bySeries.get(key) ?? { count: 0, sum: 0 };
    this.#bySeries.set(key, { count: before + count, sum: finite(sum + value * count) });
  }

  /**
   * Takes what was left out of a series from its window. The counts and sums of both parts add up to the whole;
   * neither has a histogram, as nobody exports them. Values that the series got since the window ended are taken
   * from it, too, if it has as many; the next window then has them in their place.
   */
  takeFrom(window: MetricSnapshot): WithoutLeftOut {
    const noted = this.#bySeries.size === 0 ? undefined : this.#bySeries.get(keyIn(window));
    if (noted === undefined) return { others: window };
    if (noted.count > window.count) {
      this.#bySeries.set(keyIn(window), {
        count: noted.count - window.count,
        sum: finite(noted.sum - window.sum),
      });
      return { leftOut: window };
    }
    this.#bySeries.delete(keyIn(window));
    if (noted.count === window.count) return { leftOut: window };
    const { histogram: _histogram, thresholds: _thresholds, ...plain } = window;
    return {
      leftOut: { ...plain, ...noted },
      others: {
        ...plain,
        count: window.count - noted.count,
        sum: finite(window.sum - noted.sum),
      },
    };
  }
}

function keyIn(series: EventSeries | MetricSnapshot): string {
  return `${series.name} ${keyOf(series)}`;
}

function finite(sum: number): number {
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, sum));
}
