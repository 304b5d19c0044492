import fc from "fast-check";
import { expect, test } from "vitest";
import { countThatFits } from "./count-that-fits.ts";

test("the count is the largest whose weights stay within the limit", () => {
  const weights = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(weights, fc.nat(39), fc.integer({ min: 1, max: 200 }), (items, from, limit) => {
      const start = from % items.length;
      const count = countThatFits(items, start, { limit, weightOf: (weight) => weight });
      const weigh = (end: number): number =>
        items.slice(start, end).reduce((sum, weight) => sum + weight, 0);
      expect(weigh(start + count)).toBeLessThanOrEqual(limit);
      if (start + count < items.length) expect(weigh(start + count + 1)).toBeGreaterThan(limit);
    }),
  );
});
