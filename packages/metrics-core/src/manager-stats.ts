import type { SinkStats } from "./delivery/delivery-ledger.ts";
import type { MetricsErrorCode } from "./problems/metrics-error.ts";

/** What a manager has done so far. */
export interface ManagerStats {
  /** Observations taken: those of all closed windows and of the open one. */
  readonly accepted: number;
  /** Observations refused, by reason; a reason that did not occur is absent. */
  readonly refused: Readonly<Partial<Record<MetricsErrorCode, number>>>;
  /** Metrics that are known. */
  readonly metrics: number;
  /** Series in memory, overflow series included. */
  readonly series: number;
  /** Series evicted since the start, because they were idle. */
  readonly evicted: number;
  /** Windows closed. */
  readonly windows: number;
  readonly sinks: readonly SinkStats[];
}
