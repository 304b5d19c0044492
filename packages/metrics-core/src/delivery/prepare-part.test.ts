import { describe, expect, test, vi } from "vitest";
import type { MetricSnapshot } from "../contract/metric-snapshot.ts";
import { preparePart } from "./prepare-part.ts";
import { SeriesMap } from "./series-map.ts";

function snapshot(more: Partial<Record<keyof MetricSnapshot, unknown>> = {}): MetricSnapshot {
  return {
    name: "a",
    kind: "counter",
    unit: "1",
    count: 1,
    sum: 1,
    min: 1,
    max: 1,
    last: 1,
    dimensions: [],
    windowStart: 0,
    windowEnd: 1,
    ...more,
  } as MetricSnapshot;
}

const window = [snapshot({ name: "a" }), snapshot({ name: "b" }), snapshot({ name: "c" })];

function prepare(prepared: unknown, last = true, made = new SeriesMap<MetricSnapshot>()) {
  const sink = { prepare: () => prepared as never, export: async () => {} };
  const checked = preparePart(sink, window, { last }, made);
  if ("failure" in checked) throw checked.failure;
  return checked;
}

test("a part of the window in the same order is accepted unchanged", () => {
  const [a, , c] = window;
  expect(prepare([a, c]).snapshots).toEqual([a, c]);
  expect(prepare([]).snapshots).toEqual([]);
});

test("a window in another order and new series are accepted", () => {
  const rolledUp = snapshot({ name: "a", dimensions: [["x", "y"]], count: 3 });
  expect(prepare([...window.toReversed(), rolledUp]).snapshots).toEqual([
    ...window.toReversed(),
    rolledUp,
  ]);
  expect(Object.isFrozen(rolledUp)).toBe(true);
});

const histogram = {
  scale: 3,
  zeroCount: 1,
  positive: { offset: 0, bucketCounts: [1] },
  negative: { offset: 0, bucketCounts: [] },
};

test("a distribution with a histogram is accepted", () => {
  const distribution = snapshot({ kind: "distribution", count: 2, histogram });
  expect(prepare([distribution]).snapshots).toEqual([distribution]);
});

describe("a window is refused for a snapshot", () => {
  test.each<[string, Partial<Record<keyof MetricSnapshot, unknown>>, RegExp]>([
    ["a negative count", { count: -5 }, /count is not a whole number from 1/],
    ["a count of 0", { count: 0 }, /count is not a whole number from 1/],
    ["a count that is not whole", { count: 1.5 }, /count is not a whole number from 1/],
    ["an infinite sum", { sum: Infinity }, /sum is not a finite number/],
    ["a min of NaN", { min: NaN }, /min is not a finite number/],
    ["a max that is missing", { max: undefined }, /max is not a finite number/],
    ["a last that is text", { last: "1" }, /last is not a finite number/],
    ["an unknown kind", { kind: "timer" }, /kind is neither/],
    ["times that run backwards", { windowStart: 5, windowEnd: 4 }, /windowEnd is before/],
    ["a start of NaN", { windowStart: NaN }, /windowStart is not a finite number/],
    ["dimensions that are no pairs", { dimensions: ["x"] }, /snapshots and nothing else/],
    ["a value that is no text", { dimensions: [["x", 1]] }, /snapshots and nothing else/],
    ["a histogram that is none", { histogram: {} }, /not an exponential histogram/],
    ["a histogram of null", { histogram: null }, /not an exponential histogram/],
    [
      "a histogram with half a count",
      { histogram: { ...histogram, positive: { offset: 0, bucketCounts: [0.5] } } },
      /not an exponential histogram/,
    ],
    [
      "a histogram with a limit that no metric has",
      { histogram: { ...histogram, maxBuckets: 131 } },
      /not an exponential histogram/,
    ],
    ["thresholds of null", { thresholds: null }, /whose thresholds/],
    ["thresholds without bounds", { thresholds: { bounds: [], counts: [1] } }, /whose thresholds/],
    ["a bound of NaN", { thresholds: { bounds: [NaN], counts: [1, 0] } }, /whose thresholds/],
    ["bounds that fall", { thresholds: { bounds: [2, 1], counts: [1, 0, 0] } }, /whose thresholds/],
    ["a count too few", { thresholds: { bounds: [1, 2], counts: [1, 0] } }, /whose thresholds/],
    ["a count below 0", { thresholds: { bounds: [1, 2], counts: [2, -1, 0] } }, /whose thresholds/],
    ["half a count", { thresholds: { bounds: [1], counts: [0.5, 0.5] } }, /whose thresholds/],
    [
      "counts that are more than its count",
      { thresholds: { bounds: [1], counts: [1, 1] } },
      /add up/,
    ],
    [
      "65 bounds",
      {
        thresholds: {
          bounds: Array.from({ length: 65 }, (_, i) => i),
          counts: [1, ...Array(65).fill(0)],
        },
      },
      /whose thresholds/,
    ],
  ])("with %s", (_, more, message) => {
    expect(() => prepare([snapshot({ name: "d", ...more })])).toThrow(message);
    const rejected = [{ snapshot: snapshot({ name: "d", ...more }), reason: "r" }];
    expect(() => prepare({ snapshots: [], rejected })).toThrow(message);
  });

  test("of a series that is there twice, in the same object or in another", () => {
    const dimensions = (): unknown => [["x", "y"]];
    const twice = [snapshot({ dimensions: dimensions() }), snapshot({ dimensions: dimensions() })];
    expect(() => prepare(twice)).toThrow(/a series of "a" twice/);
    expect(() => prepare([...window, snapshot({ name: "b" })])).toThrow(/a series of "b" twice/);
    expect(() => prepare([window[0], window[0]])).toThrow(/not return a snapshot twice/);
  });

  test("with a getter that may return something else each time", () => {
    let count = 0;
    const slippery = Object.defineProperty(snapshot({ name: "d" }), "count", {
      get: () => ++count,
    });
    expect(() => prepare([slippery])).toThrow(/plain values/);
    const proxy = new Proxy(snapshot({ name: "d" }), {
      get: (target, member): unknown =>
        member === "count" ? ++count : Reflect.get(target, member),
    });
    expect(() => prepare([proxy])).toThrow(TypeError);
  });

  test("that is a hole in the array", () => {
    // oxlint-disable-next-line no-sparse-arrays -- it is what is tested
    expect(() => prepare([window[0], , window[1]])).toThrow(/snapshots and nothing else/);
  });
});

test.each([
  ["another kind", { kind: "gauge" }],
  ["another unit", { unit: "By" }],
  ["the overflow mark", { overflow: true }],
] as const)("a namesake with %s is another series", (_, more) => {
  const namesake = snapshot({ name: "a", ...more });
  expect(prepare([namesake, ...window]).snapshots).toHaveLength(4);
});

test("promises in a value's place refuse the window, and their rejections do not reach the process", async () => {
  const unhandled = vi.fn();
  process.on("unhandledRejection", unhandled);
  const late = (): Promise<never> => Promise.reject(new Error("late"));
  for (const prepared of [
    late(),
    [late(), late()],
    [...window, late()],
    { snapshots: late() },
    { snapshots: [], rejected: late() },
    { snapshots: late(), rejected: late() },
    { snapshots: [], rejected: [late()] },
    { snapshots: [], rejected: [{ snapshot: window[0], reason: late() }, late()] },
    { snapshots: [late()], rejected: [{ snapshot: late(), reason: "r" }] },
  ]) {
    expect(() => prepare(prepared)).toThrow(/prepare\(\) must/);
  }
  await new Promise((resolve) => setImmediate(resolve));
  process.off("unhandledRejection", unhandled);
  expect(unhandled).not.toHaveBeenCalled();
});

test("more is heeded with the last part, also with nothing to return yet", () => {
  const some = { snapshots: [window[0]], more: true };
  expect(prepare(some).more).toBe(true);
  expect(prepare({ ...some, more: 1 }).more).toBe(false);
  expect(prepare(some, false).more).toBe(false);
  expect(prepare({ snapshots: [], more: true }).more).toBe(true);
});

test("a series that a sink makes twice in a window is found in another part too", () => {
  const made = new SeriesMap<MetricSnapshot>();
  expect(prepare([snapshot({ name: "d" })], false, made).snapshots).toHaveLength(1);
  expect(() => prepare([snapshot({ name: "d" })], true, made)).toThrow(/a series of "d" twice/);
});
