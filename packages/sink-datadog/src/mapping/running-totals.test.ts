import type { MetricSnapshot } from "@aiokpl/metrics-core";
import { mergeSnapshots, WorkTurn } from "@aiokpl/metrics-core/sink";
import fc from "fast-check";
import { expect, test } from "vitest";
import { RunningTotals } from "./running-totals.ts";
import { toSeriesBatch } from "./series-batch.ts";
import type { WireSeries } from "./to-series.ts";
import { emptyMemory } from "./written-totals.ts";

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

function newTotals(): RunningTotals {
  return new RunningTotals({ memory: emptyMemory(), histograms: "dropped" });
}

/**
 * Simulates a vendor whose last write wins and whose answers get lost, twins that write the same
 * series, each with a queue that merges waiting windows, and a clock that is set back.
 */
test("Same series and second sent before: Datadog counts everything once, whatever was lost and merged, and whoever wrote it", async () => {
  const step = fc.record({
    twin: fc.constantFrom(0, 1),
    ms: fc.integer({ min: 1, max: 2_500 }),
    backMs: fc.constantFrom(0, 0, 0, 0, 700, 3_000),
    outcome: fc.constantFrom("taken", "lost before", "lost after"),
    merge: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 30 }), async (steps) => {
      const memory = emptyMemory();
      const start = 1_700_000_000_000;
      const twins = [0, 1].map(() => ({
        totals: new RunningTotals({ memory, histograms: "dropped" }),
        queue: new Array<MetricSnapshot>(),
        opened: start,
      }));
      const vendor = new Map<number, number>();
      let now = start;
      let recorded = 0;
      const last = { ms: 1, backMs: 0, outcome: "taken", merge: false } as const;
      const all = [...steps, { ...last, twin: 0 }, { ...last, twin: 1 }];
      for (const { twin: number, ms, backMs, outcome, merge } of all) {
        const twin = twins[number];
        if (twin === undefined) throw new Error("no twin");
        now -= backMs;
        // A window that was open when the clock was set back begins anew.
        twin.opened = Math.min(twin.opened, now);
        now += ms;
        recorded += 1;
        twin.queue.push(windowOf(twin.opened, now, 1));
        twin.opened = now;
        if (merge) twin.queue = [twin.queue.reduce((sum, each) => mergeSnapshots(sum, each))];
        const { body, writes } = await toSeriesBatch(twin.queue, {
          totals: twin.totals,
          cache: { of: () => ({ tags: [], host: undefined, key: "m" }) },
          percentiles: [],
          turn: new WorkTurn(),
        });
        const { series } = JSON.parse(Buffer.from(body).toString()) as { series: WireSeries[] };
        if (outcome !== "lost before")
          for (const { points } of series)
            for (const [second, value] of points) vendor.set(second, value);
        if (outcome === "taken") {
          for (const { series, total, corrected } of writes)
            twin.totals.recordTaken(series.key, total, corrected);
          twin.queue = [];
        } else for (const each of twin.queue) twin.totals.recordDoubt("m", each);
      }
      expect([...vendor.values()].reduce((sum, each) => sum + each, 0)).toBe(recorded);
    }),
    { numRuns: 2_000 },
  );
});

test("seconds whose write had no answer are forgotten when no export can reach them", async () => {
  const totals = newTotals();
  const start = 1_700_000_000_000;
  totals.recordDoubt("m", windowOf(start + 5_000, start + 6_000, 4));
  const window = windowOf(start, start + 60_000, 1);
  await totals.forgetBefore(start / 1_000 + 3_605, new WorkTurn());
  expect(totals.doubtfulIn("m", window)).toEqual([{ second: start / 1_000 + 5, count: 0, sum: 0 }]);
  await totals.forgetBefore(start / 1_000 + 3_606, new WorkTurn());
  expect(totals.doubtfulIn("m", window)).toEqual([]);
});

test("a second write of a distribution adds up, percentiles included where they are sent", () => {
  const histogram = {
    scale: 0,
    zeroCount: 0,
    positive: { offset: 0, bucketCounts: [1] },
    negative: { offset: 0, bucketCounts: [] },
  };
  const first = { ...windowOf(0, 1_000, 2), kind: "distribution" as const, histogram };
  const second = { ...windowOf(500, 1_500, 3), kind: "distribution" as const, histogram };
  for (const histograms of ["kept", "dropped"] as const) {
    const totals = new RunningTotals({ memory: emptyMemory(), histograms });
    totals.recordTaken("m", first, []);
    const total = totals.totalOf("m", second);
    expect(total).toMatchObject({ count: 2, sum: 5, min: 2, max: 3 });
    expect(total.histogram?.positive.bucketCounts).toEqual(histograms === "kept" ? [2] : undefined);
  }
});

test("gauges are not remembered: their last write is the right one", () => {
  const totals = newTotals();
  const gauge = { ...windowOf(0, 1_000, 2), kind: "gauge" as const };
  totals.recordTaken("m", gauge, []);
  expect(totals.totalOf("m", gauge)).toBe(gauge);
});
