import type { ExportResult, MetricSnapshot, RejectedSnapshot } from "@aiokpl/metrics-core";
import type { BatchesOutcome } from "@aiokpl/metrics-core/sink";
import { withHint } from "../client/failure.ts";

/** What became of the parts of an export. */
export interface ExportOutcome {
  /** Of counts and gauges. */
  readonly series: BatchesOutcome<MetricSnapshot>;
  /** Of true distributions. */
  readonly distributions: BatchesOutcome<MetricSnapshot>;
  /** What was rejected before anything was sent. */
  readonly refused: readonly RejectedSnapshot[];
}

/**
 * Turns the outcome of an export into what the manager is told. A count or gauge without an answer is
 * retried, since writing it again does no harm. A true distribution without an answer is uncertain or
 * rejected, as `distributionDelivery` says.
 */
export function toExportResult(
  { series, distributions, refused }: ExportOutcome,
  distributionDelivery: "at-least-once" | "at-most-once",
): ExportResult {
  const rejected = [...refused];
  for (const { item, error } of [...series.rejected, ...distributions.rejected])
    rejected.push({ snapshot: item, reason: error.message });
  const isAtMostOnce = distributionDelivery === "at-most-once";
  if (isAtMostOnce) {
    const reason = `Datadog may have taken it, and distributionDelivery "at-most-once" forbids sending it again: ${distributions.cause?.message ?? "no answer"}`;
    for (const snapshot of distributions.uncertain) rejected.push({ snapshot, reason });
  }
  const cause = series.cause ?? distributions.cause;
  return {
    retry: [...series.retry, ...series.uncertain, ...distributions.retry],
    uncertain: isAtMostOnce ? [] : distributions.uncertain,
    rejected,
    retryAfterMs: series.retryAfterMs ?? distributions.retryAfterMs,
    cause: cause && withHint(cause),
  };
}
