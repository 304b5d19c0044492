import { expect, test } from "vitest";
import { parseOptions } from "./options.ts";

test("without arguments every option has its default", () => {
  expect(parseOptions([])).toEqual({
    help: false,
    seed: undefined,
    seconds: 20,
    managers: 5,
    short: false,
    sabotage: false,
  });
});

test("a short run lasts shorter and has fewer managers, unless they are given", () => {
  expect(parseOptions(["--short"])).toMatchObject({ short: true, seconds: 2, managers: 3 });
  expect(parseOptions(["--short", "--seconds", ".5", "--managers=7"])).toMatchObject({
    seconds: 0.5,
    managers: 7,
  });
});

test("every option is read", () => {
  const args = ["--seed", "7", "--seconds=1.5", "--managers", "2", "--sabotage", "-h"];
  expect(parseOptions(args)).toEqual({
    help: true,
    seed: 7,
    seconds: 1.5,
    managers: 2,
    short: false,
    sabotage: true,
  });
});

test.each([
  [["--sed", "1"], "--sed"],
  [["1"], "1"],
  [["--seed"], "--seed"],
  [["--seed", "-1"], "--seed"],
  [["--seed", "4294967296"], '--seed "4294967296": must be a whole number from 0 to 4294967295'],
  [["--seconds", "0"], '--seconds "0": must be a number above 0, at most 3600'],
  [["--seconds=soon"], '--seconds "soon": must be a number above 0, at most 3600'],
  [["--managers", "51"], '--managers "51": must be a whole number from 1 to 50'],
  [["--short=yes"], "--short"],
])("%j is refused with what is wrong", (args, message) => {
  expect(() => parseOptions(args)).toThrow(
    expect.objectContaining({ name: "UsageError", message: expect.stringContaining(message) }),
  );
});
