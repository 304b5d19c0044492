import type { MetricsManager } from "@aiokpl/metrics-core";
import type { ManualClock } from "@aiokpl/metrics-core/testing";

const WINDOW_MS = 600_000;
const WINDOWS_AN_HOUR = 6;
const PODS = 100;

/**
 * One window of ten minutes in a cluster that replaces its 100 pods every hour: each pod counts one
 * request. Returns the names of the pods.
 */
export async function churn(
  metrics: MetricsManager,
  clock: ManualClock,
  window: number,
): Promise<string[]> {
  const hour = Math.floor(window / WINDOWS_AN_HOUR);
  const pods = Array.from({ length: PODS }, (_, i) => `pod-${hour * PODS + i}`);
  for (const pod of pods) metrics.count("requests", 1, { pod });
  await clock.advance(WINDOW_MS);
  return pods;
}
