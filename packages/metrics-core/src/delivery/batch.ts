import type { MetricSnapshot } from "../contract/metric-snapshot.ts";

/** Snapshots of one window, or of several that were merged. */
export interface Batch {
  /**
   * The number of the window, counted from 1. Merged windows have the number of the last of them.
   */
  readonly sequence: number;
  readonly snapshots: readonly MetricSnapshot[];
}
