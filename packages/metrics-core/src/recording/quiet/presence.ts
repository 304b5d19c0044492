import type { Series } from "../series.ts";
import type { PresenceOrder } from "./presence-order.ts";

/**
 * Keeps a series in every window, also in those without an observation: a gauge with its level, a
 * counter with 0.
 */
export class Presence {
  readonly series: Series;
  /** Whether `add` has moved the level, so the series keeps its place while the level is not 0. */
  isMoved = false;
  /** From when on the series is not shown, in milliseconds of monotonic time. */
  shownUntil: number = Infinity;
  /** The order that it is in, and its neighbours there. */
  order: PresenceOrder | undefined = undefined;
  older: Presence | undefined = undefined;
  newer: Presence | undefined = undefined;

  constructor(series: Series) {
    this.series = series;
  }
}
