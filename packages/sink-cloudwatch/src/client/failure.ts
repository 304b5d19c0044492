import {
  type BatchFailure,
  neverArrived,
  printable,
  safeError,
  type SecretMask,
  show,
} from "@aiokpl/metrics-core/sink";
import { type Answer, answerIn, describeAnswer, statedError } from "./answer.ts";
import type { Progress } from "./progress.ts";

/** What a failed request means for its datums, and which setting was at fault, where one was. */
export type Failure = BatchFailure & { readonly suspect?: Suspect | undefined };

/** The setting that CloudWatch refused. */
export type Suspect = "credentials" | "expired token";

const TOO_LARGE = /^RequestEntityTooLarge|^RequestTooLarge|^PayloadTooLarge/;

const THROTTLED =
  /^(Throttl|TooManyRequests|RequestLimitExceeded|RequestThrottled|LimitExceeded|SlowDown|BandwidthLimitExceeded|PriorRequestNotComplete)/;

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CommonErrors.html */
const CREDENTIALS =
  /^(AccessDenied|AuthFailure|Credentials|ExpiredToken|RequestExpired|RequestInTheFuture|IncompleteSignature|InvalidClientTokenId|InvalidSignature|InvalidAccessKeyId|InvalidToken|MissingAuthenticationToken|NotAuthorized|OptInRequired|SignatureDoesNotMatch|RequestTimeTooSkewed|TokenProviderError|TokenRefreshRequired|UnauthorizedOperation|UnrecognizedClient)/;

const EXPIRED_TOKEN = /^(ExpiredToken|TokenRefreshRequired)/;

const INVALID =
  /^(InvalidParameter|MissingParameter|MissingRequiredParameter|MalformedInput|MalformedQueryString|InvalidQueryParameter|Serialization|Validation|InvalidFormat)/;

/** A refused namespace is a refused setting; no datum is at fault. */
const NAMESPACE = /\bnamespace\b/i;

const SIGNATURE = /^(SignatureDoesNotMatch|InvalidSignature|IncompleteSignature)/;

/** How the SDK names an error of which it knows nothing. Older releases use the status instead. */
const UNNAMED = /^(Unknown|UnknownError|\d+|)$/;

/** The names of errors that the SDK ran into when it read an answer. */
const UNREAD = /^(Error|SyntaxError|TypeError|RangeError)$/;

/** What the SDK adds to an error that it ran into when it read an answer: advice for a debugger. */
const DEBUGGING_ADVICE = "Deserialization error: to see the raw response";

const CONNECTION_TIMED_OUT = /did not establish a connection/;

/**
 * What the failure of a request means. Names differ by protocol, by release of the SDK and by whether
 * an error is modelled, so this looks at the name, the code and the status. Only an error that says
 * that the data is at fault counts against the data; after any other error the data is kept. The
 * failure's error is a copy that has nothing of the request or the response. Never throws.
 *
 * @param now in milliseconds since the epoch, for a delay that the service gives as a date
 * @param mask for what the error must not say
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html
 */
export function toFailure(
  thrown: unknown,
  progress: Progress,
  { now, mask }: { readonly now: number; readonly mask: SecretMask },
): Failure {
  try {
    const answer = progress.stage === "answered" ? progress.answer : answerIn(thrown);
    const failure = meaningOf(thrown, { answer, progress, now });
    const facts = {
      status: answer?.status,
      requestId: answer?.headers["x-amzn-requestid"],
      retryAfterMs: failure.means === "not-now" ? failure.retryAfterMs : undefined,
    };
    return { ...failure, error: safeError(failure.error, withoutAdvice(mask), facts) };
  } catch {
    // A getter of the program's error has thrown.
    const error = safeError(thrown, withoutAdvice(mask));
    return { means: progress.stage === "not sent" ? "not-now" : "unknown", error };
  }
}

/** A mask that also takes out the SDK's advice for a debugger, in each cause too. */
function withoutAdvice(secrets: SecretMask): SecretMask {
  return {
    mask(text, longest) {
      const end = text.indexOf(DEBUGGING_ADVICE);
      return secrets.mask(end < 0 ? text : text.slice(0, end).trimEnd(), longest);
    },
  };
}

function meaningOf(
  thrown: unknown,
  {
    answer,
    progress,
    now,
  }: {
    readonly answer: Answer | undefined;
    readonly progress: Progress;
    readonly now: number;
  },
): Failure {
  const error = withoutSignedText(explained(thrown, answer));
  const is = (pattern: RegExp): boolean => codesOf(error).some((code) => pattern.test(code));
  const notNow = (suspect?: Suspect): Failure => {
    const retryAfterMs = retryAfter(answer?.headers ?? {}, now);
    return { means: "not-now", error, suspect, retryAfterMs };
  };
  const status = answer?.status;
  if (status === 413 || is(TOO_LARGE)) return { means: "too-large", error };
  if (status === 429 || is(THROTTLED)) return notNow();
  if (is(CREDENTIALS)) return notNow(is(EXPIRED_TOKEN) ? "expired token" : "credentials");
  if (status === undefined) {
    const isConnected = !neverArrived(error) && !CONNECTION_TIMED_OUT.test(error.message);
    return progress.stage === "sent" && isConnected ? { means: "unknown", error } : notNow();
  }
  if (status < 300 || mayHaveBeenTaken(status)) return { means: "unknown", error };
  const positions = positionsIn(error.message);
  const isOfData = is(INVALID) && !NAMESPACE.test(error.message);
  if (status === 400 && (isOfData || positions.length > 0))
    return { means: "invalid", error, positions };
  return notNow(status === 401 || status === 403 ? "credentials" : undefined);
}

/**
 * What CloudWatch says of a request that it took all the same; undefined for nothing.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html
 */
export function failureMessage({ headers }: Answer): string | undefined {
  const message = headers["x-amzn-failure-message"];
  return message === undefined ? undefined : printable(message);
}

/** A failure in words: AWS's name for it, and its message. */
export function wordsOf({ name, message }: Error): string {
  return name === "" || name === "Error" || message.startsWith(name)
    ? message
    : `${name}: ${message}`;
}

/**
 * 501, 503 and 505 say that the server did nothing. A server that answers 500, 502 or 504 can't
 * know what became of the request behind it.
 */
function mayHaveBeenTaken(status: number): boolean {
  return status >= 500 && status !== 501 && status !== 503 && status !== 505;
}

/**
 * What was thrown as an error that says what happened. The SDK's own error stays where the SDK
 * understood the answer. Where it did not, the answer is read here.
 */
function explained(thrown: unknown, answer: Answer | undefined): Error {
  if (answer === undefined)
    return thrown instanceof Error
      ? thrown
      : new Error(typeof thrown === "string" ? thrown : show(thrown));
  if (thrown instanceof Error && isUnderstood(thrown, answer)) return thrown;
  const { code, message } = statedError(answer);
  const said =
    code === undefined
      ? describeAnswer(answer, message)
      : (message ?? describeAnswer(answer, undefined));
  const error = new Error(said, { cause: thrown });
  return code === undefined ? error : Object.assign(error, { name: code });
}

/** Whether the error says what went wrong, rather than that the SDK failed to read the answer. */
function isUnderstood(error: Error, { status }: Answer): boolean {
  // An answer of success is only read for its end; a connection may break before that.
  if (status < 300) return error.name !== "SyntaxError";
  return (
    ![error.name, error.message].some((text) => UNNAMED.test(text)) && !UNREAD.test(error.name)
  );
}

/** Without what AWS says after the first line of a refused signature: that is what was signed, session token included. */
function withoutSignedText(error: Error): Error {
  const { name, message } = error;
  if (!SIGNATURE.test(name)) return error;
  return Object.assign(new Error(message.split("\n", 1)[0]), { name });
}

function codesOf(error: Error): readonly string[] {
  const codes = [error.name];
  if ("code" in error) codes.push(String(error.code));
  if ("Code" in error) codes.push(String(error.Code));
  return codes;
}

/** The positions that a message names, from 0; AWS counts from 1, and may name several. */
function positionsIn(message: string): readonly number[] {
  const named = [...message.matchAll(/MetricData\.member\.(\d+)/g)].map(
    (match) => Number(match[1]) - 1,
  );
  return [...new Set(named)].filter((position) => position >= 0).sort((a, b) => a - b);
}

/** In milliseconds from now; undefined where the service asks for no delay that can be understood. */
function retryAfter(headers: Readonly<Record<string, string>>, now: number): number | undefined {
  const { "retry-after": seconds = "", "x-amz-retry-after": milliseconds = "" } = headers;
  const delay = /^\d+$/.test(milliseconds)
    ? Number(milliseconds)
    : /^\d+$/.test(seconds)
      ? Number(seconds) * 1_000
      : Date.parse(seconds) - now;
  return Number.isFinite(delay) ? Math.max(0, delay) : undefined;
}
