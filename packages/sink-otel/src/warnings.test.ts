import { expect, test } from "vitest";
import { Warnings } from "./warnings.ts";

test("each message once, and no more than a thousand of them", () => {
  const told: string[] = [];
  const warnings = new Warnings((message) => told.push(message));
  for (let i = 0; i < 3_000; i++) warnings.warn(`message ${i % 1_500}`);
  expect(told).toHaveLength(1_000);
  expect(told[0]).toBe('sink "opentelemetry": message 0');
});

test("a handler that throws or rejects does no harm", async () => {
  const throwing = new Warnings(() => {
    throw new Error("handler");
  });
  const rejecting = new Warnings(() => Promise.reject(new Error("handler")));
  throwing.warn("a");
  rejecting.warn("a");
  // A rejection that nobody heard would end the test run.
  await new Promise(setImmediate);
});
