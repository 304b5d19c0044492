import { type BatchFailure, neverArrived } from "@aiokpl/metrics-core/sink";
import type { ExporterError } from "./exporter-error.ts";

/** What an OTLP exporter says when it gives up after a server told it to wait. */
const TOLD_TO_WAIT = /retryable status|Concurrent export limit/i;

/**
 * Classifies an exporter's failure. The errors of an OTLP exporter have the HTTP status or the
 * system's error code; nothing is known about the errors of other exporters.
 *
 * A refused request is kept and retried, because OTLP refuses whole requests and does not say which
 * points it refuses.
 */
export function toFailure(error: ExporterError): BatchFailure {
  const { status, retryAfterMs } = error;
  if (status === 413) return { means: "too-large", error: explained(error, status) };
  if (status !== undefined && status >= 300)
    return status < 500 || status === 503
      ? { means: "not-now", error: explained(error, status), retryAfterMs }
      : { means: "unknown", error: explained(error, status) };
  return TOLD_TO_WAIT.test(error.message) || neverArrived(error)
    ? { means: "not-now", error, retryAfterMs }
    : { means: "unknown", error };
}

/** What to do about a status. */
const HINTS: Readonly<Record<number, string>> = {
  400: "; a server that only accepts cumulative sums answers deltas like this: see the option temporality",
  401: "; check the exporter's headers",
  403: "; check the exporter's headers",
  404: "; check the exporter's URL",
};

function explained(error: ExporterError, status: number): Error {
  const { answer = "" } = error;
  return new Error(
    `the exporter failed with ${status} ${error.message}${answer && `: ${answer}`}${HINTS[status] ?? ""}`,
    { cause: error },
  );
}
