import type { GaugeCombination } from "../contract/metric-snapshot.ts";
import type { SeriesKey } from "../delivery/series-map.ts";
import { RecentSeries } from "./recent-series.ts";

/** The level of one of the manager's gauges. */
interface Level {
  value: number;
  /** The number of the window in which it was recorded last. */
  window: number;
}

/** The combined levels of gauges that a view merges, for sinks that get single observations. */
export class GaugeLevels {
  readonly #combined = new RecentSeries<CombinedLevel>();
  readonly #levels = new RecentSeries<Level>();
  #window = 1;

  /**
   * Takes the new level of a gauge, and returns the level of all gauges that become the same series. A gauge
   * that was not recorded in this window or the last one has ended.
   */
  record(gauge: SeriesKey, viewed: SeriesKey, combine: GaugeCombination, value: number): number {
    const level = this.#levels.getOrMake(gauge, () => ({ value: 0, window: 0 }));
    const combined = this.#combined.getOrMake(viewed, () => new CombinedLevel(combine));
    return combined.set(level, value, this.#window);
  }

  /** To be called when a window was closed. */
  windowClosed(): void {
    this.#window++;
    this.#combined.windowClosed();
    this.#levels.windowClosed();
  }
}

/** Combines levels, and takes one step for a new one: only now and then it goes through all of them. */
class CombinedLevel {
  readonly #combine: GaugeCombination;
  readonly #levels = new Set<Level>();
  /** The sum, the smallest or the largest. */
  #result = 0;
  #window = 0;
  #steps = 0;

  constructor(combine: GaugeCombination) {
    this.#combine = combine;
  }

  /** Sets one of the levels, and returns the combined one. */
  set(level: Level, value: number, window: number): number {
    const before = this.#levels.has(level) ? level.value : undefined;
    level.value = value;
    level.window = window;
    this.#levels.add(level);
    // Sums of many steps would drift.
    if (window !== this.#window || ++this.#steps > this.#levels.size || !this.#step(before, value))
      this.#combineAll(window);
    if (this.#combine === "mean") return this.#result / this.#levels.size;
    return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, this.#result));
  }

  /** Whether one step was enough. */
  #step(before: number | undefined, value: number): boolean {
    if (this.#combine === "sum" || this.#combine === "mean") {
      this.#result += value - (before ?? 0);
      return Number.isFinite(this.#result);
    }
    const isFurther = this.#combine === "min" ? value <= this.#result : value >= this.#result;
    if (isFurther) this.#result = value;
    return isFurther || before !== this.#result;
  }

  #combineAll(window: number): void {
    this.#window = window;
    this.#steps = 0;
    const values: number[] = [];
    for (const level of this.#levels) {
      if (level.window < window - 1) this.#levels.delete(level);
      else values.push(level.value);
    }
    const [first = 0, ...others] = values;
    this.#result = others.reduce((result, value) => this.#join(result, value), first);
  }

  #join(a: number, b: number): number {
    if (this.#combine === "min") return Math.min(a, b);
    return this.#combine === "max" ? Math.max(a, b) : a + b;
  }
}
