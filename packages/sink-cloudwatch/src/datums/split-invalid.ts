import type { MetricSnapshot, RejectedSnapshot } from "@aiokpl/metrics-core";
import type { WorkTurn } from "@aiokpl/metrics-core/sink";
import { invalidReason } from "./invalid-reason.ts";

/** Snapshots, apart by whether CloudWatch would refuse them. */
export interface SplitSnapshots {
  readonly valid: MetricSnapshot[];
  readonly rejected: RejectedSnapshot[];
}

/** Tells what CloudWatch would refuse from the rest, in several turns. After an abort all that is left counts as valid. */
export async function splitInvalid(
  snapshots: readonly MetricSnapshot[],
  {
    now,
    turn,
    signal,
  }: { readonly now: number; readonly turn: WorkTurn; readonly signal: AbortSignal },
): Promise<SplitSnapshots> {
  const valid: MetricSnapshot[] = [];
  const rejected: RejectedSnapshot[] = [];
  for (const snapshot of snapshots) {
    const reason = signal.aborted ? undefined : invalidReason(snapshot, now);
    if (reason === undefined) valid.push(snapshot);
    else rejected.push({ snapshot, reason });
    if (turn.isOver && !signal.aborted) await turn.next();
  }
  return { valid, rejected };
}
