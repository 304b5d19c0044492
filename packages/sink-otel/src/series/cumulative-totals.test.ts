import type { MetricSnapshot } from "@aiokpl/metrics-core";
import { Warnings } from "@aiokpl/metrics-core/sink";
import { exampleSnapshots } from "@aiokpl/sink-testkit";
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import type { CumulativeSeries } from "./cumulative-series.ts";
import { CumulativeTotals } from "./cumulative-totals.ts";

const HOUR = 3_600_000;
const START = Date.UTC(2030, 0, 1);

let warnings: string[] = [];
beforeEach(() => (warnings = []));

const totalsOf = (limit: number): CumulativeTotals =>
  new CumulativeTotals(
    limit,
    () => undefined,
    new Warnings("opentelemetry", (message) => warnings.push(message)),
  );

/** A window of a minute that ends so long after the start, with one observation of each series. */
function windowAt(endMs: number, ids: readonly string[]): readonly MetricSnapshot[] {
  return exampleSnapshots({
    series: ids.map((id) => ({ name: "a", values: [1], dimensions: { id } })),
    windowStart: START + endMs - 60_000,
    windowMs: 60_000,
  });
}

/** Adds a window to the totals, and reports them up to its end. */
function take(totals: CumulativeTotals, window: readonly MetricSnapshot[]): void {
  const unplaced = window.filter((snapshot) => {
    const series = totals.placeKnown(snapshot.name, snapshot);
    series?.add(snapshot);
    return series === undefined;
  });
  for (const snapshot of unplaced) {
    const series = totals.place(snapshot.name, snapshot);
    series.add(snapshot);
  }
  totals.settle();
  for (const { windowEnd } of window) totals.advanceTo(windowEnd);
}

function idOf({ dimensions, overflow }: CumulativeSeries): string {
  return overflow ? "overflow" : dimensions.map(([, id]) => id).join();
}

/** The total of a counter is its sum. */
function sumOf({ total }: CumulativeSeries): number {
  return typeof total === "number" ? total : NaN;
}

function shown(totals: CumulativeTotals): Record<string, number> {
  return Object.fromEntries([...totals.series()].map((series) => [idOf(series), sumOf(series)]));
}

test("at the limit, a series that was idle for less than an hour keeps its place", () => {
  const totals = totalsOf(3);
  take(totals, windowAt(60_000, ["1", "2"]));
  take(totals, windowAt(HOUR + 59_999, ["3"]));
  expect(shown(totals)).toEqual({ 1: 1, 2: 1, overflow: 1 });
  expect(warnings).toEqual([
    expect.stringContaining("a has 3 series, its limit, and none was idle"),
  ]);
});

test("at the limit, the series that was longest without an observation makes room", () => {
  const totals = totalsOf(4);
  take(totals, windowAt(60_000, ["1", "2", "3"]));
  take(totals, windowAt(120_000, ["1"]));
  take(totals, windowAt(180_000, ["3"]));
  take(totals, windowAt(2 * HOUR, ["4"]));
  expect(shown(totals)).toEqual({ 1: 2, 3: 2, 4: 1 });
  take(totals, windowAt(2 * HOUR + 60_000, ["5"]));
  expect(shown(totals)).toEqual({ 3: 2, 4: 1, 5: 1 });
  expect(warnings).toEqual([expect.stringContaining("make room for new ones")]);
});

test("all series of a metric have the first description that came", () => {
  const totals = totalsOf(4);
  const [first, second, third] = windowAt(60_000, ["1", "2", "3"]);
  if (first === undefined || second === undefined || third === undefined) throw new Error("none");
  take(totals, [first, { ...second, description: "x" }, { ...third, description: "y" }]);
  expect([...totals.series()].map(({ description }) => description)).toEqual(["x", "x", "x"]);
});

test("a series that is observed in the same window as a new one keeps its place, in either order", () => {
  for (const ids of [
    ["1", "2"],
    ["2", "1"],
  ]) {
    const totals = totalsOf(2);
    take(totals, windowAt(60_000, ["1"]));
    take(totals, windowAt(2 * HOUR, ids));
    expect(shown(totals)).toEqual({ 1: 2, overflow: 1 });
  }
});

test("a series with new observations keeps its place, even if they are hours older than those of a new series", () => {
  const totals = totalsOf(2);
  take(totals, windowAt(60_000, ["1"]));
  take(totals, [...windowAt(120_000, ["1"]), ...windowAt(3 * HOUR, ["2"])]);
  expect(shown(totals)).toEqual({ 1: 2, overflow: 1 });
});

test("a series that comes back starts anew, after the end up to which it was reported", () => {
  const totals = totalsOf(2);
  take(totals, windowAt(60_000, ["1"]));
  take(totals, windowAt(2 * HOUR, ["2"]));
  totals.advanceTo(START + 4 * HOUR + 30_000);
  take(totals, windowAt(4 * HOUR + 60_000, ["1"]));
  expect(shown(totals)).toEqual({ 1: 1 });
  const [back] = totals.series();
  expect(back?.start).toBe(START + 4 * HOUR + 30_001);
});

test("observations stay in overflow until they are settled, even if there is room by then", () => {
  const totals = totalsOf(2);
  take(totals, windowAt(60_000, ["1"]));
  const placed = (window: readonly MetricSnapshot[]): readonly boolean[] =>
    window.map((snapshot) => totals.place("a", snapshot).overflow);
  expect(placed(windowAt(HOUR, ["2"]))).toEqual([true]);
  expect(placed(windowAt(3 * HOUR, ["2"]))).toEqual([true]);
  totals.settle();
  expect(placed(windowAt(3 * HOUR, ["2"]))).toEqual([false]);
});

describe("a window that is committed in parts", () => {
  const placed = (totals: CumulativeTotals, endMs: number, id: string): string => {
    const [snapshot] = windowAt(endMs, [id]);
    if (snapshot === undefined) throw new Error("no snapshot");
    const { overflow } = totals.place("a", snapshot);
    return overflow ? "overflow" : "its own";
  };

  test("observations that came before it stay in overflow until its last part", () => {
    const totals = totalsOf(2);
    take(totals, windowAt(60_000, ["1"]));
    expect(placed(totals, HOUR, "2")).toBe("overflow");
    totals.windowCloses();
    expect(placed(totals, 3 * HOUR, "2")).toBe("overflow");
  });

  test("when it is closed, what was placed before it may get a place", () => {
    const totals = totalsOf(2);
    take(totals, windowAt(60_000, ["1"]));
    expect(placed(totals, HOUR, "2")).toBe("overflow");
    totals.windowCloses();
    totals.windowClosed();
    expect(placed(totals, 3 * HOUR, "2")).toBe("its own");
  });

  test("observations that come between two parts stay in overflow until the next window is closed", () => {
    const totals = totalsOf(2);
    take(totals, windowAt(60_000, ["1"]));
    totals.windowCloses();
    expect(placed(totals, HOUR, "2")).toBe("overflow");
    totals.windowClosed();
    expect(placed(totals, 3 * HOUR, "2")).toBe("overflow");
    totals.windowCloses();
    totals.windowClosed();
    expect(placed(totals, 3 * HOUR, "2")).toBe("its own");
  });

  test("a series that is placed between two parts keeps its place until the next window is closed", () => {
    const totals = totalsOf(2);
    totals.windowCloses();
    expect(placed(totals, 60_000, "1")).toBe("its own");
    totals.windowClosed();
    expect(placed(totals, 3 * HOUR, "2")).toBe("overflow");
    totals.settle();
    expect(placed(totals, 3 * HOUR, "3")).toBe("its own");
  });
});

test("for any series that come and go, the limit holds, nothing is lost or counted twice, and no series overlaps its former self", () => {
  const step = fc.record({
    minutes: fc.integer({ min: 1, max: 90 }),
    ids: fc.uniqueArray(fc.nat(12), { minLength: 1, maxLength: 6 }),
  });
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 6 }),
      fc.array(step, { maxLength: 40 }),
      (limit, steps) => {
        const totals = totalsOf(limit);
        /** Of each series, dead ones included, what it showed last. */
        const last = new Map<CumulativeSeries, { id: string; sum: number; end: number }>();
        const ends = new Map<string, number>();
        let now = 0;
        let recorded = 0;
        for (const { minutes, ids } of steps) {
          now += minutes * 60_000;
          recorded += ids.length;
          const alive = new Set(totals.series());
          take(totals, windowAt(now, ids.map(String)));
          const series = [...totals.series()];
          expect(series.length).toBeLessThanOrEqual(limit);
          for (const each of series) {
            const id = idOf(each);
            if (!alive.has(each)) expect(each.start).toBeGreaterThan(ends.get(id) ?? -Infinity);
            const sum = sumOf(each);
            expect(sum).toBeGreaterThanOrEqual(last.get(each)?.sum ?? 0);
            last.set(each, { id, sum, end: totals.end });
            ends.set(id, totals.end);
          }
          const all = [...last.values()].reduce((total, { sum }) => total + sum, 0);
          expect(all).toBe(recorded);
        }
      },
    ),
    { numRuns: 500 },
  );
});
