import type { Clock } from "@aiokpl/metrics-core";

/** How a contender records what happens in the service. */
export interface Instrumentation {
  /** Records that a request begins: one more is in flight. */
  began(): void;
  /** Records that a request ended: three recordings, so four for each request. */
  ended(request: EndedRequest): void;
  /** Counts one for a customer, which is a series of its own. */
  customer(id: string): void;
  /** Exports what was recorded, and resolves once it was answered. */
  flush(): Promise<unknown>;
  /** Exports the rest, and stops. */
  close(): Promise<unknown>;
  /** Where its page is scraped, if it is. */
  readonly page?: string;
}

/** What is known of a request at its end. */
export interface EndedRequest {
  readonly method: string;
  /** The template, such as `/orders/:id`. */
  readonly route: string;
  readonly status: number;
  readonly ms: number;
}

/** How a contender is to be set up. */
export interface InstrumentationOptions {
  /** Where the receiver of its protocol is. */
  readonly receiver: { readonly url: string; readonly port: number };
  readonly exportIntervalMs: number;
  /** The most series of a metric. @default the library's own limit */
  readonly maxSeries?: number | undefined;
  /** @default the system's clock. Peers have none. */
  readonly clock?: Clock | undefined;
}

/**
 * The protocols that the receiver understands. At Datadog the last write to a series' second wins, which our sink
 * counts on. Its other clients flush seconds apart, so the receiver adds up what they send ("added").
 */
export type Protocol =
  | "otlp"
  | "datadog"
  | "datadog added"
  | "cloudwatch"
  | "dogstatsd"
  | "emf"
  | "prometheus";

/** A way to measure the service: without metrics, with a peer as its documentation recommends, or with a sink of ours. */
export interface Variant {
  /** Absent if nothing is sent. */
  readonly protocol?: Protocol;
  setUp(options: InstrumentationOptions): Promise<Instrumentation>;
}
