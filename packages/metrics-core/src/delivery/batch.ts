import type { MetricSnapshot } from "../contract/metric-snapshot.ts";

/** Snapshots of one window, or of several that were merged. */
export interface Batch {
  /** The number of the window, counted from 1; of merged windows, the last one's. */
  readonly sequence: number;
  readonly snapshots: readonly MetricSnapshot[];
}
