import type { MetricSnapshot } from "../contract/metric-snapshot.ts";
import type { MetricsSink } from "../contract/metrics-sink.ts";
import { freezeSnapshot } from "../histogram/freeze-snapshot.ts";
import { quieten } from "../problems/thrown.ts";

/** A sink's view of a window, checked, in lists that the sink does not hold. */
export interface CheckedWindow {
  readonly snapshots: readonly MetricSnapshot[];
  readonly rejected: ReadonlyMap<MetricSnapshot, string>;
}

/**
 * Calls a sink's `prepare`, and checks and freezes what it returns.
 *
 * @throws what `prepare` throws, and TypeError if it returns anything but different snapshots.
 */
export function prepareWindow(sink: MetricsSink, window: readonly MetricSnapshot[]): CheckedWindow {
  if (sink.prepare === undefined) return { snapshots: window, rejected: new Map() };
  const prepared: unknown = sink.prepare([...window]);
  quieten(prepared);
  const { snapshots, rejected = [] } = listsOf(prepared);
  if (!Array.isArray(snapshots) || !Array.isArray(rejected)) {
    throw new TypeError("prepare() must return an array, or { snapshots, rejected } with arrays");
  }
  const reasons = new Map<MetricSnapshot, string>();
  for (const entry of rejected as readonly unknown[]) {
    const { snapshot, reason } = (entry ?? {}) as { snapshot?: unknown; reason?: unknown };
    reasons.set(checked(snapshot), String(reason));
  }
  const taken = snapshots.map(checked);
  const different = new Set([...taken, ...reasons.keys()]);
  if (different.size < taken.length + rejected.length) {
    throw new TypeError("prepare() must not return a snapshot twice");
  }
  return { snapshots: taken, rejected: reasons };
}

function listsOf(prepared: unknown): { readonly snapshots?: unknown; readonly rejected?: unknown } {
  if (Array.isArray(prepared)) return { snapshots: prepared };
  return typeof prepared === "object" && prepared !== null ? prepared : {};
}

function checked(given: unknown): MetricSnapshot {
  const { name, unit, count, sum, windowStart, windowEnd, dimensions } = (given ??
    {}) as Partial<MetricSnapshot>;
  const isSnapshot =
    [name, unit].every((text) => typeof text === "string") &&
    [count, sum, windowStart, windowEnd].every(Number.isFinite) &&
    Array.isArray(dimensions);
  if (!isSnapshot) throw new TypeError("prepare() must return snapshots and nothing else");
  return freezeSnapshot(given as MetricSnapshot);
}
