import type { BatchFailure } from "@aiokpl/metrics-core/sink";

/** A request is larger than the limits say, and was not sent. */
export class OversizedError extends Error {}

/** Datadog's end answered, and did not take the request. */
export class RefusedError extends Error {
  readonly status: number;
  readonly retryAfterMs: number | undefined;

  constructor(message: string, status: number, retryAfterMs: number | undefined) {
    super(message);
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

/** No answer came, or none that Datadog would give. */
export class UnansweredError extends Error {
  /** False where the request can't have reached anybody. */
  readonly wasSent: boolean;

  constructor(message: string, { wasSent, cause }: { wasSent: boolean; cause?: unknown }) {
    super(message, { cause });
    this.wasSent = wasSent;
  }
}

/** What can't be put right by the sink is tried again after this long: it may be put right at Datadog. */
const PROBE_AFTER_MS = 60_000;

/** What a failed request means. */
export function toFailure(thrown: unknown): BatchFailure {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
  if (error instanceof OversizedError) return { means: "too-large", error };
  if (error instanceof UnansweredError)
    return error.wasSent ? { means: "unknown", error } : { means: "not-now", error };
  // The client itself did not take it.
  if (!(error instanceof RefusedError)) return { means: "invalid", error };
  const { status, retryAfterMs } = error;
  if (status === 413) return { means: "too-large", error };
  if (status === 400 || status === 422) return { means: "invalid", error };
  if (status === 408 || status === 425 || status === 429 || status === 503)
    return { means: "not-now", error, retryAfterMs };
  if (status >= 500 && status !== 501 && status !== 505) return { means: "unknown", error };
  return {
    means: "not-now",
    error,
    retryAfterMs: Math.max(retryAfterMs ?? 0, PROBE_AFTER_MS),
  };
}

/** Adds to an error what to check, where its status tells; else returns the error itself. */
export function withHint(error: Error): Error {
  const hint = error instanceof RefusedError ? hintOf(error.status) : undefined;
  return hint === undefined ? error : new Error(`${error.message}; ${hint}`, { cause: error });
}

function hintOf(status: number): string | undefined {
  if (status === 401 || status === 403)
    return "check that apiKey is an API key and belongs to the site";
  return status === 404 || (status >= 300 && status < 400) ? "check site and baseUrl" : undefined;
}
