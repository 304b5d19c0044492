import { expect, test } from "vitest";
import { parseOptions, UsageError } from "./options.ts";

const known = [1, 2, 12];

test("without arguments, all rows run in full and print a table", () => {
  expect(parseOptions([], known)).toMatchObject({
    rows: [],
    short: false,
    format: "table",
    help: false,
  });
});

test("rows, rounds and formats are read", () => {
  expect(parseOptions(["--row", "12", "--row=1", "--rounds", "5", "--json"], known)).toMatchObject({
    rows: [12, 1],
    rounds: 5,
    format: "json",
  });
  expect(parseOptions(["--results"], known).format).toBe("results");
});

test("a short run has fewer rounds unless they are given", () => {
  expect(parseOptions(["--short"], known).rounds).toBeLessThan(parseOptions([], known).rounds);
  expect(parseOptions(["--short", "--rounds", "40"], known).rounds).toBe(40);
});

test.each([
  [["--rows", "1"], "--rows"],
  [["--row"], "--row"],
  [["--row", "8"], "1, 2, 12"],
  [["--row", "one"], "--row one"],
  [["--rounds", "0"], "--rounds 0"],
  [["--rounds", "2.5"], "--rounds 2.5"],
  [["--json", "--results"], "combined"],
  [["--page", "--short"], "combined"],
  [["1"], "1"],
])("%j is refused with a message that names what is wrong", (args, message) => {
  expect(() => parseOptions(args, known)).toThrow(UsageError);
  expect(() => parseOptions(args, known)).toThrow(message);
});
