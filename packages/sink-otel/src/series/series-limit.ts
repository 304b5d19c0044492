import type { Warnings } from "@aiokpl/metrics-core/sink";
import type { MetricSnapshot } from "@aiokpl/metrics-core";

/** OpenTelemetry's default limit of series per metric, the overflow series included. */
export const DEFAULT_SERIES_LIMIT = 2_000;

/**
 * Which series a metric has, for the life of the process: what is reported for ever must not grow
 * for ever. The first ones stay, all others are one overflow series; a decision never changes.
 */
export class SeriesLimit {
  readonly #limit: number;
  readonly #warnings: Warnings;
  readonly #admitted = new Map<string, Set<string>>();

  constructor(limit: number, warnings: Warnings) {
    this.#limit = limit;
    this.#warnings = warnings;
  }

  /** Whether a series, of this key within its metric, is one of its own. */
  admits(metric: string, key: string): boolean {
    let admitted = this.#admitted.get(metric);
    if (admitted === undefined) this.#admitted.set(metric, (admitted = new Set()));
    if (admitted.has(key)) return true;
    if (admitted.size >= this.#limit - 1) {
      this.#warnings.warn(
        `${metric} has ${this.#limit} series, its limit for the life of the process; further ones are one series with otel.metric.overflow`,
      );
      return false;
    }
    admitted.add(key);
    return true;
  }
}

/** The key of a snapshot's series within its metric. */
export function keyOf({
  dimensions,
  overflow,
}: Pick<MetricSnapshot, "dimensions" | "overflow">): string {
  return `${overflow === true ? "overflow " : ""}${JSON.stringify(dimensions)}`;
}

/** The series of all that is beyond the limit. */
export function asOverflow(snapshot: MetricSnapshot): MetricSnapshot {
  return { ...snapshot, dimensions: [], overflow: true };
}
