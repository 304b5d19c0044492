import { expect, test, vi } from "vitest";
import type { DimensionValues } from "../contract/dimensions.ts";
import type { MetricsError } from "../problems/metrics-error.ts";
import { MetricsManager } from "../metrics-manager.ts";
import { InMemorySink } from "../sinks/in-memory-sink.ts";
import { SeriesIndex } from "./series-index.ts";
import { Series } from "./series.ts";

const SERIES = 2_000;

/** The least time that finding each of the series took, of many rounds: other work on the machine only adds. */
function timeToFind(all: readonly DimensionValues[]): number {
  const index = new SeriesIndex(
    () => new Series(undefined),
    [],
    () => {},
  );
  const series = all.map((dimensions) => index.findOrCreate(dimensions, all.length));
  let least = Infinity;
  for (let round = 0; round < 60; round++) {
    const start = performance.now();
    for (const dimensions of all) index.find(dimensions);
    least = Math.min(least, performance.now() - start);
  }
  expect(all.map((dimensions) => index.find(dimensions))).toEqual(series);
  return least;
}

/** The slot of a sum of ids in a table of 4,096 by a mix without a seed, which anybody can compute. */
function slotWithoutSeed(ids: readonly number[]): number {
  let sum = 0;
  for (const id of ids) {
    const product = Math.imul(id, 0x9e3779b1);
    sum = (sum + Math.imul(product ^ (product >>> 15), 0x85ebca77)) | 0;
  }
  return (sum ^ (sum >>> 16)) & 4_095;
}

/** Values of three dimensions that a known mix sends to neighbouring slots. */
function chosenTriples(): readonly DimensionValues[] {
  const VALUES = 64;
  const named = (a: number, b: number, c: number) => ({ a: `a${a}`, b: `b${b}`, c: `c${c}` });
  // The first series give each value its id: three in a row.
  const first = Array.from({ length: VALUES }, (_, i) => named(i, i, i));
  const candidates: { readonly slot: number; readonly dimensions: DimensionValues }[] = [];
  for (let a = 0; a < VALUES; a++)
    for (let b = 0; b < VALUES; b++)
      for (let c = 0; c < VALUES; c++)
        if (a !== b || b !== c)
          candidates.push({
            slot: slotWithoutSeed([3 * a + 1, 3 * b + 2, 3 * c + 3]),
            dimensions: named(a, b, c),
          });
  candidates.sort((one, other) => one.slot - other.slot);
  return [...first, ...candidates.map(({ dimensions }) => dimensions)].slice(0, SERIES);
}

const plainTriples: readonly DimensionValues[] = Array.from({ length: SERIES }, (_, i) => ({
  a: `a${i % 64}`,
  b: `b${Math.floor(i / 64)}`,
  c: `c${i % 7}`,
}));

test("three dimensions chosen to collide cost no more than others", () => {
  expect(timeToFind(chosenTriples())).toBeLessThan(timeToFind(plainTriples) * 5);
});

/** V8's hash of a small integer, which has no seed. */
function hashOfInteger(key: number): number {
  let hash = key | 0;
  hash = (~hash + (hash << 15)) | 0;
  hash ^= hash >>> 12;
  hash = (hash + (hash << 2)) | 0;
  hash ^= hash >>> 4;
  hash = Math.imul(hash, 2_057);
  return hash ^ (hash >>> 16);
}

test("numbers chosen to collide cost no more than others", () => {
  const chosen: DimensionValues[] = [];
  for (let id = 0; chosen.length < SERIES; id++)
    if ((hashOfInteger(id) & 2_047) === 5) chosen.push({ id });
  const plain = Array.from({ length: SERIES }, (_, i) => ({ id: i * 7_919 }));
  expect(timeToFind(chosen)).toBeLessThan(timeToFind(plain) * 8);
});

function setUp(maxDimensions?: number) {
  const errors: MetricsError[] = [];
  const sink = new InMemorySink();
  const metrics = new MetricsManager({
    sink,
    maxDimensions,
    onError: (error) => errors.push(error),
  });
  return { errors, sink, metrics };
}

function dimensionsOf(names: Iterable<number>): DimensionValues {
  return Object.fromEntries([...names].map((i) => [`d${i}`, i]));
}

test.each(["name", "handle"] as const)(
  "more dimensions than maxDimensions are refused, by %s, and leave nothing behind",
  async (by) => {
    const { errors, metrics } = setUp(3);
    const put = (dimensions: DimensionValues): void =>
      by === "name" ? metrics.put("a", 1, dimensions) : metrics.bind("a", dimensions).put(1);
    put(dimensionsOf([1, 2, 3, 4]));
    expect(metrics.stats()).toMatchObject({ metrics: 0, series: 0 });
    put(dimensionsOf([1, 2, 3]));
    put({ ...dimensionsOf([1, 2, 3]), absent: undefined, none: null, empty: "" });
    expect(metrics.stats()).toMatchObject({ accepted: 2, refused: { invalid_dimensions: 1 } });
    expect(errors).toMatchObject([
      {
        code: "invalid_dimensions",
        metric: "a",
        message:
          'metric "a" was given 4 dimensions, at most 3 are taken (the option maxDimensions)',
      },
    ]);
    await metrics.close();
  },
);

test("64 dimensions are the default limit", () => {
  const { metrics } = setUp();
  metrics.count("a", 1, dimensionsOf(Array.from({ length: 64 }, (_, i) => i)));
  metrics.count("a", 1, dimensionsOf(Array.from({ length: 65 }, (_, i) => i)));
  expect(metrics.stats()).toMatchObject({ accepted: 1, refused: { invalid_dimensions: 1 } });
});

test.each([0, 257, 1.5])("maxDimensions of %d is out of range", (maxDimensions) => {
  expect(() => new MetricsManager({ maxDimensions })).toThrow(
    `maxDimensions is ${maxDimensions}, must be a whole number from 1 to 256`,
  );
});

test("40,000 dimensions in another order are refused in the time that it takes to read them", () => {
  const { metrics } = setUp();
  const names = Array.from({ length: 40_000 }, (_, i) => i);
  metrics.count("a", 1, dimensionsOf(names));
  const reversed = dimensionsOf(names.toReversed());
  const start = performance.now();
  metrics.count("a", 1, reversed);
  expect(performance.now() - start).toBeLessThan(500);
  expect(metrics.stats()).toMatchObject({ accepted: 0, refused: { invalid_dimensions: 2 } });
});

test("a program whose Math.random is a constant has tags as any other", async () => {
  vi.resetModules();
  const random = vi.spyOn(Math, "random").mockReturnValue(0.5);
  const { tagsUpTo } = await import("./random-tags.ts");
  random.mockRestore();
  expect(new Set(tagsUpTo(9_999).subarray(0, 10_000)).size).toBeGreaterThan(9_990);
});

test("each process has tags of its own", async () => {
  const { tagsUpTo: some } = await import("./random-tags.ts");
  vi.resetModules();
  const { tagsUpTo: others } = await import("./random-tags.ts");
  expect([...some(9).subarray(0, 10)]).not.toEqual([...others(9).subarray(0, 10)]);
});
