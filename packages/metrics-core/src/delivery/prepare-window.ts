import type { MetricSnapshot } from "../contract/metric-snapshot.ts";
import type { MetricsSink } from "../contract/metrics-sink.ts";
import { quieten } from "../problems/thrown.ts";

/**
 * The sink's view of a window, in an array that the sink does not hold.
 *
 * @throws what `prepare` throws, and TypeError if it returns no array of different snapshots.
 */
export function prepareWindow(
  sink: MetricsSink,
  window: readonly MetricSnapshot[],
): readonly MetricSnapshot[] {
  if (sink.prepare === undefined) return window;
  const prepared: unknown = sink.prepare([...window]);
  quieten(prepared);
  if (!Array.isArray(prepared)) throw new TypeError("prepare() must return an array");
  const snapshots = [...(prepared as readonly MetricSnapshot[])];
  if (new Set(snapshots).size < snapshots.length) {
    throw new TypeError("prepare() must not return a snapshot twice");
  }
  for (const snapshot of snapshots as readonly (MetricSnapshot | null | undefined)[]) {
    const { name, unit, count, sum, windowStart, windowEnd, dimensions } = snapshot ?? {};
    const isSnapshot =
      [name, unit].every((text) => typeof text === "string") &&
      [count, sum, windowStart, windowEnd].every(Number.isFinite) &&
      Array.isArray(dimensions);
    if (!isSnapshot) throw new TypeError("prepare() must return snapshots and nothing else");
  }
  return snapshots;
}
