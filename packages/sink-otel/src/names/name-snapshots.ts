import type { MetricSnapshot, RejectedSnapshot } from "@aiokpl/metrics-core";
import type { InstrumentNames } from "./instrument-names.ts";

/** A snapshot with the name of its instrument. */
export interface NamedSnapshot {
  readonly name: string;
  readonly snapshot: MetricSnapshot;
}

/** Looks up each snapshot's instrument. Snapshots that have none are rejected, with the reason. */
export function nameSnapshots(
  snapshots: readonly MetricSnapshot[],
  names: InstrumentNames,
): { readonly named: readonly NamedSnapshot[]; readonly rejected: readonly RejectedSnapshot[] } {
  const named: NamedSnapshot[] = [];
  const rejected: RejectedSnapshot[] = [];
  for (const snapshot of snapshots) {
    const { name, refusal } = names.assign(snapshot);
    if (refusal === undefined) named.push({ name, snapshot });
    else rejected.push({ snapshot, reason: refusal });
  }
  return { named, rejected };
}
