import type { MetricsErrorCode } from "../problems/metrics-error.ts";

/**
 * Asserts that a manager refused no observation since it was made. In a test, give the manager
 * `undeclared: "refuse"`, so that this finds a misspelt name or dimension too.
 *
 * @throws Error that says how many observations were refused for which reason.
 */
export function assertNothingRefused(manager: {
  stats(): { readonly refused: Readonly<Partial<Record<MetricsErrorCode, number>>> };
}): void {
  const reasons = Object.entries(manager.stats().refused);
  const total = reasons.reduce((sum, [, count]) => sum + count, 0);
  if (total === 0) return;
  const list = reasons.map(([code, count]) => `${code} ${count}`).join(", ");
  throw new Error(
    `The manager refused observations: ${list}. Its option onError is called with what was wrong with each.`,
  );
}
