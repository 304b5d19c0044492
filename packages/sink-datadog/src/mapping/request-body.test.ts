import fc from "fast-check";
import { expect, test } from "vitest";
import { RequestBody } from "./request-body.ts";
import type { WireSeries } from "./to-series.ts";

test("the body is the JSON of all series, however they were added", () => {
  const series = fc.record({
    metric: fc.string({ unit: "binary", maxLength: 20 }),
    type: fc.constantFrom("count" as const, "gauge" as const),
    points: fc.constant([[1_700_000_000, -0.5]] as const),
    tags: fc.array(fc.string({ unit: "binary", maxLength: 4_000 }), { maxLength: 3 }),
  });
  const added = fc.record({ all: fc.array(series, { maxLength: 150 }), asJson: fc.boolean() });
  fc.assert(
    fc.property(fc.array(added, { maxLength: 10 }), (groups) => {
      const body = new RequestBody();
      const all: WireSeries[] = [];
      for (const group of groups) {
        // One endpoint's series are added as objects, the other's as pieces of JSON.
        if (!group.asJson) body.add(group.all);
        for (const one of group.asJson ? group.all : []) {
          body.begin();
          for (const piece of JSON.stringify(one).split(/(?=")/)) body.append(piece);
        }
        all.push(...group.all);
      }
      const { series } = JSON.parse(Buffer.from(body.end()).toString()) as { series: unknown[] };
      const sorted = (each: readonly unknown[]): string[] =>
        each.map((one) => JSON.stringify(one)).sort();
      expect(sorted(series)).toEqual(sorted(all));
    }),
  );
});

test("series stay in the order in which they were added", () => {
  const body = new RequestBody();
  const all = Array.from({ length: 1_000 }, (_, i): WireSeries => ({
    metric: `m${i}`,
    type: "count",
    points: [[1, i]],
    tags: [],
  }));
  for (let i = 0; i < all.length; i += 7) body.add(all.slice(i, i + 7));
  expect(Buffer.from(body.end()).toString()).toBe(JSON.stringify({ series: all }));
});
