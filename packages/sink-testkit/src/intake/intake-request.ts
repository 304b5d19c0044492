import type { IncomingHttpHeaders } from "node:http";

/**
 * What became of a request, from the intake's point of view.
 *
 * - `pending`: not answered yet, or hanging.
 * - `accepted`: answered completely, with a status of 2xx.
 * - `refused`: answered completely, with another status.
 * - `unknown`: received, but the client got no complete answer: it was reset, cut short or garbage, or the client left.
 */
export type IntakeOutcome = "pending" | "accepted" | "refused" | "unknown";

/** One request that the intake received completely. */
export interface IntakeRequest {
  /** The HTTP method, in upper case. */
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: IncomingHttpHeaders;
  /** The body as it was sent. */
  readonly rawBody: Uint8Array;
  /** The decoded body, or the raw body if it could not be decoded. */
  readonly body: Uint8Array;
  /** `body` as UTF-8. */
  readonly text: string;
  /** Why `body` could not be decoded. */
  readonly decodeError?: string;
  /** When the last byte arrived, in milliseconds since the epoch. */
  readonly receivedAt: number;
  /** What became of it so far. */
  readonly outcome: IntakeOutcome;
}
