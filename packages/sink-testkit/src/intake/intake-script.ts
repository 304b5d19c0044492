import type { IntakeRequest } from "./intake-request.ts";

/**
 * How the intake answers one request. The parts combine: `{ status: 202, delayMs: 50, reset: "mid-body" }`
 * waits, then sends the head and half of the body, then resets the connection. With `hang` or
 * `garbage`, only `delayMs` has an effect besides.
 */
export interface IntakeAnswer {
  /** @default 200 */
  readonly status?: number | undefined;
  /** The body. A string is sent as UTF-8. @default "" */
  readonly body?: string | Uint8Array | undefined;
  /** Headers in addition to `content-length`, which the intake sets itself. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** How long to wait before the first byte of the answer, in milliseconds. @default 0 */
  readonly delayMs?: number | undefined;
  /** Never answer. The connection stays open until the client or `close()` ends it. */
  readonly hang?: true | undefined;
  /**
   * Reset the connection (RST) before the first byte of the answer, after the head, or after half of
   * the body. The request has been read completely, so a vendor may have stored it.
   */
  readonly reset?: "before" | "after-headers" | "mid-body" | undefined;
  /** Send only this many bytes of the body, fewer than `content-length` says, and end the connection. */
  readonly truncate?: number | undefined;
  /** Send the body in pieces of `bytes` (at least 1), one every `everyMs` milliseconds. */
  readonly drip?: { readonly bytes: number; readonly everyMs: number } | undefined;
  /** Send these bytes in place of an HTTP answer, and end the connection. */
  readonly garbage?: string | undefined;
}

/**
 * What the intake answers: one answer for all requests, a list of answers of which the last one
 * repeats, or a function of the request and its index under this script, from 0. An empty list
 * answers 200 with an empty body. A script that throws, or makes an impossible answer, answers 500.
 */
export type IntakeScript =
  | IntakeAnswer
  | readonly IntakeAnswer[]
  | ((request: IntakeRequest, index: number) => IntakeAnswer | Promise<IntakeAnswer>);

/** Returns the script's answer to the request with this index. */
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
