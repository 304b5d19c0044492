import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { promisify } from "node:util";
import { deflate, deflateSync, gzip, gzipSync } from "node:zlib";
import {
  maskedExcerpt,
  neverArrived,
  type SafeError,
  safeError,
  type SecretMask,
  withoutTracing,
} from "@aiokpl/metrics-core/sink";
import type { BodyBytes } from "../mapping/request-body.ts";
import { type Exchange, exchange, NotConnectedError } from "./exchange.ts";
import { OversizedError, RefusedError, UnansweredError } from "./failure.ts";
import { type AnswerText, readAnswer } from "./read-answer.ts";
import { reasonOf } from "./reason-of.ts";

/** Most errors that are shown of one answer to a request that was taken. */
const MAX_ERRORS = 20;

/** The limits of a request, and the mask for what comes back. */
export interface RequestLimits {
  /** Applied to all that comes from outside, so that no error has the key. */
  readonly mask: SecretMask;
  /** Largest body before compression, in bytes. */
  readonly maxBytes: number;
  /** Largest body after compression, in bytes. */
  readonly maxCompressedBytes: number;
  /** Longest time from sending the request to the end of the answer, in milliseconds. */
  readonly timeoutMs: number;
}

/** A request as Datadog's client makes it, apart from its body. */
export interface ClientRequest {
  getUrl(): string;
  getHttpMethod(): string;
  getHeaders(): Record<string, string>;
}

/** The answer to a request that was taken. */
export interface Taken {
  /** What Datadog found wrong, though it took the request. */
  readonly errors: readonly string[];
  /** Datadog's time when it answered, in epoch milliseconds; undefined where the answer does not say. */
  readonly date: number | undefined;
}

// These are saved when this module is loaded, so that fake timers of a test can't stop an export.
const setTimer = setTimeout;
const clearTimer = clearTimeout;

/**
 * Up to this many bytes a body is compressed at once, in under half a millisecond. A thread for that
 * would cost the main thread more.
 */
const COMPRESSED_AT_ONCE = 16_384;

const compressors = {
  deflate: { atOnce: deflateSync, inThread: promisify(deflate) },
  gzip: { atOnce: gzipSync, inThread: promisify(gzip) },
};

/**
 * Sends a request that Datadog's client made, with this body, in place of the client's own HTTP.
 * Compresses large bodies outside the main thread, keeps to a time limit and prints nothing.
 *
 * @throws OversizedError, RefusedError or UnansweredError, naming the address and, where one came, the status
 */
export async function post(
  request: ClientRequest,
  body: BodyBytes,
  { limits, signal }: { readonly limits: RequestLimits; readonly signal: AbortSignal },
): Promise<Taken> {
  const compressed = await compressedBody(request, body, limits);
  if (signal.aborted) throw new UnansweredError("stopped before it was sent", { wasSent: false });
  const sent = sentRequest(request, compressed, limits.mask);
  let isLate = false;
  const timer = setTimer(() => {
    isLate = true;
    sent.stop(new Error(`it took longer than ${limits.timeoutMs} ms`));
  }, limits.timeoutMs);
  const stop = (): void => sent.stop(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await takenOf(sent, request.getUrl(), { ...limits, isLate: () => isLate });
  } finally {
    clearTimer(timer);
    signal.removeEventListener("abort", stop);
  }
}

function sentRequest(request: ClientRequest, body: BodyBytes, mask: SecretMask): Exchange {
  const url = request.getUrl();
  const outgoing = { url, method: request.getHttpMethod(), headers: request.getHeaders(), body };
  try {
    return withoutTracing(() => exchange(outgoing));
  } catch (error) {
    const cause = safeError(error, mask);
    throw new UnansweredError(`${addressOf(url)} could not be asked: ${reasonOf(cause)}`, {
      wasSent: false,
      cause,
    });
  }
}

async function takenOf(
  sent: Exchange,
  url: string,
  { mask, timeoutMs, isLate }: RequestLimits & { readonly isLate: () => boolean },
): Promise<Taken> {
  const failed = (what: string, error: SafeError): string =>
    isLate()
      ? `${addressOf(url)} ${what} within ${timeoutMs} ms`
      : `${addressOf(url)} ${what}: ${reasonOf(error)}`;
  let response: IncomingMessage;
  try {
    response = await sent.answer;
  } catch (error) {
    const isConnected = !(error instanceof NotConnectedError);
    const cause = safeError(isConnected ? error : error.cause, mask);
    const what = isConnected || !isLate() ? "did not answer" : "could not be connected to";
    throw new UnansweredError(failed(what, cause), {
      wasSent: isConnected && !neverArrived(error),
      cause,
    });
  }
  let answer: AnswerText;
  try {
    answer = await readAnswer(response);
  } catch (error) {
    const status = statusOf(response);
    const cause = safeError(error, mask);
    const message = failed(`answered ${status}, and did not finish its answer`, cause);
    // The status alone says that Datadog did not take it.
    if (!isTaken(status)) throw new RefusedError(message, status, retryAfterMs(response.headers));
    throw new UnansweredError(message, { wasSent: true, cause });
  }
  return toTaken(response, answer, { url, mask });
}

/** What an error shows of a request's address. */
function addressOf(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}

async function compressedBody(
  request: ClientRequest,
  body: BodyBytes,
  { maxBytes, maxCompressedBytes }: RequestLimits,
): Promise<BodyBytes> {
  if (body.length > maxBytes)
    throw new OversizedError(`the request has ${body.length} bytes, at most ${maxBytes} are sent`);
  const encoding = request.getHeaders()["Content-Encoding"];
  if (encoding === undefined) return body;
  const { atOnce, inThread } = encoding === "gzip" ? compressors.gzip : compressors.deflate;
  const compressed = body.length <= COMPRESSED_AT_ONCE ? atOnce(body) : await inThread(body);
  if (compressed.length > maxCompressedBytes)
    throw new OversizedError(
      `the request has ${compressed.length} bytes when compressed, at most ${maxCompressedBytes} are sent`,
    );
  return compressed;
}

function toTaken(
  response: IncomingMessage,
  { text, isWhole }: AnswerText,
  { url, mask }: { readonly url: string; readonly mask: SecretMask },
): Taken {
  const { statusMessage = "", headers } = response;
  const status = statusOf(response);
  const answered = (): string => `${addressOf(url)} answered ${status}`;
  if (!isTaken(status))
    throw new RefusedError(
      `${answered()}${statusMessage && ` ${maskedExcerpt(statusMessage, mask, 100)}`}: ${maskedExcerpt(text, mask) || "no reason given"}`,
      status,
      retryAfterMs(headers),
    );
  const date = Date.parse((headers.date ?? "").slice(0, 100));
  return {
    errors:
      errorsIn(text, isWhole, mask) ??
      notDatadogs(`${answered()} with`, maskedExcerpt(text, mask, 100)),
    date: Number.isNaN(date) ? undefined : date,
  };
}

function statusOf({ statusCode = 0 }: IncomingMessage): number {
  return statusCode;
}

function isTaken(status: number): boolean {
  return status >= 200 && status < 300;
}

/** Returns what Datadog found wrong according to its answer, or undefined where that is not Datadog's. */
function errorsIn(text: string, isWhole: boolean, mask: SecretMask): string[] | undefined {
  // So much can only be errors, and whatever they say, the request was taken.
  if (!isWhole && text.startsWith('{"errors":')) return [maskedExcerpt(text, mask)];
  const answer = isWhole && text.trim() === "" ? {} : parsed(text);
  if (answer === undefined) return undefined;
  const errors: unknown[] = "errors" in answer && Array.isArray(answer.errors) ? answer.errors : [];
  return errors
    .slice(0, MAX_ERRORS)
    .map((each) =>
      typeof each === "string" ? maskedExcerpt(each, mask) : "an error that is no text",
    );
}

function notDatadogs(answered: string, excerpt: string): never {
  throw new UnansweredError(`${answered} something that is not Datadog's: ${excerpt}`, {
    wasSent: true,
  });
}

function parsed(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Returns the longest wait that a header asks for, in milliseconds. Ignores values that are no number of seconds. */
function retryAfterMs(headers: IncomingHttpHeaders): number | undefined {
  const seconds = ["retry-after", "x-ratelimit-reset"]
    .map((name) => String(headers[name] ?? ""))
    .filter((value) => /^\d{1,6}$/.test(value))
    .map(Number);
  return seconds.length === 0 ? undefined : Math.max(...seconds) * 1_000;
}
