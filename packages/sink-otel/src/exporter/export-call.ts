import { unlessAborted } from "@aiokpl/metrics-core/sink";
import type { PushMetricExporter, ResourceMetrics } from "@opentelemetry/sdk-metrics";
import { withoutTracing } from "./suppress-tracing.ts";

/** What an exporter says, as the SDK has it. */
type ExportResult = Parameters<Parameters<PushMetricExporter["export"]>[1]>[0];

const SUCCESS = 0;

/**
 * One call of an exporter as a promise: rejects with its error where it says that it failed, or
 * throws. Only its first word counts. An exporter that never says anything leaves it pending.
 */
export function callExporter(
  exporter: PushMetricExporter,
  metrics: ResourceMetrics,
): Promise<void> {
  return new Promise((resolve, reject) => {
    withoutTracing(() => {
      const returned: unknown = exporter.export(metrics, (result?: Partial<ExportResult>) => {
        if (Number(result?.code) === SUCCESS) resolve();
        else reject(result?.error ?? new Error("the exporter failed without saying why"));
      });
      // One that is an async function may reject, which nobody else would hear.
      Promise.resolve(returned).catch(reject);
    });
  });
}

/** Settles as the promise does, or resolves as soon as the signal aborts. */
export async function untilAborted(promise: Promise<unknown>, signal: AbortSignal): Promise<void> {
  try {
    await unlessAborted(promise, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
