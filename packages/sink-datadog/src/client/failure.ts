import type { BatchFailure } from "@aiokpl/metrics-core/sink";

/** A request exceeded a size limit and was not sent. */
export class OversizedError extends Error {}

/** An answer came with a status other than 2xx: the request was refused. */
export class RefusedError extends Error {
  readonly status: number;
  readonly retryAfterMs: number | undefined;

  constructor(message: string, status: number, retryAfterMs: number | undefined) {
    super(message);
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

/** No answer came, or one that is not Datadog's. */
export class UnansweredError extends Error {
  /** False where the request certainly reached no server. */
  readonly wasSent: boolean;

  constructor(message: string, { wasSent, cause }: { wasSent: boolean; cause?: unknown }) {
    super(message, { cause });
    this.wasSent = wasSent;
  }
}

/** How long to wait, in milliseconds, after a refusal that only a person can put right, such as of a wrong key. */
const PROBE_AFTER_MS = 60_000;

/** Says what a failed request means for the snapshots in it. */
export function toFailure(thrown: unknown): BatchFailure {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
  if (error instanceof OversizedError) return { means: "too-large", error };
  if (error instanceof UnansweredError)
    return error.wasSent ? { means: "unknown", error } : { means: "not-now", error };
  // Datadog's client threw before it sent anything.
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

/** Adds what to check to an error that suggests it, and returns any other error as it is. */
export function withHint(error: Error): Error {
  const hint = hintOf(error);
  return hint === undefined ? error : new Error(`${error.message}; ${hint}`, { cause: error });
}

function hintOf(error: Error): string | undefined {
  if (error instanceof UnansweredError)
    return error.wasSent || error.cause === undefined
      ? undefined
      : "check site and baseUrl (DD_SITE, DD_URL), and whether a proxy or certificate is needed";
  if (!(error instanceof RefusedError)) return undefined;
  const { status } = error;
  if (status === 401 || status === 403)
    return "check that apiKey (DD_API_KEY) is an API key and belongs to the site (DD_SITE)";
  return status === 404 || (status >= 300 && status < 400)
    ? "check site and baseUrl (DD_SITE, DD_URL)"
    : undefined;
}
