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

test("without sets and names a window stays as it is", () => {
  const window = windowOf({ a: "1" });
  expect(rollUp(window, { ...quiet, dimensionSets: undefined })).toBe(window);
});

test("each set is a series, and what is left out of it is added up", () => {
  const window = windowOf({ a: "1", b: "x" }, { a: "1", b: "y" }, { a: "2", b: "x" });
  expect(seriesOf(window, [["a"], []])).toEqual(["a=1: 3", ": 6", "a=2: 3"]);
});

test("a set counts where the series has all of it; where none does, nothing is dropped", () => {
  const window = windowOf({ a: "1" }, { c: "9" });
  expect(seriesOf(window, [["a"], ["a", "b"]])).toEqual(["a=1: 1", "c=9: 2"]);
});

test("a set that is named twice counts once", () => {
  expect(
    seriesOf(windowOf({ a: "1", b: "2" }), [
      ["a", "b"],
      ["b", "a"],
    ]),
  ).toEqual(["a=1 b=2: 1"]);
});

test("a function may choose by metric, and where it fails the full set is sent", () => {
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

test("dimension value empty or whitespace: the dimension goes, the datum stays", () => {
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

test("repeated dimension names: the last wins, with a warning", () => {
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

test("count and sum of every set are those of the window", () => {
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
  test("golden vector: one extra at each granularity makes six series of a shard's metric", () => {
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

  test("the error code comes before the stream, and all codes have a series together", () => {
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
  ] as const)("of granularity %s it has %i series for a shard", (granularity, count) => {
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

  test("what is no metric of the KPL keeps its dimensions", () => {
    expect(seriesOf(windowOf({ route: "/", stream: "A" }), kplDimensionSets())).toEqual([
      "route=/ stream=A: 1",
    ]);
  });
});
