import type { MetricSnapshot, MetricsSink } from "@aiokpl/metrics-core";
import type { ClauseName } from "./clause-name.ts";
import type { IntakeRequest } from "../intake/intake-request.ts";
import type { IntakeScript } from "../intake/intake-script.ts";
import type { IntakeServer } from "../intake/intake-server.ts";
import type { KeptByKind, ReceivedPoint } from "./received-totals.ts";

/** Defines a test, as `it` of vitest, node:test, mocha, jest and bun does. Those without `timeoutMs` ignore it. */
export interface DefineTest {
  (name: string, run: () => Promise<void>, timeoutMs: number): unknown;
  /** Shows a test that does not run. */
  readonly skip?: (name: string, run: () => Promise<void>) => unknown;
}

/** What a vendor's end may do wrong, in no vendor's terms. */
export type VendorFault =
  | "refuse"
  | "reset"
  | "hang"
  | "throttle"
  | "client-error"
  | "server-error"
  | "garbage"
  | "cut-short"
  | "stranger";

/**
 * How the vendor answers, in its own terms. A validating vendor is a function as `ok`, that answers
 * 4xx to what it refuses.
 */
export type VendorAnswers = {
  /** To a request that it takes. */
  readonly ok: IntakeScript;
} & {
  /**
   * To a request under a fault. Defaults: `throttle` 429 with `retry-after: 1`, `client-error` 400,
   * `server-error` 503, `garbage` bytes that are not HTTP, `cut-short` a 200 whose body ends early,
   * `stranger` a 200 with a page of HTML, as a captive portal gives it.
   */
  readonly [fault in Exclude<VendorFault, "refuse" | "hang">]?: IntakeScript | undefined;
};

/** Where a sink under test delivers to; fresh for each clause. */
export interface VendorEnd {
  /** The intake's address. */
  readonly url: string;
  /** The scripted intake; scripts are the kit's business. */
  readonly intake: IntakeServer;
  /** What was written to the console, stdout and stderr since the clause began, call by call. */
  readonly written: readonly string[];
}

/** A vendor's end after deliveries. */
export interface UsedVendorEnd<Sink extends MetricsSink = MetricsSink> extends VendorEnd {
  readonly sink: Sink;
  /** The requests to take as stored by the vendor. Look at these, not at the intake's own list. */
  readonly requests: readonly IntakeRequest[];
}

/** A sink that was given a client, and how that client fares. */
export interface InjectedSink {
  readonly sink: MetricsSink;
  /** Whether the client can still be used. */
  isOpen(): boolean | Promise<boolean>;
  /** Closes the client, after the clause. */
  dispose?(): void | Promise<void>;
}

/** What the contract needs to know of a sink. */
export interface SinkContractOptions<Sink extends MetricsSink = MetricsSink> {
  /** The test runner's. */
  readonly describe: (name: string, define: () => void) => unknown;
  /** The test runner's. */
  readonly it: DefineTest;
  /** Names the sink in the tests and their messages. */
  readonly name: string;
  /** Makes a sink that delivers to this end. Called once or more for each clause. */
  create(end: VendorEnd): Sink | Promise<Sink>;
  /**
   * What the vendor's end got. Left out: what is told delivered is taken on trust, and the clauses
   * that prove it are skipped.
   */
  received?(end: UsedVendorEnd<Sink>): readonly ReceivedPoint[] | Promise<readonly ReceivedPoint[]>;
  /** How the vendor answers. Left out: the sink has no network end, and the clauses about one are skipped. */
  readonly answers?: VendorAnswers | undefined;
  /** What the vendor's form keeps of a snapshot. @default count, sum, min and max of every kind */
  readonly keeps?: KeptByKind | undefined;
  /** The name that a snapshot which `export` was given has at the vendor's end. @default its own */
  nameAtVendor?(name: string): string;
  /** How many times `prepare` counts this series: more than once with overlapping roll-ups. @default 1 */
  timesPrepared?(snapshot: MetricSnapshot): number;
  /** False where the sink can't learn what was delivered; must be what the sink says. @default true */
  readonly acknowledges?: boolean | undefined;
  /** Snapshots that the vendor's end refuses, each for itself; `answers.ok` must refuse them too, unless the sink does. Not for sinks that live on `record`. */
  readonly unacceptable?: readonly MetricSnapshot[] | undefined;
  /** Makes a sink whose `open` rejects. */
  createUnopenable?(end: VendorEnd): MetricsSink | Promise<MetricsSink>;
  /** Makes a sink with a client that is not its own. */
  createInjected?(end: VendorEnd): InjectedSink | Promise<InjectedSink>;
  /** True: no connection may be left after `close`, not even an idle one. For sinks with a client of their own. @default false */
  readonly closesConnections?: boolean | undefined;
  /** True where writing to the console is the sink's job. @default false */
  readonly writesToConsole?: boolean | undefined;
  /** How many snapshots are many; more than the vendor takes in one request. @default 12_000 */
  readonly many?: number | undefined;
  /** How far a sum may be off, relative to Σ |value|. @default 1e-9 */
  readonly tolerance?: number | undefined;
  /** How soon a sink must settle once its signal has aborted, in milliseconds. @default 1_000 */
  readonly graceMs?: number | undefined;
  /** After what time an export to a faulty end is aborted, in milliseconds. @default 2_000 */
  readonly exportTimeoutMs?: number | undefined;
  /** Clauses that do not hold for this sink, each with the reason; shown as skipped. */
  readonly skip?: { readonly [clause in ClauseName]?: string | undefined } | undefined;
}
