import type { MetricsSink } from "../contract/metrics-sink.ts";
import { messageOf } from "../problems/thrown.ts";

/**
 * What `createSink` returns in place of a sink that can't be made: its `open` says why, and that
 * trying again is of no use, so that a program learns of a wrong setting where it learns of
 * everything else. It takes nothing.
 */
export function unopenableSink(name: string, cause: unknown): MetricsSink {
  return {
    name,
    open: () =>
      Promise.reject(
        Object.assign(new Error(messageOf(cause), { cause }), { retryable: false as const }),
      ),
    export: async (snapshots) => ({ retry: snapshots, cause }),
  };
}
