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

test("counts a message that is repeated, and sums up when told to", () => {
  const told: string[] = [];
  const warnings = new Warnings("x", (message) => told.push(message));
  for (let i = 0; i < 150; i++) warnings.warn("a");
  warnings.warn("b");
  warnings.sumUp();
  warnings.sumUp();
  expect(told).toEqual(['sink "x": a', 'sink "x": b', 'sink "x": a (149 times more)']);
});

test("says so when it stops telling new messages", () => {
  const told: string[] = [];
  const warnings = new Warnings("x", (message) => told.push(message));
  for (let i = 0; i < 1_010; i++) warnings.warn(String(i));
  expect(told.at(-1)).toBe('sink "x": 999 (the last warning of a new kind: there were too many)');
});

test("a vendor's words are cut, on one line, and obeyed by no terminal", () => {
  const told: string[] = [];
  const warnings = new Warnings("x", (message) => told.push(message));
  warnings.warn(`answered: \u001b[2J\nsink "y": forged \u202e${"z".repeat(1_000_000)}`);
  expect(told[0]).toMatch(/^sink "x": answered: {1,2}\[2J sink "y": forged {1,2}z+…$/);
  expect(told[0]?.length).toBeLessThan(600);
});
