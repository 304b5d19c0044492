import type { MetricsSink } from "../contract/metrics-sink.ts";

/** Takes everything and does nothing with it: what a manager without a sink has. */
export class NullSink implements MetricsSink {
  /** Always "null". */
  readonly name = "null";

  /** Does nothing. */
  export(): Promise<void> {
    return Promise.resolve();
  }
}
