import { expect, test } from "vitest";
import { Warnings } from "./warnings.ts";

test("tells each message once, with the sink's name", () => {
  const told: string[] = [];
  const warnings = new Warnings("x", (message) => told.push(message));
  for (const message of ["a", "b", "a"]) warnings.warn(message);
  expect(told).toEqual(['sink "x": a', 'sink "x": b']);
});

test("tells a thousand different messages at most", () => {
  let told = 0;
  const warnings = new Warnings("x", () => told++);
  for (let i = 0; i < 2_000; i++) warnings.warn(String(i));
  expect(told).toBe(1_000);
});

test.each<[string, () => unknown]>([
  [
    "throws",
    () => {
      throw new Error("handler");
    },
  ],
  ["rejects", () => Promise.reject(new Error("handler"))],
])("a handler that %s reaches nobody", async (_, handler) => {
  const unhandled: unknown[] = [];
  const listener = (reason: unknown) => unhandled.push(reason);
  process.on("unhandledRejection", listener);
  new Warnings("x", handler).warn("a");
  await new Promise((resolve) => setImmediate(resolve));
  process.off("unhandledRejection", listener);
  expect(unhandled).toEqual([]);
});
