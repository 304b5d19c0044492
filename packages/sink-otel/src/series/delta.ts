import type { MetricSnapshot } from "@aiokpl/metrics-core";
import { mergeSeries, mergeSnapshots } from "@aiokpl/metrics-core/sink";
import { keyOf } from "./series-key.ts";

/**
 * What is new of a series: the manager's snapshot itself, or several of them merged. In most exports each
 * series has one, and then an export makes no objects that outlive a request.
 */
export type Delta = MetricSnapshot | MergedDelta;

/** Several snapshots of one series: of different windows, or of several series that are one at OpenTelemetry. */
class MergedDelta {
  /** Undefined until the levels of a gauge are combined. */
  #snapshot: MetricSnapshot | undefined;
  readonly #sources: MetricSnapshot[];

  constructor(first: MetricSnapshot) {
    this.#snapshot = first;
    this.#sources = [first];
  }

  get snapshot(): MetricSnapshot {
    return (this.#snapshot ??= combinedLevel(this.#sources));
  }

  get sources(): readonly MetricSnapshot[] {
    return this.#sources;
  }

  add(snapshot: MetricSnapshot): void {
    const isGauge = snapshot.kind === "gauge";
    this.#snapshot = isGauge ? undefined : mergeSnapshots(this.snapshot, snapshot);
    this.#sources.push(snapshot);
  }
}

/** Merges the windows of each of the manager's gauges first, and then the gauges. */
function combinedLevel(sources: readonly MetricSnapshot[]): MetricSnapshot {
  const gauges = new Map<string, MetricSnapshot>();
  for (const source of sources) {
    const key = `${source.name} ${keyOf(source)}`;
    const known = gauges.get(key);
    gauges.set(key, known === undefined ? source : mergeSnapshots(known, source));
  }
  return [...gauges.values()].reduce(mergeSeries);
}

/** Returns a delta with a further snapshot in it. Use it instead of the delta that was given, which may change. */
export function withSnapshot(delta: Delta | undefined, snapshot: MetricSnapshot): Delta {
  if (delta === undefined) return snapshot;
  const merged = delta instanceof MergedDelta ? delta : new MergedDelta(delta);
  merged.add(snapshot);
  return merged;
}

/** Returns all that is new as one snapshot. */
export function snapshotOf(delta: Delta): MetricSnapshot {
  return delta instanceof MergedDelta ? delta.snapshot : delta;
}

/** Returns the manager's snapshots. */
export function sourcesOf(delta: Delta): readonly MetricSnapshot[] {
  return delta instanceof MergedDelta ? delta.sources : [delta];
}
