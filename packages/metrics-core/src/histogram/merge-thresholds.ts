import type { ThresholdCounts } from "../contract/metric-snapshot.ts";

/**
 * The counts of both at the bounds that both have. Undefined where they have none in common: what lies at or under a
 * bound that only one has is not known exactly.
 */
export function mergeThresholds(
  a: ThresholdCounts | undefined,
  b: ThresholdCounts | undefined,
): ThresholdCounts | undefined {
  if (a === undefined || b === undefined) return undefined;
  if (isSame(a.bounds, b.bounds))
    return { bounds: a.bounds, counts: a.counts.map((count, i) => count + (b.counts[i] ?? 0)) };
  const shared = new Set(b.bounds);
  const bounds = a.bounds.filter((bound) => shared.has(bound));
  if (bounds.length === 0) return undefined;
  const inA = countsAt(bounds, a);
  const inB = countsAt(bounds, b);
  return { bounds, counts: inA.map((count, i) => count + (inB[i] ?? 0)) };
}

/** The counts at some of the bounds only. */
function countsAt(bounds: readonly number[], all: ThresholdCounts): readonly number[] {
  const counts = [...bounds, 0].map(() => 0);
  let place = 0;
  for (const [i, count] of all.counts.entries()) {
    counts[place] = (counts[place] ?? 0) + count;
    if (all.bounds[i] === bounds[place]) place++;
  }
  return counts;
}

function isSame(a: readonly number[], b: readonly number[]): boolean {
  return a === b || (a.length === b.length && a.every((bound, i) => bound === b[i]));
}
