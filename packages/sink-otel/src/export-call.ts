import type { PushMetricExporter, ResourceMetrics } from "@opentelemetry/sdk-metrics";
import { withoutTracing } from "./suppress-tracing.ts";

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
      exporter.export(metrics, ({ code, error }) => {
        if (Number(code) === SUCCESS) resolve();
        else reject(error ?? new Error("the exporter failed without saying why"));
      });
    });
  });
}

/** Settles as the promise does, or rejects as soon as the signal aborts. */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    const onAbort = (): void => reject(new Error("aborted"));
    signal.addEventListener("abort", onAbort, { once: true });
    stop = () => signal.removeEventListener("abort", onAbort);
    if (signal.aborted) onAbort();
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    stop();
  }
}

/** Settles as the promise does, or resolves as soon as the signal aborts. */
export async function untilAborted(promise: Promise<unknown>, signal: AbortSignal): Promise<void> {
  try {
    await unlessAborted(promise, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
