import { promisify } from "node:util";
import { deflate, gzip } from "node:zlib";
import { neverArrived } from "@aiokpl/metrics-core/sink";
import { OversizedError, RefusedError, UnansweredError } from "./failure.ts";

/** What a request may be. */
export interface RequestLimits {
  /** In none of the errors, whatever the answer repeats. */
  readonly apiKey: string;
  /** Of the body, in bytes. */
  readonly maxBytes: number;
  /** Of the body as it is compressed, in bytes. */
  readonly maxCompressedBytes: number;
  /** From the first byte to the last of the answer, in milliseconds. */
  readonly timeoutMs: number;
}

/** A request as the client makes it. */
export interface ClientRequest {
  getUrl(): string;
  getHttpMethod(): string;
  getHeaders(): Record<string, string>;
  getBody(): unknown;
}

/** The answer to a request that was taken. */
export interface Taken {
  /** What Datadog found wrong all the same. */
  readonly errors: readonly string[];
  /** Datadog's time when it answered, in epoch milliseconds, where the answer has it. */
  readonly date: number | undefined;
}

const compressors = { deflate: promisify(deflate), gzip: promisify(gzip) };

/**
 * Sends what the client made, in place of its own HTTP: compressed outside the main thread, within a
 * time limit, without a word on the console.
 *
 * @throws OversizedError, RefusedError or UnansweredError
 */
export async function post(
  request: ClientRequest,
  { apiKey, maxBytes, maxCompressedBytes, timeoutMs }: RequestLimits,
  signal: AbortSignal,
): Promise<Taken> {
  const headers = request.getHeaders();
  const body = Buffer.from(String(request.getBody()));
  if (body.length > maxBytes)
    throw new OversizedError(`the request has ${body.length} bytes, at most ${maxBytes} are sent`);
  const compress = headers["Content-Encoding"] === "gzip" ? compressors.gzip : compressors.deflate;
  const compressed = await compress(body);
  if (compressed.length > maxCompressedBytes)
    throw new OversizedError(
      `the request has ${compressed.length} bytes when compressed, at most ${maxCompressedBytes} are sent`,
    );
  const timeout = AbortSignal.timeout(timeoutMs);
  const { origin } = new URL(request.getUrl());
  if (signal.aborted) throw new UnansweredError("stopped before it was sent", { wasSent: false });
  try {
    const response = await fetch(request.getUrl(), {
      method: request.getHttpMethod(),
      headers,
      body: new Uint8Array(compressed),
      // A redirect would be followed without the body.
      redirect: "manual",
      signal: AbortSignal.any([signal, timeout]),
    });
    const text = (await response.text()).replaceAll(apiKey, "(API key)");
    return toTaken(response, text, origin);
  } catch (error) {
    if (error instanceof RefusedError || error instanceof UnansweredError) throw error;
    if (timeout.aborted && !signal.aborted)
      throw new UnansweredError(`${origin} did not answer within ${timeoutMs} ms`, {
        wasSent: true,
        cause: error,
      });
    throw new UnansweredError(`${origin}: ${reasonOf(error)}`, {
      wasSent: !neverArrived(error),
      cause: error,
    });
  }
}

function toTaken(response: Response, text: string, origin: string): Taken {
  const { status, headers } = response;
  if (status < 200 || status > 299)
    throw new RefusedError(
      `${origin} answered ${status}${response.statusText && ` ${response.statusText}`}: ${text.slice(0, 500) || "no reason given"}`,
      status,
      retryAfterMs(headers),
    );
  const answer = text.trim() === "" ? {} : parsed(text);
  if (answer === undefined)
    throw new UnansweredError(
      `${origin} answered ${status} with something that is not Datadog's: ${text.slice(0, 100)}`,
      { wasSent: true },
    );
  const date = Date.parse(headers.get("date") ?? "");
  return {
    errors: "errors" in answer && Array.isArray(answer.errors) ? answer.errors.map(String) : [],
    date: Number.isNaN(date) ? undefined : date,
  };
}

function parsed(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The longest that any header asks for; what is no number of seconds is not taken for one. */
function retryAfterMs(headers: Headers): number | undefined {
  const seconds = ["retry-after", "x-ratelimit-reset"]
    .map((name) => headers.get(name) ?? "")
    .filter((value) => /^\d{1,6}$/.test(value))
    .map(Number);
  return seconds.length === 0 ? undefined : Math.max(...seconds) * 1_000;
}

/** The system's code and words, which fetch hides in a cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause !== undefined) return reasonOf(error.cause);
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  return code === "" || error.message.startsWith(code) ? error.message : `${code} ${error.message}`;
}
