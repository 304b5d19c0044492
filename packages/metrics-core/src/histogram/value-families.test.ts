import { expect, test } from "vitest";
import type { MetricSnapshot } from "../contract/metric-snapshot.ts";
import { distributionOf } from "../testing/distribution-of.ts";
import { seededRandom, VALUE_FAMILIES } from "../testing/value-families.ts";
import { quantile } from "./quantile.ts";
import { toValuesAndCounts } from "./to-values-and-counts.ts";

/** `VALUES=1000000 vitest run value-families` tries more. */
const COUNT = Number(process.env["VALUES"] ?? 100_000);

const SHARES = [
  ...Array.from({ length: 999 }, (_, i) => (i + 1) / 1_000),
  0.9995,
  0.9999,
  0.99995,
  0.0001,
  0.00005,
];

/** The mean relative errors that the guide states. Values that come in lumps have no place within a bucket. */
const SMOOTH = 0.003;
const LUMPS = 0.01;
const IN_LUMPS: ReadonlySet<string> = new Set(["whole numbers", "three services"]);

interface Errors {
  readonly mean: number;
  readonly worst: number;
}

function errorsOf(sorted: Float64Array, shown: (share: number) => number): Errors {
  let sum = 0;
  let worst = 0;
  for (const share of SHARES) {
    const exact = sorted[Math.max(1, Math.ceil(share * sorted.length * (1 - 1e-12))) - 1] ?? NaN;
    const found = shown(share);
    const error = found === exact ? 0 : Math.abs(found - exact) / Math.abs(exact);
    sum += error;
    worst = Math.max(worst, error);
  }
  return { mean: sum / SHARES.length, worst };
}

/** What a vendor makes of pairs: the first value up to which the rank is reached. */
function inPairs(snapshot: MetricSnapshot, maxValues: number): (share: number) => number {
  const { values, counts } = toValuesAndCounts(snapshot, maxValues);
  return (share) => {
    const rank = Math.max(1, Math.ceil(share * snapshot.count * (1 - 1e-12)));
    let upTo = 0;
    return values.find((_, i) => (upTo += counts[i] ?? 0) >= rank) ?? NaN;
  };
}

test.each(Object.entries(VALUE_FAMILIES))(
  "%s: quantiles and pairs are within the figures of the guide",
  (name, draw) => {
    const random = seededRandom(7);
    const values = Float64Array.from({ length: COUNT }, () => draw(random));
    const snapshot = distributionOf(values);
    const sorted = values.toSorted();
    const width = 2 ** (2 ** -(snapshot.histogram?.scale ?? NaN));
    const rounding = 1 + 1e-9;

    const shown = errorsOf(sorted, (share) => quantile(snapshot, share) ?? NaN);
    expect(shown.worst).toBeLessThanOrEqual((width - 1) * rounding);
    expect(shown.mean).toBeLessThanOrEqual(IN_LUMPS.has(name) ? LUMPS : SMOOTH);

    const reach = snapshot.min < 0 ? { 150: 3, 100: 4 } : { 150: 2, 100: 2 };
    for (const maxValues of [150, 100] as const) {
      const fitted = errorsOf(sorted, inPairs(snapshot, maxValues));
      expect(fitted.worst).toBeLessThanOrEqual((width ** reach[maxValues] - 1) * rounding);
    }
  },
);
