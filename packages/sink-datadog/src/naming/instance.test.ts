import { expect, test } from "vitest";
import { instanceOf, type ProcessFacts } from "./instance.ts";

const alone: ProcessFacts = { env: {}, workerId: undefined, threadId: undefined };
const AWS_LAMBDA_LOG_STREAM_NAME = "2026/11/23/[$LATEST]0123456789abcdef0123456789abcdef";

test.each([
  ["a process of its own", alone, undefined],
  ["PM2, one program", { ...alone, env: { NODE_APP_INSTANCE: "3" } }, "3"],
  ["PM2, several programs", { ...alone, env: { pm_id: "2", NODE_APP_INSTANCE: "0" } }, "2"],
  ["an empty variable", { ...alone, env: { pm_id: "", NODE_APP_INSTANCE: "" } }, undefined],
  ["a Lambda sandbox", { ...alone, env: { AWS_LAMBDA_LOG_STREAM_NAME } }, "0123456789ab"],
  ["a cluster's worker", { ...alone, workerId: 7 }, "worker-7"],
  ["a thread", { ...alone, threadId: 1 }, "thread-1"],
  ["a thread of a worker", { ...alone, workerId: 7, threadId: 1 }, "worker-7-thread-1"],
  [
    "PM2's cluster mode, without the worker number that changes with each restart",
    { ...alone, env: { pm_id: "2", exec_mode: "cluster_mode" }, workerId: 7 },
    "2",
  ],
  [
    "a cluster of the program's own under PM2",
    { ...alone, env: { pm_id: "2", exec_mode: "fork_mode" }, workerId: 7 },
    "2-worker-7",
  ],
] as [string, ProcessFacts, string | undefined][])(
  "Two processes, one host: the instance of %s",
  (_, facts, instance) => {
    expect(instanceOf(facts)).toBe(instance);
  },
);

test("Two processes, one host: a Lambda sandbox without a log stream has a name that stays", () => {
  const facts = { ...alone, env: { AWS_LAMBDA_FUNCTION_NAME: "checkout" } };
  expect(instanceOf(facts)).toMatch(/^[0-9a-f]{12}$/);
  expect(instanceOf(facts)).toBe(instanceOf(facts));
});
