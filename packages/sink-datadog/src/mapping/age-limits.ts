import type { MetricSnapshot } from "@aiokpl/metrics-core";
import type { Mapping } from "./mapping.ts";
import { stampOf } from "./to-series.ts";

/**
 * Datadog takes points up to an hour old and ten minutes ahead. These limits are a minute tighter, to
 * leave time for the request.
 *
 * @see https://docs.datadoghq.com/metrics/custom_metrics/historical_metrics/
 */
const MAX_AGE_MS = 59 * 60_000;
const MAX_AHEAD_MS = 9 * 60_000;

/** The oldest data that the manager should offer, in milliseconds: two minutes less, for data that waits within an export. */
export const OFFERED_AGE_MS: number = 57 * 60_000;

/** How the age of a snapshot is judged. */
export interface AgeLimits {
  /** The current time, in epoch milliseconds. */
  readonly now: number;
  /** True where Datadog takes counts and gauges of any age. */
  readonly historical: boolean;
}

/** Returns why Datadog would drop a snapshot for its time, or undefined. */
export function ageReason(
  snapshot: MetricSnapshot,
  mapping: Mapping,
  { now, historical }: AgeLimits,
): string | undefined {
  const ageMs = now - stampOf(snapshot) * 1_000;
  const isDistribution = mapping === "distribution";
  if (ageMs > MAX_AGE_MS && (isDistribution || !historical))
    return `it is ${minutes(ageMs)} old, and Datadog takes ${isDistribution ? "distributions" : "points"} of the last hour only`;
  if (ageMs < -MAX_AHEAD_MS)
    return `its time is ${minutes(-ageMs)} ahead, and Datadog takes at most ten: is the clock right?`;
  return undefined;
}

function minutes(milliseconds: number): string {
  return `${Math.round(milliseconds / 60_000)} minutes`;
}
