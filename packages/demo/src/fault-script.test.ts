import { expect, test } from "vitest";
import { type Fate, faultScript } from "./fault-script.ts";

function first(count: number, seed: number): Fate[] {
  const script = faultScript(seed, 4);
  return Array.from({ length: count }, () => script.next().value);
}

test("the same seed has the same script, and another seed another one", () => {
  expect(first(500, 7)).toEqual(first(500, 7));
  expect(first(500, 7)).not.toEqual(first(500, 8));
});

test.each([0, 1, 2, 3, 4, 2 ** 32 - 1])(
  "seed %i begins calm, and brings every kind of trouble",
  (seed) => {
    const fates = first(300, seed);
    expect(
      fates
        .slice(0, 6)
        .every(({ kind, throttledShards }) => kind === "answer" && throttledShards.size === 0),
    ).toBe(true);
    expect(new Set(fates.map(({ kind }) => kind))).toEqual(new Set(["answer", "fail", "reset"]));
    expect(fates.some(({ throttledShards }) => throttledShards.size === 1)).toBe(true);
    expect(fates.some(({ latencyMs }) => latencyMs > 150)).toBe(true);
  },
);
