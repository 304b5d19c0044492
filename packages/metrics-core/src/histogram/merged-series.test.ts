import fc from "fast-check";
import { expect, test } from "vitest";
import type { Dimensions } from "../contract/dimensions.ts";
import type { MetricSnapshot } from "../contract/metric-snapshot.ts";
import { MergedSeries } from "./merged-series.ts";

function snapshot(more: Partial<MetricSnapshot> = {}): MetricSnapshot {
  return {
    name: "a",
    kind: "counter",
    unit: "1",
    count: 1,
    sum: 2,
    min: 2,
    max: 2,
    last: 2,
    dimensions: [],
    windowStart: 0,
    windowEnd: 60_000,
    ...more,
  };
}

const series = fc.record({
  name: fc.constantFrom("a", "b"),
  dimensions: fc.constantFrom<Dimensions>(
    [],
    [["x", "12"]],
    [["x1", "2"]],
    [
      ["x", "12"],
      ["y", "3"],
    ],
  ),
});
const steps = fc.array(fc.oneof({ weight: 3, arbitrary: series }, fc.nat(3)), { maxLength: 30 });

function keyOf({ name, dimensions }: Pick<MetricSnapshot, "name" | "dimensions">): string {
  return JSON.stringify([name, dimensions]);
}

test("what is left when some series were taken is dropped with the next observation", () => {
  fc.assert(
    fc.property(steps, (all) => {
      const merged = new MergedSeries();
      const model = new Map<string, number>();
      let isTaken = false;
      for (const step of all) {
        if (typeof step === "number") {
          const expected = [...model].slice(0, step);
          for (const [key] of expected) model.delete(key);
          isTaken = model.size > 0 && (isTaken || step > 0);
          const { snapshots, more } = merged.take(step);
          expect(snapshots.map((each) => [keyOf(each), each.count])).toEqual(expected);
          expect(more).toBe(model.size > 0);
        } else {
          merged.add(snapshot(step));
          if (isTaken) model.clear();
          isTaken = false;
          model.set(keyOf(step), (model.get(keyOf(step)) ?? 0) + 1);
          expect(merged.find(step)?.count).toBe(model.get(keyOf(step)));
        }
        expect(merged.size).toBe(model.size);
        expect(Array.from(merged.values(), keyOf)).toEqual([...model.keys()]);
      }
    }),
  );
});

test("what can't be merged is rejected as what it was made of, once", () => {
  const merged = new MergedSeries();
  const source = snapshot({ name: "b", kind: "gauge" });
  merged.add(snapshot(), snapshot({ name: "first" }));
  merged.add({ ...source, name: "a" }, source);
  const { snapshots, rejected } = merged.take();
  expect(snapshots).toEqual([snapshot()]);
  expect(rejected).toEqual([
    {
      snapshot: source,
      reason: `"b" can't be merged with "first": its kind is gauge, and not counter`,
    },
  ]);
  expect(merged.take().rejected).toEqual([]);
});

test("a window is taken a thousand series at a time", () => {
  const merged = new MergedSeries();
  for (let i = 0; i < 2_500; i++) merged.add(snapshot({ name: `${i}` }));
  const taken = [merged.take(), merged.take(), merged.take()];
  expect(taken.map(({ snapshots, more }) => [snapshots.length, more])).toEqual([
    [1_000, true],
    [1_000, true],
    [500, false],
  ]);
});
