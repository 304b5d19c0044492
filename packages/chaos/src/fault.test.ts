import { expect, test } from "vitest";
import { Chance } from "./chance.ts";
import { answerWith, drawFault, isStored } from "./fault.ts";

test("a third of the answers have a fault, and every fault occurs", () => {
  const chance = new Chance(1);
  const drawn = Array.from({ length: 10_000 }, () => drawFault(chance));
  const faults = drawn.filter((fault) => fault !== undefined);
  expect(faults.length / drawn.length).toBeCloseTo(1 / 3, 1);
  expect(new Set(faults).size).toBe(11);
});

test("the same seed gives the same faults", () => {
  const [a, b] = [new Chance(5), new Chance(5)];
  for (let i = 0; i < 100; i++) expect(drawFault(a)).toBe(drawFault(b));
});

test("a vendor whose complete answer is an error has stored nothing", () => {
  const chance = new Chance(3);
  for (const fault of ["throttle", "client error", "server error"] as const) {
    expect(isStored(fault, chance)).toBe(false);
    expect(answerWith(fault, "{}", chance).status).toBeGreaterThanOrEqual(400);
  }
  for (const fault of [undefined, "delay", "drip"] as const) {
    expect(isStored(fault, chance)).toBe(true);
    expect(answerWith(fault, "{}", chance)).toMatchObject({ body: "{}" });
  }
});
