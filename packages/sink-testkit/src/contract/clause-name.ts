/**
 * The clauses of the sink contract. The tests have these names; so do the keys of
 * {@link SinkContractOptions.skip}.
 */
export type ClauseName =
  // Lifecycle
  | "opens, delivers and closes"
  | "declares sensible settings"
  | "may be closed twice"
  | "may be closed without having been opened"
  | "closes when its signal has already aborted"
  | "closes while an export is in flight"
  | "reports what becomes of an export after close"
  | "opens again after a failed open"
  | "closes after a failed open"
  | "opens while the vendor can't be reached, or once it can be reached again"
  | "leaves no handle open"
  | "leaves no handle open after an aborted export"
  | "closes its own connections"
  | "leaves an injected client open"
  | "writes nothing to the console"
  | "shows no secret"
  // Recording
  | "records synchronously, before it is opened too"
  | "records through record() what it records through bind()"
  | "takes a value with a count as so many values"
  | "does not keep the caller's async context"
  // Preparation
  | "prepares synchronously, before it is opened too"
  | "prepares deltas that conserve count and sum"
  | "prepares valid snapshots, each series once"
  | "prepares a window in parts as it would at once"
  | "does not change the arrays it is given"
  | "does not write to a snapshot or its histogram"
  // Data
  | "takes empty exports"
  | "takes every kind and unit"
  | "takes zero and negative values"
  | "takes huge and tiny values, or rejects them with a reason"
  | "takes many snapshots"
  | "takes many windows in one export"
  | "takes window after window"
  | "delivers exactly once what it reports as delivered"
  | "keeps the series of a metric apart"
  | "keeps the counts at thresholds"
  // What a vendor can't take
  | "takes or rejects awkward names, and delivers the rest"
  | "takes or rejects awkward dimensions, and delivers the rest"
  | "rejects what the vendor refuses, and delivers the rest"
  // Faults
  | "survives refused connections"
  | "survives a reset connection"
  | "survives throttling"
  | "survives client errors"
  | "survives server errors"
  | "survives answers that are not HTTP"
  | "survives a reset part-way"
  | "survives throttling part-way"
  | "survives client errors part-way"
  | "survives server errors part-way"
  | "survives answers that are not HTTP part-way"
  | "survives every fault in turn"
  | "survives an answer cut short"
  | "survives a stranger's answer"
  | "waits for a slow vendor"
  // Aborting
  | "stops promptly when aborted in flight"
  | "stops promptly when aborted part-way"
  | "settles when its signal has already aborted";
