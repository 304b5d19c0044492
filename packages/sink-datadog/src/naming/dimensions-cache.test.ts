import type { Dimensions } from "@aiokpl/metrics-core";
import { expect, test } from "vitest";
import { DimensionsCache, hashText } from "./dimensions-cache.ts";

test("a value is remembered for the array itself, not for an equal one", () => {
  const cache = new DimensionsCache<number>();
  const arrays: readonly Dimensions[] = Array.from({ length: 1_000 }, (_, i) => [["a", `${i}`]]);
  for (const [i, array] of arrays.entries()) cache.set(array, i);
  expect(arrays.map((array) => cache.get(array))).toEqual(arrays.map((_, i) => i));
  expect(cache.get([["a", "1"]])).toBeUndefined();
  for (const array of arrays) cache.set(array, -1);
  expect(arrays.every((array) => cache.get(array) === -1)).toBe(true);
});

test("what was not used for ten minutes is forgotten within some more, little by little", () => {
  let now = 0;
  const cache = new DimensionsCache<number>(() => now);
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

test("there is a limit to how much is remembered", () => {
  const cache = new DimensionsCache<number>();
  for (let i = 0; i < 300_000; i++) {
    const array: Dimensions = [["a", `${i}`]];
    cache.set(array, i);
    if (i % 1_000 === 0) expect(cache.get(array)).toBe(i);
    if (i === 200_000) expect(cache.size).toBe(200_001);
  }
  expect(cache.size).toBeLessThanOrEqual(262_144);
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
