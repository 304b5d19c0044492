import type { Series } from "../series.ts";
import { Presence } from "./presence.ts";
import { PresenceOrder } from "./presence-order.ts";

/**
 * The series of a metric that are in every window, and which of them another series could do without. A
 * level that was set may go when it is longest untouched; one that `add` has moved, only at 0.
 */
export class PresentSeries {
  /** Levels that were set and never moved, and zero counters. */
  readonly #set = new PresenceOrder();
  /** Levels that were moved and are at 0. Values that came later in a window may have changed that. */
  readonly #atZero = new PresenceOrder();

  /** Says that the program has set the series' value in this window. From then on it is present. */
  set(series: Series, value: number): void {
    const presence = (series.presence ??= new Presence(series));
    if (!presence.isMoved) this.#set.touch(presence);
    else this.#placeMoved(presence, value);
  }

  /** Says that `add` has moved the series to this level. */
  moved(series: Series, level: number): void {
    const presence = (series.presence ??= new Presence(series));
    presence.isMoved = true;
    this.#placeMoved(presence, level);
  }

  /** Says that the series was observed, and not set: what observers read is not held. */
  observed(series: Series): void {
    if (series.presence?.isMoved === false) this.remove(series);
  }

  /** Ends the series' presence, if it has one. */
  remove(series: Series): void {
    const { presence } = series;
    if (presence === undefined) return;
    presence.order?.remove(presence);
    series.presence = undefined;
  }

  /** The series that another one may replace: it has no value in the open window. Undefined where there is none. */
  replaceable(openWindow: number): Series | undefined {
    const { oldest } = this.#set;
    if (oldest !== undefined && oldest.series.window < openWindow) return oldest.series;
    for (;;) {
      const { oldest: moved } = this.#atZero;
      if (moved === undefined || moved.series.window >= openWindow) return undefined;
      if (moved.series.last === 0) return moved.series;
      this.#atZero.remove(moved);
    }
  }

  #placeMoved(presence: Presence, level: number): void {
    if (level === 0) this.#atZero.touch(presence);
    else presence.order?.remove(presence);
  }
}
