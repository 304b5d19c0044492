import type { MetricSnapshot } from "@aiokpl/metrics-core";
import { exampleSnapshots } from "@aiokpl/sink-testkit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DimensionSets } from "./dimension-sets.ts";
import {
  kplDimensionNames,
  kplDimensionSets,
  type KplDimensionSetsOptions,
} from "./kpl-dimension-sets.ts";
import { RollUp, type RollUpOptions } from "./roll-up.ts";

const quiet = { dimensionNames: {}, warn: () => {} };

/** A window in one part. */
function rollUp(window: readonly MetricSnapshot[], options: RollUpOptions) {
  return new RollUp(options).prepare(window, { last: true }).snapshots;
}

/** A window in parts of these sizes, and one with what is left. */
function rollUpInParts(
  window: readonly MetricSnapshot[],
  sizes: readonly number[],
  options: RollUpOptions,
) {
  const rollUp = new RollUp(options);
  const returned: MetricSnapshot[] = [];
  let start = 0;
  for (const size of sizes) {
    const part = window.slice(start, start + size);
    returned.push(...rollUp.prepare(part, { last: false }).snapshots);
    start += size;
  }
  for (let part = window.slice(start), more = true; more; part = []) {
    const prepared = rollUp.prepare(part, { last: true });
    returned.push(...prepared.snapshots);
    more = prepared.more === true;
  }
  return returned;
}

function windowOf(...dimensions: readonly Record<string, string>[]) {
  return exampleSnapshots({
    series: dimensions.map((each, i) => ({ name: "m", dimensions: each, values: [i + 1] })),
  });
}

function seriesOf(
  window: ReturnType<typeof windowOf>,
  dimensionSets: DimensionSets,
  dimensionNames = {},
): string[] {
  return rollUp(window, { ...quiet, dimensionSets, dimensionNames }).map(
    ({ dimensions, sum }) => `${dimensions.map((pair) => pair.join("=")).join(" ")}: ${sum}`,
  );
}

test("without dimensionSets and dimensionNames a window stays as it is", () => {
  const window = windowOf({ a: "1" });
  expect(rollUp(window, { ...quiet, dimensionSets: undefined })).toBe(window);
});

test("each set becomes a series, added up over the dimensions that it leaves out", () => {
  const window = windowOf({ a: "1", b: "x" }, { a: "1", b: "y" }, { a: "2", b: "x" });
  expect(seriesOf(window, [["a"], []])).toEqual(["a=1: 3", ": 6", "a=2: 3"]);
});

test("a set applies to a series that has all of its dimensions; a series without such a set keeps them all", () => {
  const window = windowOf({ a: "1" }, { c: "9" });
  expect(seriesOf(window, [["a"], ["a", "b"]])).toEqual(["a=1: 1", "c=9: 2"]);
});

test("gauges that a set rolls up become one reading of their combined level", () => {
  const gauge = { name: "in_flight", kind: "gauge" as const };
  const window = exampleSnapshots({
    series: [
      { ...gauge, dimensions: { worker: "1" }, values: [9, 5] },
      { ...gauge, dimensions: { worker: "2" }, values: [7] },
    ],
  });
  const rolledUp = rollUp(window, { ...quiet, dimensionSets: [["worker"], []] });
  expect(rolledUp.map(({ count, sum, min, max }) => [count, sum, min, max])).toEqual([
    [2, 14, 5, 9],
    [1, 12, 12, 12],
    [1, 7, 7, 7],
  ]);
  const mean = window.map((each) => ({ ...each, combine: "mean" as const }));
  expect(rollUp(mean, { ...quiet, dimensionSets: [[]] })).toMatchObject([{ sum: 6, levels: 2 }]);
});

test("a set that is given twice makes one series", () => {
  expect(
    seriesOf(windowOf({ a: "1", b: "2" }), [
      ["a", "b"],
      ["b", "a"],
    ]),
  ).toEqual(["a=1 b=2: 1"]);
});

test("a function that throws has failed: all dimensions are sent, with a warning", () => {
  const warnings: string[] = [];
  const dimensionSets = () => {
    throw new Error("oops");
  };
  const [only] = rollUp(windowOf({ a: "1" }), {
    dimensionSets,
    dimensionNames: {},
    warn: (each) => warnings.push(each),
  });
  expect(only?.dimensions).toEqual([["a", "1"]]);
  expect(warnings[0]).toContain("oops");
});

test.each([
  ["a list of strings", () => ["ab"]],
  ["a string", () => "ab"],
  ["a promise", () => Promise.reject(new Error("nobody else catches this"))],
  ["null", () => null],
])(
  "a function that returns %s has failed: all dimensions are sent, with a warning",
  (_, returns) => {
    const warnings: string[] = [];
    const dimensionSets = returns as unknown as DimensionSets;
    const warn = (each: string): void => void warnings.push(each);
    const rolled = rollUp(windowOf({ a: "1", c: "2" }), {
      dimensionSets,
      dimensionNames: {},
      warn,
    });
    expect(rolled).toMatchObject([
      {
        dimensions: [
          ["a", "1"],
          ["c", "2"],
        ],
      },
    ]);
    expect(warnings).toEqual([expect.stringContaining("must be a list of lists")]);
  },
);

test("a dimension with an empty or blank value is left out of what is rolled up, and the datum stays", () => {
  const warnings: string[] = [];
  const options = {
    dimensionSets: undefined,
    dimensionNames: { b: "B" },
    warn: (each: string) => void warnings.push(each),
  };
  const rolled = rollUp(windowOf({ a: " \t", b: "1" }, { b: "1" }), options);
  expect(rolled).toMatchObject([{ dimensions: [["B", "1"]], sum: 3, count: 2 }]);
  expect(warnings).toEqual([expect.stringContaining('"a"')]);
});

test("where nothing is rolled up, a part with a blank value stays as it is, with a warning", () => {
  const warnings: string[] = [];
  const warn = (each: string): void => void warnings.push(each);
  const window = windowOf({ a: " \t", b: "1" }, { b: "1" });
  expect(rollUp(window, { dimensionSets: undefined, dimensionNames: {}, warn })).toBe(window);
  expect(warnings).toEqual([expect.stringContaining('"a"')]);
});

test("of two dimensions that get one name the second is sent, with a warning", () => {
  const warnings: string[] = [];
  const dimensionNames = { a: "X", b: "X" };
  const options = {
    dimensionSets: undefined,
    dimensionNames,
    warn: (each: string) => void warnings.push(each),
  };
  expect(rollUp(windowOf({ a: "1", b: "2" }), options)[0]?.dimensions).toEqual([["X", "2"]]);
  expect(warnings).toHaveLength(1);
});

test("each set has the window's count and sum", () => {
  const dimension = fc.dictionary(fc.constantFrom("a", "b", "c"), fc.constantFrom("1", "2"), {
    maxKeys: 3,
  });
  fc.assert(
    fc.property(
      fc.uniqueArray(dimension, {
        minLength: 1,
        maxLength: 20,
        selector: (each) => JSON.stringify(["a", "b", "c"].map((name) => each[name])),
      }),
      (list) => {
        const window = windowOf(...list);
        const total = window.reduce((all, { sum }) => all + sum, 0);
        const rolled = rollUp(window, { ...quiet, dimensionSets: () => [[], ["a", "b", "c"]] });
        const sums = new Map<boolean, number>();
        for (const { dimensions, sum } of rolled)
          sums.set(dimensions.length === 0, (sums.get(dimensions.length === 0) ?? 0) + sum);
        const empty = window
          .filter(({ dimensions }) => dimensions.length === 0)
          .reduce((all, { sum }) => all + sum, 0);
        expect(sums.get(true)).toBe(total);
        expect(sums.get(false) ?? 0).toBe(total - empty);
      },
    ),
  );
});

describe("a window in parts", () => {
  const value = fc.constantFrom("1", "2", " ");
  const dimension = fc.dictionary(fc.constantFrom("a", "b", "c"), value, { maxKeys: 3 });
  const window = fc
    .uniqueArray(dimension, {
      maxLength: 20,
      selector: (each) => JSON.stringify(["a", "b", "c"].map((name) => each[name])),
    })
    .map((all) => windowOf(...all));
  const options = fc.record({
    dimensionSets: fc.constantFrom(undefined, [["a"], []], [["a", "b"]], () => undefined),
    dimensionNames: fc.constantFrom({}, { a: "b" }, { a: "A", c: "C" }),
    warn: fc.constant(() => {}),
  });
  const sizes = fc.array(fc.nat(6), { maxLength: 6 });

  test("becomes what it would become at once, each series once", () => {
    const seriesOf = ({ name, dimensions }: MetricSnapshot) => JSON.stringify([name, dimensions]);
    fc.assert(
      fc.property(window, sizes, options, (all, cuts, given) => {
        const rolled = rollUpInParts(all, cuts, given);
        expect(rolled).toEqual(rollUp(all, given));
        expect(new Set(rolled.map(seriesOf)).size).toBe(rolled.length);
      }),
    );
  });

  test("goes out part by part where nothing can merge", () => {
    const rollUp = new RollUp({ ...quiet, dimensionSets: undefined });
    const [first, second] = [windowOf({ a: "1" }), windowOf({ a: "2" })];
    expect(rollUp.prepare(first, { last: false }).snapshots).toBe(first);
    expect(rollUp.prepare(second, { last: true })).toEqual({ snapshots: second });
  });

  test("that becomes many series is returned in pieces after its last part", () => {
    const series = Array.from({ length: 2_500 }, (_, i) => ({ name: `m${i}` }));
    const all = exampleSnapshots({ series });
    const rollUp = new RollUp({ ...quiet, dimensionSets: [[]] });
    expect(rollUp.prepare(all.slice(0, 2_000), { last: false }).snapshots).toEqual([]);
    const pieces = [all.slice(2_000), [], []].map((part) => rollUp.prepare(part, { last: true }));
    expect(pieces.map(({ more }) => more)).toEqual([true, true, false]);
    expect(pieces.map(({ snapshots }) => snapshots.length)).toEqual([1_000, 1_000, 500]);
    expect(pieces.flatMap(({ snapshots }) => snapshots)).toEqual(all);
  });

  test("leaves nothing for the next window", () => {
    const rollUp = new RollUp({ ...quiet, dimensionSets: [[]] });
    for (let i = 0; i < 2; i++) {
      rollUp.prepare(windowOf({ a: "1" }), { last: false });
      const { snapshots } = rollUp.prepare(windowOf({ a: "2" }), { last: true });
      expect(snapshots).toMatchObject([{ count: 2 }]);
    }
  });
});

describe("the KPL's tree", () => {
  test("golden vector: a metric of a shard, with one extra at each granularity, makes six series", () => {
    const sets = kplDimensionSets({ global: ["a"], stream: ["b"], shard: ["c"] });
    const window = windowOf({ a: "1", b: "2", c: "3", stream: "S", shard: "shardId-000000000000" });
    expect(seriesOf(window, sets, kplDimensionNames)).toEqual([
      ": 1",
      "a=1: 1",
      "StreamName=S a=1: 1",
      "StreamName=S a=1 b=2: 1",
      "ShardId=shardId-000000000000 StreamName=S a=1 b=2: 1",
      "ShardId=shardId-000000000000 StreamName=S a=1 b=2 c=3: 1",
    ]);
  });

  test("golden vector: two streams of two shards make seven series", () => {
    const shards = ["A", "B"].flatMap((stream) => ["0", "1"].map((shard) => ({ stream, shard })));
    const series = seriesOf(windowOf(...shards), kplDimensionSets(), kplDimensionNames);
    expect(series.toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
      ": 10",
      "ShardId=0 StreamName=A: 1",
      "ShardId=0 StreamName=B: 3",
      "ShardId=1 StreamName=A: 2",
      "ShardId=1 StreamName=B: 4",
      "StreamName=A: 3",
      "StreamName=B: 7",
    ]);
  });

  test("the error code comes before the stream, and all codes together have a series", () => {
    const window = windowOf({ code: "E", stream: "A", shard: "0" });
    expect(seriesOf(window, kplDimensionSets(), kplDimensionNames)).toEqual([
      ": 1",
      "ErrorCode=E: 1",
      "ErrorCode=E StreamName=A: 1",
      "ErrorCode=E ShardId=0 StreamName=A: 1",
    ]);
  });

  test.each([
    ["global", 1],
    ["stream", 2],
    ["shard", 3],
  ] as const)("granularity %s makes %i series of a metric of a shard", (granularity, count) => {
    expect(
      seriesOf(windowOf({ stream: "A", shard: "0" }), kplDimensionSets({ granularity })),
    ).toHaveLength(count);
  });

  test.each([
    [{ granularity: "shards" }, /granularity is "shards".*"global", "stream", "shard"/],
    [{ stream: "host" }, /stream is "host".*list/],
    [{ global: [1] }, /global is \[1\].*list/],
    [{ extras: [] }, /extras/],
  ])("wrong options throw: %j", (options, message) => {
    expect(() => kplDimensionSets(options as unknown as KplDimensionSetsOptions)).toThrow(message);
  });

  test("a metric with dimensions that the KPL does not have keeps them all", () => {
    expect(seriesOf(windowOf({ route: "/", stream: "A" }), kplDimensionSets())).toEqual([
      "route=/ stream=A: 1",
    ]);
  });
});
