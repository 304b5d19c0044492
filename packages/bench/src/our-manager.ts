import {
  defineMetrics,
  MetricsManager,
  type MetricLevel,
  type MetricSnapshot,
} from "@aiokpl/metrics-core";
import type { Totals } from "./totals.ts";

const catalogue = defineMetrics({
  requests: { kind: "counter", unit: "{request}" },
  latency: { kind: "distribution", unit: "ms" },
  latencyAtThresholds: {
    kind: "distribution",
    unit: "ms",
    thresholds: [5, 10, 25, 50, 75, 100, 250, 500, 750, 1_000, 2_500, 5_000],
  },
});

/** Our contender, and the totals of what its sink was given. */
export interface OurManager {
  readonly manager: MetricsManager<typeof catalogue>;
  /** Closes the window and adds up everything that was ever exported. `series` is the number of series in the last window. */
  readonly totals: () => Promise<Required<Totals>>;
}

/**
 * A manager as a program would set it up, with a sink that only keeps what it is given. The totals are
 * computed outside the measured time. Only `flush()` closes windows.
 */
export function ourManager(options: { maxSeries?: number; level?: MetricLevel } = {}): OurManager {
  const exported: (readonly MetricSnapshot[])[] = [];
  const errors: Error[] = [];
  const manager = new MetricsManager({
    sink: {
      export(snapshots) {
        exported.push(snapshots);
        return Promise.resolve();
      },
    },
    metrics: catalogue,
    exportIntervalMs: 0,
    level: options.level,
    maxSeriesPerMetric: options.maxSeries,
    onError: (error) => errors.push(error),
  });
  let count = 0;
  let sum = 0;
  return {
    manager,
    async totals() {
      await manager.flush();
      for (const error of errors) throw error;
      let series = 0;
      for (const snapshots of exported.splice(0)) {
        series += snapshots.length;
        for (const snapshot of snapshots) {
          count += snapshot.count;
          sum += snapshot.sum;
        }
      }
      return { count, sum, series };
    },
  };
}
