import type { MetricSnapshot } from "../contract/metric-snapshot.ts";

/** Some of the snapshots of an export. */
export interface SnapshotSet extends Iterable<MetricSnapshot> {
  readonly size: number;
  /** Whether a snapshot of the export is among them. */
  has(snapshot: MetricSnapshot): boolean;
}

/** All snapshots of an export: a set of a hundred thousand would take longer to make than a turn may last. */
export class AllSnapshots implements SnapshotSet {
  readonly #snapshots: readonly MetricSnapshot[];

  constructor(snapshots: readonly MetricSnapshot[]) {
    this.#snapshots = snapshots;
  }

  get size(): number {
    return this.#snapshots.length;
  }

  has(): boolean {
    return true;
  }

  [Symbol.iterator](): Iterator<MetricSnapshot> {
    return this.#snapshots[Symbol.iterator]();
  }
}

/** Whether a list has the same members in the same order. */
export function isSameList(list: readonly unknown[], other: readonly unknown[]): boolean {
  return list.length === other.length && list.every((member, i) => member === other[i]);
}
