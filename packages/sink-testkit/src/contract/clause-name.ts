/**
 * The clauses of the sink contract, as the tests are named; also the keys of
 * {@link SinkContractOptions.skip}.
 */
export type ClauseName =
  // Lifecycle
  | "opens, delivers and closes"
  | "declares sensible settings"
  | "may be closed twice"
  | "may be closed without having been opened"
  | "closes though its signal has aborted"
  | "closes while an export is in flight"
  | "loses nothing silently in an export after close"
  | "opens again after a failed open"
  | "closes after a failed open"
  | "opens while the vendor can't be reached, or when it can be again"
  | "leaves no handle open"
  | "leaves no handle open after an aborted export"
  | "closes its own connections"
  | "leaves an injected client open"
  | "writes nothing to the console"
  // Preparation
  | "prepares synchronously, before it is opened too"
  | "prepares deltas that conserve count and sum"
  | "does not mutate what it is given"
  // Data
  | "takes empty exports"
  | "takes every kind and unit"
  | "takes zero and negative values"
  | "takes huge and tiny values, or rejects them with a reason"
  | "takes many snapshots"
  | "takes many windows in one export"
  | "takes window after window"
  | "delivers what it tells delivered, exactly once"
  | "keeps the series of a metric apart"
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
  // Abort
  | "stops promptly when aborted in flight"
  | "stops promptly when aborted part-way"
  | "takes a signal that has aborted already";
