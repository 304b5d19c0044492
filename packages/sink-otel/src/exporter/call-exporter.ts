import { quieten, withoutTracing } from "@aiokpl/metrics-core/sink";
import type { ResourceMetrics } from "../metric-data/sdk-data.ts";
import type { MetricExporter } from "./metric-exporter.ts";

/** The SDK's result of an export. */
type Result = Parameters<Parameters<MetricExporter["export"]>[1]>[0];

const SUCCESS = 0;

/**
 * Calls an exporter once. Resolves when the exporter reports success, and rejects with its error when
 * it reports failure or throws. Only its first report counts. If the exporter never reports, the
 * promise never settles.
 */
export function callExporter(exporter: MetricExporter, metrics: ResourceMetrics): Promise<void> {
  return new Promise((resolve, reject) => {
    withoutTracing(() => {
      const returned: unknown = exporter.export(metrics, (result?: Partial<Result>) => {
        quieten(result);
        if (Number(result?.code) === SUCCESS) resolve();
        else reject(result?.error ?? new Error("the exporter failed and gave no reason"));
      });
      // An exporter may be an async function, and nobody else would see its rejection.
      Promise.resolve(returned).catch(reject);
    });
  });
}
