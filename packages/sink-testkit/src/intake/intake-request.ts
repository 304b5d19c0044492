import type { IncomingHttpHeaders } from "node:http";

/**
 * What became of a request, as the intake saw it.
 *
 * - `pending`: not answered yet, or hanging.
 * - `accepted`: answered 2xx, in full.
 * - `refused`: answered with another status, in full.
 * - `unknown`: received, but the client got no whole answer: reset, truncated, garbage, or the client went away.
 */
export type IntakeOutcome = "pending" | "accepted" | "refused" | "unknown";

/** One request that the intake received in full. */
export interface IntakeRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: IncomingHttpHeaders;
  /** The body as it was sent. */
  readonly rawBody: Uint8Array;
  /** The body without its `content-encoding`; the raw one where that can't be undone. */
  readonly body: Uint8Array;
  /** `body` as UTF-8. */
  readonly text: string;
  /** Why `body` could not be decoded. */
  readonly decodeError?: string;
  /** When the last byte came, in milliseconds since the epoch. */
  readonly receivedAt: number;
  /** What became of it so far. */
  readonly outcome: IntakeOutcome;
}
