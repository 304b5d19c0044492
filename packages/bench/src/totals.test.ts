import { expect, test } from "vitest";
import { checkTotals, WorkNotDone } from "./totals.ts";

const settings = { short: true, sabotage: false };
const expected = { count: 10, sum: 20, series: 3 };

test("equal totals pass, and what a contender does not keep is not checked", () => {
  checkTotals({ count: 10, sum: 20, series: 3 }, expected, settings);
  checkTotals({ series: 3 }, expected, settings);
});

test.each([
  { count: 9, sum: 20, series: 3 },
  { count: 10, sum: 20.001, series: 3 },
  { sum: NaN, series: 3 },
  { count: 10, sum: 20, series: 2 },
])("%j is not what was expected", (actual) => {
  expect(() => checkTotals(actual, expected, settings)).toThrow(WorkNotDone);
});

test("sabotage makes right totals wrong", () => {
  expect(() => checkTotals(expected, expected, { ...settings, sabotage: true })).toThrow(
    "series: recorded 3, expected 4",
  );
});
