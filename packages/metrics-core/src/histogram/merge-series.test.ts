import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { GaugeCombination, MetricSnapshot } from "../contract/metric-snapshot.ts";
import { mergeSeries, seriesConflict } from "./merge-series.ts";
import { mergeSnapshots } from "./merge-snapshots.ts";

function snapshot(more: Partial<MetricSnapshot> = {}): MetricSnapshot {
  return {
    name: "in_flight",
    kind: "gauge",
    unit: "1",
    count: 3,
    sum: 12,
    min: 1,
    max: 6,
    last: 5,
    dimensions: [["worker", "1"]],
    windowStart: 0,
    windowEnd: 60_000,
    ...more,
  };
}

describe("gauges become one reading of their combined level", () => {
  test("eight workers with 5 each have 40, in every field", () => {
    const workers = Array.from({ length: 8 }, () => snapshot());
    expect(workers.reduce(mergeSeries)).toEqual({
      ...snapshot(),
      count: 1,
      sum: 40,
      min: 40,
      max: 40,
      last: 40,
      levels: 8,
    });
  });

  const level = fc.integer({ min: -1_000, max: 1_000 });
  const combined: Readonly<Record<GaugeCombination, (levels: readonly number[]) => number>> = {
    sum: (levels) => levels.reduce((sum, each) => sum + each, 0),
    mean: (levels) => levels.reduce((sum, each) => sum + each, 0) / levels.length,
    min: (levels) => Math.min(...levels),
    max: (levels) => Math.max(...levels),
  };

  test.each(Object.entries(combined))("by %s, in any order and grouping", (name, expected) => {
    const combine = name as GaugeCombination;
    const groups = fc.array(fc.array(level, { minLength: 1, maxLength: 5 }), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(groups, (all) => {
        const merged = all
          .map((levels) => levels.map((last) => snapshot({ last, combine })).reduce(mergeSeries))
          .reduce(mergeSeries);
        expect(merged.last).toBeCloseTo(expected(all.flat()), 8);
        expect(merged.levels ?? 1).toBe(all.flat().length);
      }),
    );
  });

  test("a sum that would be infinite stays at the largest double, and so does no mean", () => {
    const huge = snapshot({ last: Number.MAX_VALUE });
    expect(mergeSeries(huge, huge).last).toBe(Number.MAX_VALUE);
    const mean = { ...huge, combine: "mean" } as const;
    expect(mergeSeries(mean, mean)).toMatchObject({ last: Number.MAX_VALUE, combine: "mean" });
  });

  test("a later window of the merged series merges with it in time, and keeps what it combines", () => {
    const first = mergeSeries(snapshot({ combine: "max" }), snapshot({ combine: "max", last: 9 }));
    const second = { ...first, last: 2, levels: 3, windowStart: 60_000, windowEnd: 120_000 };
    expect(mergeSnapshots(first, second)).toMatchObject({
      count: 2,
      last: 2,
      combine: "max",
      levels: 3,
    });
  });
});

test("counters and distributions add up", () => {
  for (const kind of ["counter", "distribution"] as const) {
    const [a, b] = [snapshot({ kind }), snapshot({ kind, sum: 1, max: 7 })];
    expect(mergeSeries(a, b)).toEqual(mergeSnapshots(a, b));
    expect(mergeSeries(a, b)).toMatchObject({ count: 6, sum: 13, max: 7 });
  }
});

test("a total counts as overflow only if nothing else is in it", () => {
  for (const kind of ["counter", "gauge"] as const) {
    const [ordinary, overflow] = [snapshot({ kind }), snapshot({ kind, overflow: true })];
    expect(mergeSeries(ordinary, overflow)).not.toHaveProperty("overflow");
    expect(mergeSeries(overflow, ordinary)).not.toHaveProperty("overflow");
    expect(mergeSeries(overflow, overflow).overflow).toBe(true);
    expect(Object.isFrozen(mergeSeries(ordinary, overflow))).toBe(true);
  }
});

describe("series can't be merged", () => {
  const thresholds = { bounds: [100, 300], counts: [1, 1, 1] };
  test.each<[string, Partial<MetricSnapshot>, Partial<MetricSnapshot>, string]>([
    ["of another kind", {}, { kind: "counter" }, "its kind is counter, and not gauge"],
    ["of another unit", { unit: "ms" }, { unit: "s" }, "its unit is s, and not ms"],
    ["that combine otherwise", {}, { combine: "mean" }, "its combine is mean, and not sum"],
    [
      "with other thresholds",
      { thresholds },
      { thresholds: { bounds: [100], counts: [1, 2] } },
      "its thresholds are 100, and not 100, 300",
    ],
    ["without thresholds", { thresholds }, {}, "its thresholds are none, and not 100, 300"],
  ])("%s", (_, a, b, reason) => {
    expect(seriesConflict(snapshot({ ...a, name: "a" }), snapshot({ ...b, name: "b" }))).toBe(
      `"b" can't be merged with "a": ${reason}`,
    );
  });

  test("unless it is only said in other words", () => {
    const same = { bounds: [100, 300], counts: [3, 0, 0] };
    expect(seriesConflict(snapshot({ combine: "sum" }), snapshot())).toBeUndefined();
    expect(
      seriesConflict(snapshot({ thresholds }), snapshot({ thresholds: same })),
    ).toBeUndefined();
  });
});
