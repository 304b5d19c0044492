import type { ExportResult, MetricsSink } from "./contract/metrics-sink.ts";
import { MetricsManager, type MetricsManagerOptions } from "./index.ts";
import { NullSink } from "./sinks/null-sink.ts";

declare const maybe: MetricsSink | undefined;
declare const busy: boolean;

new MetricsManager({ sink: maybe });
new MetricsManager({ sink: [new NullSink(), maybe] });

// A sink that is written in place: its event and its snapshots have their types.
new MetricsManager({
  sink: {
    async export(snapshots) {
      snapshots[0]?.windowStart.toFixed();
    },
    record(event) {
      event.value.toFixed();
      // @ts-expect-error -- events have a value
      void event.values;
    },
  },
});
new MetricsManager({
  sink: [
    {
      export: async (snapshots) => (busy ? { retry: snapshots, retryAfterMs: 5 } : undefined),
      record: (event) => void event.name.length,
    },
  ],
});

new MetricsManager({
  // @ts-expect-error -- it is called retryAfterMs
  sink: { export: async (snapshots) => ({ retry: snapshots, retryAfter: 5 }) },
});
new MetricsManager({
  // @ts-expect-error -- a sink has export
  sink: { record() {} },
});
new MetricsManager({
  // @ts-expect-error -- no sink is null
  sink: [null],
});
new MetricsManager({
  sink: {
    export: async () => {},
    // @ts-expect-error -- no sink has it
    flush() {},
  },
});

export const options: MetricsManagerOptions = {
  sink: {
    async export(snapshots): Promise<ExportResult> {
      return { retry: snapshots };
    },
  },
};
