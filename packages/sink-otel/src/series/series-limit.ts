import type { Warnings } from "@aiokpl/metrics-core/sink";

/** OpenTelemetry's default limit of series per metric, the overflow series included. */
export const DEFAULT_SERIES_LIMIT = 2_000;

/**
 * Limits the series that each metric has in the SDK, which never forgets one. The series that come
 * first keep their place for the life of the process. All others share one overflow series.
 */
export class SeriesLimit {
  readonly #limit: number;
  readonly #warnings: Warnings;
  /** Keys of the series that have a place, by metric. */
  readonly #placed = new Map<string, Set<string>>();

  /** @param limit most series of a metric, the overflow series included */
  constructor(limit: number, warnings: Warnings) {
    this.#limit = limit;
    this.#warnings = warnings;
  }

  /** Gives a series a place of its own, and returns false if none is left. The answer for a series never changes. */
  claim(metric: string, key: string): boolean {
    let placed = this.#placed.get(metric);
    if (placed === undefined) this.#placed.set(metric, (placed = new Set()));
    if (placed.has(key)) return true;
    if (placed.size >= this.#limit - 1) {
      this.#warnings.warn(
        `${metric} has ${this.#limit} series, its limit for the life of the process; further series are counted together, in one series with otel.metric.overflow`,
      );
      return false;
    }
    placed.add(key);
    return true;
  }
}
