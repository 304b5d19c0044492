import type { Dimensions } from "@aiokpl/metrics-core";
import { expect, test } from "vitest";
import { DimensionsCache, hashText } from "./dimensions-cache.ts";

/** A cache of values, which are in objects as a cache wants them. */
class ValueCache<V> {
  readonly #cache: DimensionsCache<{ readonly value: V; usedAt: number }>;

  constructor(clock?: () => number) {
    this.#cache = new DimensionsCache(clock);
  }

  get size(): number {
    return this.#cache.size;
  }

  get(dimensions: Dimensions): V | undefined {
    return this.#cache.get(dimensions)?.value;
  }

  set(dimensions: Dimensions, value: V): void {
    this.#cache.set(dimensions, { value, usedAt: 0 });
  }

  forgetUnused(): void {
    this.#cache.forgetUnused();
  }
}

test("a value is remembered for the array itself, not for an equal one", () => {
  const cache = new ValueCache<number>();
  const arrays: readonly Dimensions[] = Array.from({ length: 1_000 }, (_, i) => [["a", `${i}`]]);
  for (const [i, array] of arrays.entries()) cache.set(array, i);
  expect(arrays.map((array) => cache.get(array))).toEqual(arrays.map((_, i) => i));
  expect(cache.get([["a", "1"]])).toBeUndefined();
  for (const array of arrays) cache.set(array, -1);
  expect(arrays.every((array) => cache.get(array) === -1)).toBe(true);
});

test("what was not used for ten minutes is forgotten within some more, little by little", () => {
  let now = 0;
  const cache = new ValueCache<number>(() => now);
  const arrays: readonly Dimensions[] = Array.from({ length: 20_000 }, (_, i) => [["a", `${i}`]]);
  for (const array of arrays) cache.set(array, 1);
  const [used = []] = arrays;
  const sizes: number[] = [];
  for (; now <= 25 * 60_000; now += 60_000) {
    cache.forgetUnused();
    sizes.push(cache.size);
    expect(cache.get(used)).toBe(1);
  }
  expect(sizes.slice(0, 11).every((size) => size === 20_000)).toBe(true);
  const forgotten = sizes.map((size, minute) => (sizes[minute - 1] ?? size) - size);
  expect(Math.max(...forgotten)).toBeLessThan(3_000);
  expect(cache.size).toBe(1);
  for (const array of arrays) cache.set(array, 1);
  now += 24 * 3_600_000;
  cache.forgetUnused();
  expect(cache.size).toBeGreaterThan(17_000);
  for (let call = 0; call < 10; call++) cache.forgetUnused();
  expect(cache.size).toBe(0);
  cache.set(used, 2);
  now += 5_000;
  cache.forgetUnused();
  expect(cache.get(used)).toBe(2);
});

/** More arrays than are remembered. */
const tooMany: readonly Dimensions[] = Array.from({ length: 300_000 }, (_, i) => [["a", `${i}`]]);

/** Returns how many of them are known. What is not known is set, as for a window. */
function knownOf(cache: ValueCache<string>): number {
  let known = 0;
  for (const array of tooMany) {
    if (cache.get(array) === undefined) cache.set(array, "x");
    else known++;
  }
  return known;
}

test("there is a limit to how much is remembered, and what is remembered stays, window by window", () => {
  const cache = new ValueCache<string>();
  const known = [knownOf(cache), knownOf(cache), knownOf(cache)];
  expect(cache.size).toBeLessThanOrEqual(262_144);
  expect(cache.size).toBeGreaterThan(250_000);
  expect(known).toEqual([0, cache.size, cache.size]);
});

test("a new value for what is remembered forgets nothing else, also where no more has room", () => {
  const cache = new ValueCache<string>();
  // Equal texts have room for 4,096 arrays.
  const arrays: readonly Dimensions[] = Array.from({ length: 5_000 }, () => [["a", "same"]]);
  for (const array of arrays) cache.set(array, "x");
  const known = arrays.filter((array) => cache.get(array) === "x");
  expect(known).toEqual(arrays.slice(0, 4_096));
  for (const array of known) cache.set(array, "y");
  expect(known.every((array) => cache.get(array) === "y")).toBe(true);
});

test("at the limit, others are remembered after what is no longer used was forgotten", () => {
  let now = 0;
  const cache = new ValueCache<string>(() => now);
  knownOf(cache);
  now = 24 * 3_600_000;
  for (let call = 0; call < 200; call++) cache.forgetUnused();
  expect(cache.size).toBe(0);
  const others = tooMany.toReversed().slice(0, 100);
  for (const array of others) cache.set(array, "z");
  expect(others.map((array) => cache.get(array))).toEqual(others.map(() => "z"));
});

test.each([
  ["numbers at the end", (i: number) => `shardId-${String(i).padStart(12, "0")}`],
  ["numbers at the start", (i: number) => `${i}.host.eu-west-1.compute.internal`],
  ["numbers alone", String],
])("hashes of texts with %s are spread evenly", (_, textOf) => {
  const counts = new Map<number, number>();
  for (let i = 0; i < 64_000; i++) {
    const part = hashText(0, textOf(i)) % 64;
    counts.set(part, (counts.get(part) ?? 0) + 1);
  }
  expect(counts.size).toBe(64);
  expect(Math.max(...counts.values())).toBeLessThan(2_000);
});
