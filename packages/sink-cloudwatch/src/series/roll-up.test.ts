import { exampleSnapshots } from "@aiokpl/sink-testkit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DimensionSets } from "./dimension-sets.ts";
import {
  kplDimensionNames,
  kplDimensionSets,
  type KplDimensionSetsOptions,
} from "./kpl-dimension-sets.ts";
import { rollUp } from "./roll-up.ts";

const quiet = { dimensionNames: {}, warn: () => {} };

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

test("a dimension with an empty or blank value is left out, and the datum stays", () => {
  const warnings: string[] = [];
  const options = {
    dimensionSets: undefined,
    dimensionNames: {},
    warn: (each: string) => void warnings.push(each),
  };
  const rolled = rollUp(windowOf({ a: " \t", b: "1" }, { b: "1" }), options);
  expect(rolled).toMatchObject([{ dimensions: [["b", "1"]], sum: 3, count: 2 }]);
  expect(warnings[0]).toContain('"a"');
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
