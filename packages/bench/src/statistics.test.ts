import { expect, test } from "vitest";
import { median, paired, quantileOf, spread } from "./statistics.ts";

test("the median is the middle value, or the mean of two, in any order of the values", () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([7])).toBe(7);
  expect(median([])).toBeNaN();
});

test("numbers are sorted by value and not by their digits, and the caller's array is left alone", () => {
  const values = [10, 9, 100];
  expect(median(values)).toBe(10);
  expect(values).toEqual([10, 9, 100]);
});

test("a quantile lies between the values around it", () => {
  expect(quantileOf([0, 10], 0.25)).toBe(2.5);
  expect(quantileOf([0, 10, 20, 30, 40], 0.75)).toBe(30);
});

test("the spread is half the distance between the quartiles, as a share of the median", () => {
  expect(spread([10, 10, 10])).toBe(0);
  expect(spread([8, 9, 10, 11, 12])).toBeCloseTo(0.1);
  expect(spread([0, 0])).toBe(0);
});

test("rounds are paired by position, so that a slow minute cancels out", () => {
  expect(paired([2, 20], [1, 10], (a, b) => a / b)).toEqual([2, 2]);
  expect(paired([1], [], (a, b) => a / b)).toEqual([NaN]);
});
