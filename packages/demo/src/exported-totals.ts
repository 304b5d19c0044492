import type { MetricsSink, MetricSnapshot } from "@aiokpl/metrics-core";

/** Count and sum of a metric's observations, over all its series and windows. */
export interface ExportedTotal {
  readonly count: number;
  readonly sum: number;
}

/** A sink that adds up everything that is exported, for the check at the end. Its memory does not grow with time. */
export class ExportedTotals implements MetricsSink {
  readonly name = "totals";
  readonly #totals = new Map<string, ExportedTotal>();
  readonly #windowEnds = new Set<number>();

  /** How many windows had any data. */
  get windows(): number {
    return this.#windowEnds.size;
  }

  /** The total of a metric so far. */
  of(metric: string): ExportedTotal {
    return this.#totals.get(metric) ?? { count: 0, sum: 0 };
  }

  async export(snapshots: readonly MetricSnapshot[]): Promise<void> {
    for (const { name, count, sum, windowEnd } of snapshots) {
      const total = this.of(name);
      this.#totals.set(name, { count: total.count + count, sum: total.sum + sum });
      this.#windowEnds.add(windowEnd);
    }
  }
}
