import { createRequire } from "node:module";
import { expect, test } from "vitest";
import { loadInTurns } from "./load-in-turns.ts";

const { cache } = createRequire(import.meta.url);
const loaded = () => Object.keys(cache).filter((path) => path.includes("datadog-api-client-v1"));

test("nothing is loaded where the client has not been found yet", async () => {
  await loadInTurns();
  expect(loaded()).toEqual([]);
});

test("the client's models are loaded, and the program gets its turns meanwhile", async () => {
  await import("@datadog/datadog-api-client/dist/logger.js");
  let turns = 0;
  let isDone = false;
  const count = (): void => {
    turns++;
    if (!isDone) setImmediate(count);
  };
  setImmediate(count);
  await loadInTurns();
  isDone = true;
  expect(loaded().some((path) => path.endsWith("ObjectSerializer.js"))).toBe(true);
  expect(loaded().length).toBeGreaterThan(100);
  expect(turns).toBeGreaterThanOrEqual(3);
});
