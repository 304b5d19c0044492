import type { SinkFlushResult } from "./delivery-ledger.ts";

/**
 * What became of the snapshots that were pending when `flush` or `close` was called, for all sinks
 * together.
 */
export interface FlushResult {
  /** True if all were delivered. */
  readonly ok: boolean;
  /** Number of snapshots delivered. With several sinks, a snapshot counts once for each of them. */
  readonly delivered: number;
  /**
   * Number of snapshots that will never be delivered, because the vendor refused them or they are
   * too old.
   */
  readonly rejected: number;
  /** Number of snapshots that are not delivered yet. After `close()` these are lost. */
  readonly pending: number;
  /** The same figures for each sink. */
  readonly sinks: readonly SinkFlushResult[];
}

/** Adds up the results of all sinks. */
export function totalOf(sinks: readonly SinkFlushResult[]): FlushResult {
  let delivered = 0;
  let rejected = 0;
  let pending = 0;
  for (const sink of sinks) {
    delivered += sink.delivered;
    rejected += sink.rejected;
    pending += sink.pending;
  }
  return { ok: rejected === 0 && pending === 0, delivered, rejected, pending, sinks };
}
