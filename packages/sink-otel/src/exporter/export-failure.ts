import { type BatchFailure, neverArrived } from "@aiokpl/metrics-core/sink";

/** What an OTLP exporter says when it gives up after a server told it to wait. */
const TOLD_TO_WAIT = /retryable status|Concurrent export limit/i;

/**
 * Classifies an exporter's failure. The errors of an OTLP exporter have the HTTP status or the
 * system's error code as `code`; nothing is known about the errors of other exporters.
 *
 * A refused request is kept and retried, because OTLP refuses whole requests and does not say which
 * points it refuses.
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

/** What to do about a status. */
const HINTS: Readonly<Record<number, string>> = {
  400: "; a server that only accepts cumulative sums answers deltas like this: see the option temporality",
  401: "; check the exporter's headers",
  403: "; check the exporter's headers",
  404: "; check the exporter's URL",
};

function explained(error: Error, status: number): Error {
  const answer = "data" in error && typeof error.data === "string" ? error.data.slice(0, 500) : "";
  return new Error(
    `the exporter failed with ${status} ${error.message}${answer && `: ${answer}`}${HINTS[status] ?? ""}`,
    { cause: error },
  );
}
