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
} from "./contract/sink-contract-options.ts";
export type { ClauseName } from "./contract/clause-name.ts";
export { BrokenClause } from "./contract/broken-clause.ts";
export type { Kept, KeptByKind, ReceivedPoint } from "./contract/received-totals.ts";

export { startIntakeServer } from "./intake/intake-server.ts";
export type { IntakeServer, IntakeServerOptions } from "./intake/intake-server.ts";
export type { IntakeAnswer, IntakeScript } from "./intake/intake-script.ts";
export type { IntakeOutcome, IntakeRequest } from "./intake/intake-request.ts";
export { refusedUrl } from "./intake/refused-url.ts";

export { exampleEvents, exampleSeries, exampleSnapshots } from "./examples/example-snapshots.ts";
export type {
  ExampleEventOptions,
  ExampleOptions,
  ExampleSeries,
} from "./examples/example-snapshots.ts";
export { ManualClock } from "@aiokpl/metrics-core/testing";
