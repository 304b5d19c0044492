import fc from "fast-check";
import { expect, test } from "vitest";
import { RequestBody } from "./request-body.ts";
import type { WireDistribution, WireSeries } from "./to-series.ts";

const text = fc.string({ unit: "binary", maxLength: 20 });
const tags = fc.array(fc.string({ unit: "binary", maxLength: 4_000 }), { maxLength: 3 });
const few = fc.record({
  metric: text,
  type: fc.constantFrom("count" as const, "gauge" as const),
  points: fc.constant([[1_700_000_000, -0.5]] as const),
  tags,
});
const values = fc
  .record({ length: fc.integer({ min: 1, max: 3_000 }), first: fc.double({ noNaN: true }) })
  .map(({ length, first }) => Array.from({ length }, (_, i) => (i === 0 ? first : i / 7)));
const large = fc.record({
  metric: text,
  type: fc.constant("distribution" as const),
  points: fc.array(fc.tuple(fc.nat(), values), { minLength: 1, maxLength: 2 }),
  tags,
});

test("the body is the JSON of all series, in the order in which they were added", () => {
  const added = fc.oneof(fc.array(few, { maxLength: 150 }), large);
  fc.assert(
    fc.property(fc.array(added, { maxLength: 8 }), (all) => {
      const body = new RequestBody();
      for (const each of all)
        if ("metric" in each) expect([...body.addLarge(each)].length).toBeGreaterThan(0);
        else body.add(each);
      const series: readonly (WireSeries | WireDistribution)[] = all.flat();
      expect(JSON.parse(Buffer.from(body.end()).toString())).toEqual(
        JSON.parse(JSON.stringify({ series })),
      );
    }),
    { numRuns: 50 },
  );
});

test("a large distribution is added a thousand values at a time", () => {
  const points = [[1, Array.from({ length: 2_500 }, (_, i) => i)]] as const;
  const steps = new RequestBody().addLarge({ metric: "m", type: "distribution", points, tags: [] });
  expect([...steps]).toHaveLength(3);
});
