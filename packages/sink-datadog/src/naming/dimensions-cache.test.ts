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
