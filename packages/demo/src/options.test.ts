import { expect, test } from "vitest";
import { parseOptions } from "./options.ts";

test("without arguments every option has its default", () => {
  expect(parseOptions([])).toEqual({
    help: false,
    paths: [],
    intervalMs: 2_000,
    rate: undefined,
    seconds: undefined,
    sink: "console",
    endpoint: undefined,
    granularity: "global",
    seed: 1,
    json: false,
  });
});

test("every option is read, with a space or with =, and files can stand anywhere", () => {
  const args = [
    "a.txt",
    "--interval=500",
    "--rate",
    "2.5",
    "--seconds",
    "3",
    "-",
    "--sink",
    "null",
    "--granularity=shard",
    "--seed",
    "7",
  ];
  expect(parseOptions(args)).toMatchObject({
    paths: ["a.txt", "-"],
    intervalMs: 500,
    rate: 2.5,
    seconds: 3,
    sink: "null",
    endpoint: undefined,
    granularity: "shard",
    seed: 7,
  });
  expect(parseOptions(["--rate", "max", "--json"])).toMatchObject({ rate: Infinity, json: true });
  expect(parseOptions(["--", "--rate"]).paths).toEqual(["--rate"]);
  expect(parseOptions(["-h"]).help).toBe(true);
});

test.each([
  [["--colour"], "unknown option --colour"],
  [["-x"], "unknown option -x"],
  [["--rate"], "--rate needs a value"],
  [["--rate", "-5"], '--rate "-5": must be a number above 0, or "max", at most 2000000'],
  [["--rate", "0"], '--rate "0": must be a number above 0, or "max", at most 2000000'],
  [["--rate=1e3"], '--rate "1e3": must be a number above 0, or "max", at most 2000000'],
  [["--seconds", "soon"], '--seconds "soon": must be a number above 0, at most 2000000'],
  [
    ["--interval", "99"],
    '--interval "99": must be a whole number of milliseconds from 100 to 3600000',
  ],
  [
    ["--interval", "1000.5"],
    '--interval "1000.5": must be a whole number of milliseconds from 100 to 3600000',
  ],
  [["--seed", ""], '--seed "": must be a whole number from 0 to 4294967295'],
  [
    ["--sink", "statsd"],
    '--sink "statsd": must be one of console, memory, null, cloudwatch, otel, datadog, prometheus',
  ],
  [["--sink", "otel", "--endpoint", "x"], '--endpoint "x": must be an http or https URL'],
  [
    ["--endpoint", "http://127.0.0.1:1"],
    "--endpoint works only with --sink cloudwatch, otel, datadog, and not with console",
  ],
  [["--granularity", "host"], '--granularity "host": must be one of global, stream, shard'],
  [["--json=yes"], '--json takes no value, but was given "yes"'],
  [
    ["--json", "--sink", "null"],
    "--json replaces the console's tables and can't be combined with --sink null",
  ],
])("%j is refused with what, which value and the rule", (args, message) => {
  expect(() => parseOptions(args)).toThrow(
    expect.objectContaining({ name: "UsageError", message }),
  );
});
