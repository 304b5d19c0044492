import type { MetricSnapshot } from "../contract/metric-snapshot.ts";

/** Snapshots of one window or of a part of it, or of several windows that were merged. */
export interface Batch {
  /**
   * The number of the window, counted from 1. Merged windows have the number of the last of them.
   */
  readonly sequence: number;
  readonly snapshots: readonly MetricSnapshot[];
  /** How many observations these contain. */
  readonly observations: number;
  /** The earliest time that one of the snapshots has at the vendor. */
  readonly oldest: number;
}

/** Makes a batch of snapshots of the window with this number. */
export function batchOf(sequence: number, snapshots: readonly MetricSnapshot[]): Batch {
  let observations = 0;
  let oldest = Infinity;
  for (const snapshot of snapshots) {
    observations += snapshot.count;
    const time = timeAtVendor(snapshot);
    if (time < oldest) oldest = time;
  }
  return { sequence, snapshots, observations, oldest };
}

/** How many snapshots the batches have. */
export function sizeOf(batches: readonly Batch[]): number {
  return batches.reduce((size, { snapshots }) => size + snapshots.length, 0);
}

/**
 * The time that a snapshot has at the vendor: about the end of its window for a gauge, the start of
 * its window otherwise.
 */
export function timeAtVendor({ kind, windowStart, windowEnd }: MetricSnapshot): number {
  return kind === "gauge" ? windowEnd : windowStart;
}
