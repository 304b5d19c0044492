import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { MetricSnapshot } from "../contract/metric-snapshot.ts";
import { distributionOf } from "../testing/distribution-of.ts";
import { mergeSnapshots } from "./merge-snapshots.ts";
import { nextDown, nextUp } from "./cells/next-double.ts";
import { quantile } from "./quantile.ts";
import { toValuesAndCounts } from "./to-values-and-counts.ts";

const moderate = fc.double({ min: -4, max: 5, noNaN: true }).map((exponent) => 10 ** exponent);
const anywhere = fc.oneof(
  moderate,
  moderate.map((value) => -value),
  fc.constantFrom(-1_000, -1, 0, 1, 2, 5, 256, 300),
);
const boundsOf = (maxLength: number) =>
  fc
    .uniqueArray(anywhere, { minLength: 1, maxLength, comparator: (a, b) => a === b })
    .map((all) => all.toSorted((a, b) => a - b));

/** Bounds, and values on them, one double beside them, and elsewhere. */
const casesOf = (most: number) =>
  boundsOf(most).chain((bounds) =>
    fc.record({
      bounds: fc.constant(bounds),
      values: fc.array(
        fc.oneof(
          { weight: 2, arbitrary: anywhere },
          fc.constantFrom(...bounds, ...bounds.map(nextUp), ...bounds.map(nextDown)),
        ),
        { minLength: 1, maxLength: 400 },
      ),
    }),
  );

function atOrUnder(
  bound: number,
  { values, counts }: ReturnType<typeof toValuesAndCounts>,
): number {
  return values.reduce((sum, value, i) => sum + (value <= bound ? (counts[i] ?? 0) : 0), 0);
}

/** Checks that pairs keep what the values had, at each bound and in all. */
function checkPairs(
  snapshot: MetricSnapshot,
  observed: readonly number[],
  maxValues: number,
): void {
  const pairs = toValuesAndCounts(snapshot, maxValues);
  const { values, counts } = pairs;
  expect(values.length).toBeLessThanOrEqual(maxValues);
  expect(values.every((value, i) => i === 0 || value > (values[i - 1] ?? NaN))).toBe(true);
  expect(counts.every((count) => Number.isInteger(count) && count > 0)).toBe(true);
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(observed.length);
  expect([values[0], values.at(-1)]).toEqual([snapshot.min, snapshot.max]);
  const magnitude = observed.reduce((sum, value) => sum + Math.abs(value), 0);
  const sum = values.reduce((all, value, i) => all + value * (counts[i] ?? 0), 0);
  expect(Math.abs(sum - snapshot.sum)).toBeLessThanOrEqual(
    2 * observed.length * Number.EPSILON * magnitude,
  );
  for (const bound of snapshot.thresholds?.bounds ?? [])
    expect(atOrUnder(bound, pairs)).toBe(observed.filter((value) => value <= bound).length);
}

test("pairs at or under each threshold add up to what was recorded, from the fewest pairs to 150", () => {
  fc.assert(
    fc.property(casesOf(64), fc.oneof(fc.nat(3), fc.nat(147)), ({ bounds, values }, more) => {
      const maxValues = Math.min(150, bounds.length + 3 + more);
      checkPairs(distributionOf(values, { bounds }), values, maxValues);
    }),
    { numRuns: 1_000 },
  );
});

test("the same for every number of pairs", () => {
  const values = Array.from({ length: 3_000 }, (_, i) => ((i * 7_919) % 3_001) ** 2 / 500 - 50);
  const bounds = [-10, 0, 1, 300, nextUp(300), 5_000];
  const snapshot = distributionOf(values, { bounds });
  for (let maxValues = 9; maxValues <= 200; maxValues++) checkPairs(snapshot, values, maxValues);
});

test("values all just above a bound are above it in the pairs, and on it at it", () => {
  for (const bound of [256, 300, 0, -256, 0.1]) {
    const above = Array.from({ length: 50 }, () => nextUp(bound));
    for (const values of [above, [bound, ...above], [bound - 1, ...above, bound + 1_000]]) {
      checkPairs(distributionOf(values, { bounds: [bound] }), values, 150);
      checkPairs(distributionOf(values, { bounds: [bound] }), values, 4);
    }
  }
});

test("a value stands above its bucket's lower bound, however near the sum says that it is", () => {
  // 256 is the bound of a bucket at every scale up to 10, and all but one value are just above it.
  const values = [1, ...Array.from({ length: 26 }, () => nextUp(256)), 100_000];
  const pairs = toValuesAndCounts(distributionOf(values), 150);
  expect(atOrUnder(256, pairs)).toBe(1);
});

test("merged snapshots count as all values together do, at the bounds that both have", () => {
  fc.assert(
    fc.property(casesOf(8), casesOf(8), fc.boolean(), (a, b, isSame) => {
      const other = isSame ? a.bounds : b.bounds;
      const merged = mergeSnapshots(
        distributionOf(a.values, { bounds: a.bounds }),
        distributionOf(b.values, { bounds: other }),
      );
      const shared = a.bounds.filter((bound) => other.includes(bound));
      const all = [...a.values, ...b.values];
      if (shared.length === 0) expect(merged.thresholds).toBeUndefined();
      else expect(merged.thresholds).toEqual(distributionOf(all, { bounds: shared }).thresholds);
      checkPairs(merged, all, 150);
    }),
    { numRuns: 500 },
  );
});

test("merged with a snapshot without thresholds there are none", () => {
  const [some, none] = [distributionOf([1], { bounds: [1] }), distributionOf([1])];
  expect(mergeSnapshots(some, none)).not.toHaveProperty("thresholds");
  expect(mergeSnapshots(none, some)).not.toHaveProperty("thresholds");
});

test("merged thresholds are frozen, and neither argument is changed", () => {
  const [a, b] = [distributionOf([1], { bounds: [1, 2] }), distributionOf([3], { bounds: [2, 3] })];
  const before = structuredClone([a, b]);
  const { thresholds } = mergeSnapshots(a, b);
  expect(Object.isFrozen(thresholds?.counts) && Object.isFrozen(thresholds?.bounds)).toBe(true);
  expect([a, b]).toEqual(before);
});

test("a quantile is at or under a threshold just when that share of the values is", () => {
  fc.assert(
    fc.property(casesOf(20), fc.nat(1_000), ({ bounds, values }, thousandths) => {
      const snapshot = distributionOf(values, { bounds });
      const found = quantile(snapshot, thousandths / 1_000) ?? NaN;
      const rank = Math.max(1, Math.ceil((thousandths * values.length) / 1_000));
      for (const bound of bounds) {
        const share = values.filter((value) => value <= bound).length;
        expect([bound, found <= bound]).toEqual([bound, share >= rank]);
      }
    }),
    { numRuns: 1_000 },
  );
});

test("too few pairs for the thresholds are a RangeError that says how many it takes", () => {
  const snapshot = distributionOf([1, 5, 9], { bounds: [2, 4, 6] });
  expect(toValuesAndCounts(snapshot, 6).values).toEqual([1, 5, 9]);
  expect(() => toValuesAndCounts(snapshot, 5)).toThrow(
    new RangeError(
      "maxValues must be at least 6 for a snapshot with 3 thresholds, was 5; 67 is enough for any snapshot",
    ),
  );
});
