import type { SinkFlushResult } from "./delivery-ledger.ts";

/** What became of the snapshots that were pending when `flush` or `close` was called, over all sinks. */
export interface FlushResult {
  /** True if all were delivered. */
  readonly ok: boolean;
  /** In snapshots, as `rejected` and `pending`; with several sinks each counts its own. */
  readonly delivered: number;
  /** Never will be: the vendor, or their age, rules it out. */
  readonly rejected: number;
  /** Not delivered yet. After `close()` these are lost. */
  readonly pending: number;
  /** The same of each sink. */
  readonly sinks: readonly SinkFlushResult[];
}

/** The results of all sinks as one. */
export function totalOf(sinks: readonly SinkFlushResult[]): FlushResult {
  const sum = (part: "delivered" | "rejected" | "pending"): number =>
    sinks.reduce((all, sink) => all + sink[part], 0);
  const [delivered, rejected, pending] = [sum("delivered"), sum("rejected"), sum("pending")];
  return { ok: rejected === 0 && pending === 0, delivered, rejected, pending, sinks };
}
