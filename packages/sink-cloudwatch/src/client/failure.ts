import { type BatchFailure, neverArrived } from "@aiokpl/metrics-core/sink";

/** What a failed request means for its datums, and whether the credentials were at fault. */
export type Failure = BatchFailure & { readonly credentials?: boolean };

const TOO_LARGE = /^RequestEntityTooLarge|^RequestTooLarge|^PayloadTooLarge/;

const THROTTLED =
  /^(Throttl|TooManyRequests|RequestLimitExceeded|RequestThrottled|LimitExceeded|SlowDown|BandwidthLimitExceeded|PriorRequestNotComplete)/;

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CommonErrors.html */
const CREDENTIALS =
  /^(AccessDenied|AuthFailure|Credentials|ExpiredToken|RequestExpired|RequestInTheFuture|IncompleteSignature|InvalidClientTokenId|InvalidSignature|InvalidAccessKeyId|InvalidToken|MissingAuthenticationToken|NotAuthorized|OptInRequired|SignatureDoesNotMatch|RequestTimeTooSkewed|TokenProviderError|TokenRefreshRequired|UnauthorizedOperation|UnrecognizedClient)/;

const INVALID =
  /^(InvalidParameter|MissingParameter|MissingRequiredParameter|MalformedInput|MalformedQueryString|InvalidQueryParameter|Serialization|Validation|InvalidFormat)/;

/** A refused namespace is a refused setting; no datum is at fault. */
const NAMESPACE = /\bnamespace\b/i;

const SIGNATURE = /^(SignatureDoesNotMatch|InvalidSignature|IncompleteSignature)/;

const CONNECTION_TIMED_OUT = /did not establish a connection/;

/**
 * What an error of the SDK means. Names differ by protocol and by whether an error is modelled, so
 * the name, the code and the status are all looked at. Only what says that the data is at fault is
 * held against the data: anything else keeps it.
 *
 * @param isSent whether the request may have left the SDK
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html
 */
export function toFailure(thrown: unknown, isSent: boolean): Failure {
  const error = legible(thrown);
  const { name, code, Code, $metadata, $response } = error as SdkError;
  const status = $metadata?.httpStatusCode ?? $response?.statusCode;
  const is = (pattern: RegExp): boolean =>
    [name, code, Code].some((each) => pattern.test(String(each)));
  const notNow = (credentials = false): Failure => {
    const retryAfterMs = retryAfter($response?.headers);
    return { means: "not-now", error, credentials, retryAfterMs };
  };
  if (status === 413 || is(TOO_LARGE)) return { means: "too-large", error };
  if (status === 429 || is(THROTTLED)) return notNow();
  if (is(CREDENTIALS)) return notNow(true);
  if (status === undefined) {
    const isConnected = !neverArrived(error) && !CONNECTION_TIMED_OUT.test(error.message);
    return isSent && isConnected ? { means: "unknown", error } : notNow();
  }
  // 503 says that it did nothing; 500, 502 and 504 can't know what became of the request behind them.
  if (status < 400) return { means: "unknown", error };
  if (status >= 500) return status === 503 ? notNow() : { means: "unknown", error };
  const positions = positionsIn(error.message);
  const isOfData = is(INVALID) && !NAMESPACE.test(error.message);
  if (status === 400 && (isOfData || positions.length > 0))
    return { means: "invalid", error, positions };
  return notNow(status === 401 || status === 403);
}

/**
 * What CloudWatch says of a request that it took all the same; undefined for nothing.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html
 */
export function failureMessage(response: unknown): string | undefined {
  const answer = response as SdkError["$response"];
  return answer?.headers?.["x-amzn-failure-message"];
}

/** What was thrown as an error; where the answer was none of AWS's, in words that say so. */
function legible(thrown: unknown): Error {
  if (!(thrown instanceof Error)) return new Error(String(thrown), { cause: thrown });
  const { name, $metadata, $response } = thrown as SdkError;
  const status = $response?.statusCode ?? $metadata?.httpStatusCode;
  // What AWS says after the first line is what we signed, session token included.
  if (SIGNATURE.test(name))
    return Object.assign(new Error(thrown.message.split("\n", 1)[0]), {
      name,
      $metadata,
      $response,
    });
  if (name !== "SyntaxError" || status === undefined) return thrown;
  const message = `answered ${status} with something that is not CloudWatch's: is the endpoint right?`;
  return Object.assign(new Error(message, { cause: thrown }), { name, $metadata, $response });
}

interface SdkError extends Error {
  readonly code?: unknown;
  readonly Code?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $response?: {
    readonly statusCode?: number;
    readonly headers?: Readonly<Record<string, string>>;
  };
}

/** The positions that a message names, from 0; AWS counts from 1, and may name several. */
function positionsIn(message: string): readonly number[] {
  const named = [...message.matchAll(/MetricData\.member\.(\d+)/g)].map(
    (match) => Number(match[1]) - 1,
  );
  return [...new Set(named)].filter((position) => position >= 0).sort((a, b) => a - b);
}

/** In milliseconds from now; undefined where the service asks for no delay that can be understood. */
function retryAfter(headers: Readonly<Record<string, string>> = {}): number | undefined {
  const { "retry-after": seconds = "", "x-amz-retry-after": milliseconds = "" } = headers;
  const delay = /^\d+$/.test(milliseconds)
    ? Number(milliseconds)
    : /^\d+$/.test(seconds)
      ? Number(seconds) * 1_000
      : Date.parse(seconds) - Date.now();
  return Number.isFinite(delay) ? Math.max(0, delay) : undefined;
}

/** A failure in a line: what AWS called it, and its words. */
export function wordsOf({ name, message }: Error): string {
  return name === "" || name === "Error" || name === "SyntaxError" || message.startsWith(name)
    ? message
    : `${name}: ${message}`;
}
