import type { IntakeRequest } from "./intake-request.ts";

/**
 * How the intake answers one request. Parts combine: `{ status: 202, delayMs: 50, reset: "mid-body" }`
 * waits, then sends the head and half of the body, then resets the connection. `hang` and `garbage`
 * rule out the rest, save `delayMs`.
 */
export interface IntakeAnswer {
  /** @default 200 */
  readonly status?: number | undefined;
  /** Sent as it is; a string as UTF-8. @default "" */
  readonly body?: string | Uint8Array | undefined;
  /** Added to `content-length`, which the intake sets itself. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Waits this long before anything of the answer, in milliseconds. @default 0 */
  readonly delayMs?: number | undefined;
  /** Never answers, and keeps the connection open until the client or `close()` ends it. */
  readonly hang?: true | undefined;
  /**
   * Resets the connection (RST): before the first byte of the answer; after the head; after half of
   * the body. The request was read in full, so a vendor may have stored it.
   */
  readonly reset?: "before" | "after-headers" | "mid-body" | undefined;
  /** Promises the whole body in `content-length`, sends only this many bytes of it, and ends the connection. */
  readonly truncate?: number | undefined;
  /** Sends the body in pieces of `bytes`, at least 1, one each `everyMs` milliseconds. */
  readonly drip?: { readonly bytes: number; readonly everyMs: number } | undefined;
  /** Sends this in place of HTTP, and ends the connection. */
  readonly garbage?: string | undefined;
}

/**
 * What the intake answers, request by request: one answer for all; a list, of which the last one
 * repeats when it is used up; or a function of the request and its index under this script, from 0.
 * An empty list answers 200 with an empty body, a script that is wrong or throws 500.
 */
export type IntakeScript =
  | IntakeAnswer
  | readonly IntakeAnswer[]
  | ((request: IntakeRequest, index: number) => IntakeAnswer | Promise<IntakeAnswer>);

/** The script's answer to the request with this index. */
export async function answerOf(
  script: IntakeScript,
  request: IntakeRequest,
  index: number,
): Promise<IntakeAnswer> {
  if (typeof script === "function") return script(request, index);
  if (isList(script)) return script[Math.min(index, script.length - 1)] ?? {};
  return script;
}

function isList(script: IntakeAnswer | readonly IntakeAnswer[]): script is readonly IntakeAnswer[] {
  return Array.isArray(script);
}
