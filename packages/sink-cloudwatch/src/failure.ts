import type { BatchFailure } from "@aiokpl/metrics-core/sink";

/** What a failed request means for its datums, and whether the credentials were at fault. */
export type Failure = BatchFailure & { readonly credentials?: boolean };

const TOO_LARGE = /^RequestEntityTooLarge|^RequestTooLarge|^PayloadTooLarge/;

const THROTTLED =
  /^(Throttl|TooManyRequests|RequestLimitExceeded|RequestThrottled|LimitExceeded|SlowDown|BandwidthLimitExceeded|PriorRequestNotComplete)/;

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CommonErrors.html */
const CREDENTIALS =
  /^(AccessDenied|Credentials|ExpiredToken|RequestExpired|IncompleteSignature|InvalidClientTokenId|InvalidSignature|InvalidAccessKeyId|InvalidToken|MissingAuthenticationToken|NotAuthorized|OptInRequired|SignatureDoesNotMatch|RequestTimeTooSkewed|TokenProviderError|TokenRefreshRequired|UnauthorizedOperation|UnrecognizedClient)/;

const INVALID =
  /^(InvalidParameter|MissingParameter|MissingRequiredParameter|MalformedInput|MalformedQueryString|InvalidQueryParameter|Serialization|Validation|InvalidFormat)/;

/** Of these the request can't have reached the service. */
const NEVER_SENT =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|CERT_|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT|UNABLE_TO_|ERR_TLS_)/;

const CONNECTION_TIMED_OUT = /did not establish a connection/;

/**
 * What an error of the SDK means. Names differ by protocol and by whether an error is modelled, so
 * the name, the code and the status are all looked at.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html
 */
export function toFailure(thrown: unknown): Failure {
  const error = legible(thrown);
  const { name, code, Code, $metadata, $response } = error as SdkError;
  const status = $metadata?.httpStatusCode ?? $response?.statusCode;
  const is = (pattern: RegExp): boolean =>
    [name, code, Code].some((each) => pattern.test(String(each)));
  const notNow = (credentials = false): Failure => {
    const retryAfterMs = retryAfter($response?.headers?.["retry-after"]);
    return { means: "not-now", error, credentials, retryAfterMs };
  };
  if (status === 413 || is(TOO_LARGE)) return { means: "too-large", error };
  if (status === 429 || is(THROTTLED)) return notNow();
  if (is(CREDENTIALS)) return notNow(true);
  if (status === undefined) {
    const isNeverSent =
      is(NEVER_SENT) || CONNECTION_TIMED_OUT.test(error.message) || isRegionMissing(error);
    return isNeverSent ? notNow() : { means: "unknown", error };
  }
  // 503 says that it did nothing; 500, 502 and 504 can't know what became of the request behind them.
  if (status < 400) return { means: "unknown", error };
  if (status >= 500) return status === 503 ? notNow() : { means: "unknown", error };
  if (status === 400 && (is(INVALID) || name !== "SyntaxError"))
    return { means: "invalid", error, positions: positionsIn(error.message) };
  return notNow(status === 401 || status === 403);
}

/** What was thrown as an error; where the answer was none of AWS's, in words that say so. */
function legible(thrown: unknown): Error {
  if (!(thrown instanceof Error)) return new Error(String(thrown), { cause: thrown });
  const { name, $metadata, $response } = thrown as SdkError;
  const status = $response?.statusCode ?? $metadata?.httpStatusCode;
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

function isRegionMissing(error: Error): boolean {
  return error.message.startsWith("Region is missing");
}

/** The positions that a message names, from 0; AWS counts from 1, and may name several. */
function positionsIn(message: string): readonly number[] {
  const named = [...message.matchAll(/MetricData\.member\.(\d+)/g)].map(
    (match) => Number(match[1]) - 1,
  );
  return [...new Set(named)].filter((position) => position >= 0).sort((a, b) => a - b);
}

/** Seconds, or a date, in milliseconds from now; undefined for anything else. */
function retryAfter(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const milliseconds = /^\d+$/.test(header)
    ? Number(header) * 1_000
    : Date.parse(header) - Date.now();
  return Number.isFinite(milliseconds) ? Math.max(0, milliseconds) : undefined;
}

/** A failure in a line: what AWS called it, and its words. */
export function wordsOf({ name, message }: Error): string {
  return name === "" || name === "Error" || name === "SyntaxError" || message.startsWith(name)
    ? message
    : `${name}: ${message}`;
}
