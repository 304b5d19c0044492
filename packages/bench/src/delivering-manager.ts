import { defineMetrics, MetricsManager, type MetricsSink } from "@aiokpl/metrics-core";
import { MANY_SERIES } from "./many-series.ts";

/** How long a delivery may take. It must not be given up before everything has arrived. */
const TIMEOUT_MS = 300_000;

const catalogue = defineMetrics({
  requests: { kind: "counter", unit: "{request}" },
  latency: { kind: "distribution", unit: "ms" },
});

/** A manager as a program would set it up, with {@link MANY_SERIES} series at most. Only `deliver` closes windows. */
export class DeliveringManager {
  readonly metrics: MetricsManager<typeof catalogue>;
  readonly #errors: Error[] = [];

  private constructor(sink: MetricsSink) {
    this.metrics = new MetricsManager({
      sink,
      metrics: catalogue,
      exportIntervalMs: 0,
      exportTimeoutMs: TIMEOUT_MS,
      maxSeriesPerMetric: MANY_SERIES,
      onError: (error) => this.#errors.push(error),
    });
  }

  /** Makes a manager with this sink, and opens the sink. */
  static async start(sink: MetricsSink): Promise<DeliveringManager> {
    const manager = new DeliveringManager(sink);
    await manager.metrics.start();
    return manager;
  }

  /** Closes the window. Resolves when it was delivered, with the number of its series. Rejects with the first error that was reported. */
  async deliver(): Promise<number> {
    const { delivered } = await this.metrics.flush({ timeoutMs: TIMEOUT_MS });
    for (const error of this.#errors) throw error;
    return delivered;
  }
}
