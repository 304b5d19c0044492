import { type BatchFailure, neverArrived } from "@aiokpl/metrics-core/sink";

/** The exporter's words for a request that it gave up after being told to wait. */
const TOLD_TO_WAIT = /retryable status|Concurrent export limit/i;

/**
 * What it means that an exporter has failed. An OTLP exporter's errors have the HTTP status or the
 * system's code as `code`; of others nothing is known. What the server plainly did not take, and
 * what it will not take as it is, is kept: the server speaks of a request, and not of what is in it.
 */
export function toFailure(thrown: unknown): BatchFailure {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
  const code: unknown = "code" in error ? error.code : undefined;
  if (code === 413) return { means: "too-large", error: explained(error, code) };
  if (typeof code === "number" && code >= 300)
    return code < 500 || code === 503
      ? { means: "not-now", error: explained(error, code) }
      : { means: "unknown", error };
  return TOLD_TO_WAIT.test(error.message) || neverArrived(error)
    ? { means: "not-now", error }
    : { means: "unknown", error };
}

function explained(error: Error, status: number): Error {
  const words = "data" in error && typeof error.data === "string" ? error.data.slice(0, 500) : "";
  const hint =
    status === 400
      ? "; a server that takes cumulative sums only refuses deltas so: see the option temporality"
      : status === 401 || status === 403
        ? "; check the exporter's headers"
        : status === 404
          ? "; check the exporter's URL"
          : "";
  return new Error(
    `the exporter failed with ${status} ${error.message}${words && `: ${words}`}${hint}`,
    { cause: error },
  );
}
