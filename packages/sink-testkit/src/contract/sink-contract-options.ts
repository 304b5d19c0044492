import type { MetricSnapshot, MetricsSink } from "@aiokpl/metrics-core";
import type { ClauseName } from "./clause-name.ts";
import type { IntakeRequest } from "../intake/intake-request.ts";
import type { IntakeScript } from "../intake/intake-script.ts";
import type { IntakeServer } from "../intake/intake-server.ts";
import type { KeptByKind, ReceivedPoint } from "./received-totals.ts";

/** Defines a test, as `it` of vitest, node:test, mocha, jest and bun does. Runners that take no `timeoutMs` ignore it. */
export interface DefineTest {
  /** Defines a test that takes at most `timeoutMs` milliseconds. */
  (name: string, run: () => Promise<void>, timeoutMs: number): unknown;
  /** Shows a test that does not run. */
  readonly skip?: (name: string, run: () => Promise<void>) => unknown;
}

/** What can go wrong at the vendor's end, in terms that fit any vendor. */
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
 * How the vendor answers, in its own terms. For a vendor that validates requests, `ok` is a function
 * that answers 4xx to what the vendor refuses.
 */
export type VendorAnswers = {
  /** The answer to a request that the vendor accepts. */
  readonly ok: IntakeScript;
} & {
  /**
   * The answer under a fault. Defaults: `throttle` is 429 with `retry-after: 1`, `client-error` 400,
   * `server-error` 503, `garbage` bytes that are not HTTP, `cut-short` a 200 whose body ends early,
   * `stranger` a 200 with a page of HTML, as a network's sign-in page gives it.
   */
  readonly [fault in Exclude<VendorFault, "refuse" | "hang">]?: IntakeScript | undefined;
};

/** The vendor's end, to which a sink under test delivers. Each clause has a new one. */
export interface VendorEnd {
  /** The intake's address. */
  readonly url: string;
  /** The scripted intake. Only the kit changes its script. */
  readonly intake: IntakeServer;
  /** What was written to the console, stdout and stderr since the clause began, one entry for each call. */
  readonly written: readonly string[];
}

/** The vendor's end after the sink has delivered. */
export interface UsedVendorEnd<Sink extends MetricsSink = MetricsSink> extends VendorEnd {
  /** The sink that was used. */
  readonly sink: Sink;
  /** The requests that count as stored by the vendor. Use these and not the intake's own list. */
  readonly requests: readonly IntakeRequest[];
}

/** A sink that was given a client, and the state of that client. */
export interface InjectedSink {
  /** The sink that has the client. */
  readonly sink: MetricsSink;
  /** Whether the client can still be used. */
  isOpen(): boolean | Promise<boolean>;
  /** Closes the client, after the clause. */
  dispose?(): void | Promise<void>;
}

/** What the contract needs to know about a sink. */
export interface SinkContractOptions<Sink extends MetricsSink = MetricsSink> {
  /** `describe` of the test runner. */
  readonly describe: (name: string, define: () => void) => unknown;
  /** `it` of the test runner. */
  readonly it: DefineTest;
  /** The sink's name in tests and messages. */
  readonly name: string;
  /** Makes a sink that delivers to this end. Called at least once for each clause. */
  create(end: VendorEnd): Sink | Promise<Sink>;
  /**
   * Returns what the vendor received. Without it the kit believes the sink's reports of delivery, and
   * skips the clauses that prove them.
   */
  received?(end: UsedVendorEnd<Sink>): readonly ReceivedPoint[] | Promise<readonly ReceivedPoint[]>;
  /** How the vendor answers. Without it the sink counts as one without a network, and the clauses about the network are skipped. */
  readonly answers?: VendorAnswers | undefined;
  /** What the vendor's format keeps of a snapshot. @default count, sum, min and max of every kind */
  readonly keeps?: KeptByKind | undefined;
  /** Returns the vendor's name for a metric, given the name that `export` sees. @default the same name */
  nameAtVendor?(name: string): string;
  /** Returns how many times `prepare` counts this series: more than once with overlapping roll-ups. @default 1 */
  timesPrepared?(snapshot: MetricSnapshot): number;
  /** False if the sink can't know what was delivered. Must be what the sink itself says. @default true */
  readonly acknowledges?: boolean | undefined;
  /**
   * Snapshots that the vendor refuses, each by itself. `answers.ok` must refuse them too, unless the
   * sink does. Not for sinks that deliver through `record`.
   */
  readonly unacceptable?: readonly MetricSnapshot[] | undefined;
  /**
   * Keys, tokens and passwords that `create` gives to the sink, each of at least 8 characters. They
   * must not be in anything that the sink throws, returns or prints. Without them that clause is skipped.
   */
  readonly secrets?: readonly string[] | undefined;
  /** Makes a sink whose `open` rejects. */
  createUnopenable?(end: VendorEnd): MetricsSink | Promise<MetricsSink>;
  /** Makes a sink with a client that the sink does not own. */
  createInjected?(end: VendorEnd): InjectedSink | Promise<InjectedSink>;
  /** True if no connection may be left after `close`, not even an idle one. For sinks with their own client. @default false */
  readonly closesConnections?: boolean | undefined;
  /** True if it is the sink's job to write to the console. @default false */
  readonly writesToConsole?: boolean | undefined;
  /** How many snapshots the clauses with many snapshots use; more than fit in one request. @default 12_000 */
  readonly many?: number | undefined;
  /** How far a sum may be off, relative to Σ |value|. @default 1e-9 */
  readonly tolerance?: number | undefined;
  /** How soon a sink must settle after its signal has aborted, in milliseconds. @default 1_000 */
  readonly graceMs?: number | undefined;
  /** How long an export to a faulty vendor's end may take before it is aborted, in milliseconds. @default 2_000 */
  readonly exportTimeoutMs?: number | undefined;
  /** Clauses that do not apply to this sink, each with the reason. They show up as skipped. */
  readonly skip?: { readonly [clause in ClauseName]?: string | undefined } | undefined;
}
