import type { MetricSnapshot } from "@aiokpl/metrics-core";
import { exampleSnapshots } from "@aiokpl/sink-testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { SeriesByKey } from "./series-by-key.ts";

const series = fc.record({
  name: fc.constantFrom("a", "b"),
  dimensions: fc.constantFrom({}, { x: "12" }, { x1: "2" }, { x: "12", y: "3" }),
});
const steps = fc.array(fc.oneof({ weight: 3, arbitrary: series }, fc.nat(3)), { maxLength: 30 });

function keyOf({ name, dimensions }: MetricSnapshot): string {
  return JSON.stringify([name, dimensions]);
}

test.each([
  ["their own hashes", undefined],
  ["one hash", () => 7],
])(
  "series with %s stay apart, and what is taken between two observations starts again",
  (_, hash) => {
    fc.assert(
      fc.property(steps, (all) => {
        const byKey = new SeriesByKey(hash);
        const model = new Map<string, number>();
        for (const step of all) {
          if (typeof step === "number") {
            const expected = [...model].slice(0, step);
            for (const [key] of expected) model.delete(key);
            const taken = byKey.take(step);
            expect(taken.map((each) => [keyOf(each), each.count])).toEqual(expected);
          } else {
            for (const snapshot of exampleSnapshots({ series: [step] })) {
              byKey.add(snapshot);
              model.set(keyOf(snapshot), (model.get(keyOf(snapshot)) ?? 0) + snapshot.count);
            }
          }
          expect(byKey.size).toBe(model.size);
        }
      }),
    );
  },
);
