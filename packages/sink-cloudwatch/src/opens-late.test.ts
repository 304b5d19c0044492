import { afterEach, expect, test, vi } from "vitest";
import { CloudWatchSink } from "./cloudwatch-sink.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

test.each([
  ["the Region is an option", { region: "eu-west-1" }, undefined, true],
  ["the environment names the Region", {}, "eu-west-1", true],
  ["only the SDK can find the Region", {}, undefined, false],
  [
    "a client that the program makes must be checked",
    { createClient: () => Promise.reject(new Error("not called")) },
    "eu-west-1",
    false,
  ],
])("%s: opens late or not", (_, options, environment, expected) => {
  vi.stubEnv("AWS_REGION", environment);
  expect(new CloudWatchSink(options).opensLate).toBe(expected);
});
