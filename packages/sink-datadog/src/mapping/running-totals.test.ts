import type { MetricSnapshot } from "@aiokpl/metrics-core";
import { mergeSnapshots } from "@aiokpl/metrics-core/sink";
import fc from "fast-check";
import { expect, test } from "vitest";
import { RunningTotals } from "./running-totals.ts";
import { secondOf } from "./to-series.ts";

function windowOf(windowStart: number, windowEnd: number, sum: number): MetricSnapshot {
  const numbers = { count: 1, sum, min: sum, max: sum, last: sum };
  return {
    name: "m",
    kind: "counter",
    unit: "1",
    dimensions: [],
    windowStart,
    windowEnd,
    ...numbers,
  };
}

/** Simulates a vendor whose last write wins and whose answers get lost, and a queue that merges waiting windows. */
test("Same series and second sent before: Datadog counts everything once, whatever was lost and merged", () => {
  const step = fc.record({
    ms: fc.integer({ min: 1, max: 2_500 }),
    outcome: fc.constantFrom("taken", "lost before", "lost after"),
    merge: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 30 }), (steps) => {
      const totals = new RunningTotals();
      const vendor = new Map<number, number>();
      let queue: MetricSnapshot[] = [];
      let now = 1_700_000_000_000;
      let recorded = 0;
      for (const { ms, outcome, merge } of [...steps, { ms: 1, outcome: "taken", merge: false }]) {
        recorded += 1;
        queue.push(windowOf(now, now + ms, 1));
        now += ms;
        if (merge) queue = [queue.reduce((all, each) => mergeSnapshots(all, each))];
        const bySecond = new Map<number, MetricSnapshot>();
        for (const each of queue) {
          const before = bySecond.get(secondOf(each.windowStart));
          bySecond.set(
            secondOf(each.windowStart),
            before === undefined ? each : mergeSnapshots(before, each),
          );
        }
        const sent = [...bySecond.values()].map((each) => {
          const total = totals.totalOf("m", each);
          return { total, emptied: totals.doubtfulIn("m", total) };
        });
        for (const { total, emptied } of outcome === "lost before" ? [] : sent) {
          vendor.set(secondOf(total.windowStart), total.sum);
          for (const second of emptied) vendor.set(second, 0);
        }
        for (const { total, emptied } of sent)
          if (outcome === "taken") totals.recordTaken("m", total, emptied);
          else totals.recordDoubt("m", total);
        if (outcome === "taken") queue = [];
      }
      expect([...vendor.values()].reduce((all, each) => all + each, 0)).toBe(recorded);
    }),
    { numRuns: 2_000 },
  );
});

test("windows of a second or more are not remembered, and old seconds are forgotten", () => {
  const totals = new RunningTotals();
  const start = 1_700_000_000_000;
  totals.recordTaken("m", windowOf(start, start + 1_000, 1), []);
  const second = windowOf(start, start + 500, 2);
  expect(totals.totalOf("m", second)).toBe(second);
  totals.recordTaken("m", second, []);
  totals.recordDoubt("m", windowOf(start + 5_000, start + 6_000, 4));
  expect(totals.totalOf("m", second).sum).toBe(4);
  totals.forgetBefore(start / 1_000 + 3_600);
  expect(totals.totalOf("m", second).sum).toBe(4);
  totals.forgetBefore(start / 1_000 + 3_606);
  expect(totals.totalOf("m", second)).toBe(second);
  expect(totals.doubtfulIn("m", windowOf(start, start + 60_000, 1))).toEqual([]);
});
