import { expect, test } from "vitest";
import { differences, excesses, Totals } from "./totals.ts";

function totals(...entries: readonly (readonly [name: string, count: number, sum: number])[]) {
  const all = new Totals();
  for (const entry of entries) all.add(...entry);
  return all;
}

test("counts and sums add up by metric", () => {
  const all = totals(["a", 1, 5], ["b", 2, 7], ["a", 3, 10]);
  expect(all.of("a")).toEqual({ count: 4, sum: 15 });
  expect(all.count).toBe(6);
  expect(all.of("c")).toEqual({ count: 0, sum: 0 });
});

test("adding two totals changes neither of them", () => {
  const [a, b] = [totals(["a", 1, 5]), totals(["a", 1, 1], ["b", 1, 2])];
  expect(differences(a.plus(b), totals(["a", 2, 6], ["b", 1, 2]))).toEqual([]);
  expect(differences(a, totals(["a", 1, 5]))).toEqual([]);
});

test("a difference is reported for each metric, whichever side lacks it", () => {
  expect(differences(totals(["a", 1, 5]), totals(["a", 1, 6], ["b", 1, 0]))).toEqual([
    "sum of a is 5 instead of 6",
    "count of b is 0 instead of 1",
  ]);
  expect(differences(totals(["b", 1, 0]), totals())).toEqual(["count of b is 1 instead of 0"]);
});

test("more than allowed is an excess, and less is not", () => {
  expect(excesses(totals(["a", 2, 5]), totals(["a", 3, 5]))).toEqual([]);
  expect(excesses(totals(["a", 2, 5]), totals(["a", 1, 9]))).toEqual([
    "count of a is 2, but may be at most 1",
  ]);
});
