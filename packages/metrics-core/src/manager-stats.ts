import type { SinkStats } from "./delivery/delivery-ledger.ts";
import type { MetricsErrorCode } from "./problems/metrics-error.ts";

/** What a manager has done so far. */
export interface ManagerStats {
  /** Observations that were recorded, in all closed windows and in the open one. */
  readonly accepted: number;
  /** Observations among them that no call made: held levels, and zeros of quiet counters, one for each series and window. */
  readonly held: number;
  /** Observations that were refused, by reason. A reason that did not occur is absent. */
  readonly refused: Readonly<Partial<Record<MetricsErrorCode, number>>>;
  /** Number of metrics, declared and undeclared. */
  readonly metrics: number;
  /** Number of series in memory, including overflow series. */
  readonly series: number;
  /** Number of series that were evicted since the start, because they were idle, or held a place that another series needed. */
  readonly evicted: number;
  /** Number of closed windows. */
  readonly windows: number;
  /** What became of the windows, for each sink, in the order of the options. */
  readonly sinks: readonly SinkStats[];
}
