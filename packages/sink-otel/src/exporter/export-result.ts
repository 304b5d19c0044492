import type { MetricSnapshot, RejectedSnapshot } from "@aiokpl/metrics-core";
import type { BatchesOutcome } from "@aiokpl/metrics-core/sink";
import { inTurns, type Turn } from "../turns/in-turns.ts";
import { type ExportItem, isTotal, sourcesIn } from "./export-item.ts";

/** The result of an export, as the manager wants it. */
export interface SnapshotsOutcome {
  readonly retry: readonly MetricSnapshot[];
  readonly uncertain: readonly MetricSnapshot[];
  readonly rejected: readonly RejectedSnapshot[];
  readonly cause: Error | undefined;
  readonly retryAfterMs: number | undefined;
}

/**
 * Turns the outcome of an export's points into that of the manager's snapshots, over several turns.
 *
 * @param rejected snapshots of which no points were made
 */
export async function resultOf(
  outcome: BatchesOutcome<ExportItem>,
  rejected: readonly RejectedSnapshot[],
  turn: Turn,
): Promise<SnapshotsOutcome> {
  const retry: MetricSnapshot[] = [];
  const uncertain: MetricSnapshot[] = [];
  const refused = [...rejected];
  const addTo = (list: MetricSnapshot[], item: ExportItem): void => {
    for (const source of sourcesIn(item)) list.push(source);
  };
  await inTurns(outcome.retry, (item) => addTo(retry, item), turn);
  // An unanswered total is sent again, together with what has come since: it can't count twice.
  const addUncertain = (item: ExportItem): void => addTo(isTotal(item) ? retry : uncertain, item);
  await inTurns(outcome.uncertain, addUncertain, turn);
  for (const { item, error } of outcome.rejected)
    for (const snapshot of sourcesIn(item)) refused.push({ snapshot, reason: error.message });
  const { cause, retryAfterMs } = outcome;
  return { retry, uncertain, rejected: refused, cause, retryAfterMs };
}
