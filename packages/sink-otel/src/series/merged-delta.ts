import type { MetricSnapshot } from "@aiokpl/metrics-core";
import { mergeSnapshots } from "@aiokpl/metrics-core/sink";
import type { NamedSnapshot } from "../names/name-snapshots.ts";
import { keyOf } from "./series-key.ts";

/** New observations of one series: one snapshot, merged from those of several windows or spellings. */
export class MergedDelta {
  #snapshot: MetricSnapshot;
  readonly #sources: MetricSnapshot[];

  /** @param source the snapshot as the manager gave it, which may name another series */
  constructor(snapshot: MetricSnapshot, source: MetricSnapshot) {
    this.#snapshot = snapshot;
    this.#sources = [source];
  }

  /** All observations as one snapshot. */
  get snapshot(): MetricSnapshot {
    return this.#snapshot;
  }

  /** The manager's snapshots that were merged. */
  get sources(): readonly MetricSnapshot[] {
    return this.#sources;
  }

  /** Adds a further snapshot of the series. */
  add(snapshot: MetricSnapshot, source: MetricSnapshot): void {
    this.#snapshot = mergeSnapshots(this.#snapshot, snapshot);
    this.#sources.push(source);
  }
}

/** A series' new observations, with the name of its instrument. */
export interface NamedDelta {
  readonly name: string;
  readonly delta: MergedDelta;
}

/** Merges the snapshots of each series. */
export function mergeBySeries(named: readonly NamedSnapshot[]): readonly NamedDelta[] {
  const deltas = new Map<string, NamedDelta>();
  for (const { name, snapshot } of named) {
    const key = `${name} ${keyOf(snapshot)}`;
    const found = deltas.get(key);
    if (found !== undefined) found.delta.add(snapshot, snapshot);
    else deltas.set(key, { name, delta: new MergedDelta(snapshot, snapshot) });
  }
  return [...deltas.values()];
}
