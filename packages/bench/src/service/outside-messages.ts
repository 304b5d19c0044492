import type { Protocol } from "./instrumentation.ts";
import type { ReceivedTotals } from "./received-totals.ts";

/** Requests at a fixed rate, whatever the answers take. */
export interface Load {
  readonly port: number;
  readonly perSecond: number;
  readonly requests: number;
  /** The number of the first request, which decides its path. */
  readonly from: number;
}

/** How the requests were answered. */
export interface LoadResult {
  readonly p50: number;
  readonly p99: number;
  readonly answered: number;
}

/** What the process outside of the service is asked. */
export type OutsideRequest =
  | { readonly ask: "load"; readonly load: Load }
  | { readonly ask: "scrape"; readonly page: string }
  | { readonly ask: "totals"; readonly protocol: Protocol };

/** What it answers; the first message of all is where the receiver is. */
export type OutsideAnswer =
  | { readonly url: string; readonly port: number }
  | { readonly load: LoadResult }
  | { readonly scraped: number }
  | { readonly totals: ReceivedTotals }
  | { readonly failed: string };
