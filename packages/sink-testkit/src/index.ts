/**
 * The contract that every metrics sink must pass, and what its tests need.
 *
 * @module
 */
export { describeSinkContract } from "./sink-contract.ts";
export type {
  DefineTest,
  InjectedSink,
  SinkContractOptions,
  UsedVendorEnd,
  VendorAnswers,
  VendorEnd,
  VendorFault,
} from "./sink-contract-options.ts";
export type { ClauseName } from "./clause-name.ts";
export { BrokenClause } from "./broken-clause.ts";
export type { Kept, KeptByKind, ReceivedPoint } from "./received-totals.ts";

export { startIntakeServer } from "./intake-server.ts";
export type { IntakeServer, IntakeServerOptions } from "./intake-server.ts";
export type { IntakeAnswer, IntakeScript } from "./intake-script.ts";
export type { IntakeOutcome, IntakeRequest } from "./intake-request.ts";
export { refusedUrl } from "./refused-url.ts";

export { exampleEvents, exampleSeries, exampleSnapshots } from "./example-snapshots.ts";
export type { ExampleOptions, ExampleSeries } from "./example-snapshots.ts";
export { ManualClock } from "@aiokpl/metrics-core/testing";
