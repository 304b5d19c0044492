import type { MetricSnapshot } from "@aiokpl/metrics-core";
import { mergeSnapshots } from "@aiokpl/metrics-core/sink";

/**
 * What is new of a series: the manager's snapshot itself, or several of them merged. In most exports each
 * series has one, and then an export makes no objects that outlive a request.
 */
export type Delta = MetricSnapshot | MergedDelta;

/** Several snapshots of one series: of different windows, or of spellings of its name. */
class MergedDelta {
  #snapshot: MetricSnapshot;
  readonly #sources: MetricSnapshot[];

  constructor(first: MetricSnapshot) {
    this.#snapshot = first;
    this.#sources = [first];
  }

  get snapshot(): MetricSnapshot {
    return this.#snapshot;
  }

  get sources(): readonly MetricSnapshot[] {
    return this.#sources;
  }

  add(snapshot: MetricSnapshot): void {
    this.#snapshot = mergeSnapshots(this.#snapshot, snapshot);
    this.#sources.push(snapshot);
  }
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
