import type { MetricLevel } from "../contract/catalogue.ts";
import { matchesGlob } from "../sink-kit/glob.ts";

const RANK = { none: 0, summary: 1, detailed: 2 } as const satisfies Record<MetricLevel, number>;

/** Decides which metrics are recorded: those up to a level, which may differ for some names. */
export class Levels {
  #level: MetricLevel;
  /** By pattern, the latest last. */
  readonly #exceptions = new Map<string, MetricLevel>();

  constructor(level: MetricLevel) {
    this.#level = level;
  }

  /** The level of the metrics that have none of their own. */
  get level(): MetricLevel {
    return this.#level;
  }

  /** False where nothing is recorded, whatever its name. */
  get isOn(): boolean {
    return this.#level !== "none" || [...this.#exceptions.values()].some((each) => each !== "none");
  }

  /** Sets the level of all metrics. */
  setAll(level: MetricLevel): void {
    this.#level = level;
    this.#exceptions.clear();
  }

  /** Sets the level of the metrics whose names match. Where several patterns match, the last one that was set counts. */
  setMatching(pattern: string, level: MetricLevel): void {
    this.#exceptions.delete(pattern);
    this.#exceptions.set(pattern, level);
  }

  /** Whether a metric of that name, which is recorded from level `needed`, is recorded. */
  allows(name: string, needed: "summary" | "detailed"): boolean {
    let level = this.#level;
    for (const [pattern, each] of this.#exceptions) if (matchesGlob(pattern, name)) level = each;
    return RANK[needed] <= RANK[level];
  }
}
