import type { MetricsSink } from "../contract/metrics-sink.ts";

/** Takes everything and does nothing with it: what a manager without a sink has. */
export class NullSink implements MetricsSink {
  readonly name = "null";

  export(): Promise<void> {
    return Promise.resolve();
  }
}
