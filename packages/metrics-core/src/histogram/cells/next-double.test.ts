import * as fc from "fast-check";
import { expect, test } from "vitest";
import { nextDown, nextUp } from "./next-double.ts";

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });

test("there is no double between a value and the next one", () => {
  const any = fc.oneof(finite, fc.constantFrom(0, -0, 1, -1, 2 ** 32, -(2 ** -1022), 2 ** 1023));
  fc.assert(
    fc.property(any, (value) => {
      const next = nextUp(value);
      expect(next).toBeGreaterThan(value);
      const middle = value / 2 + next / 2;
      expect(middle <= value || middle >= next).toBe(true);
      if (Number.isFinite(next)) expect(nextDown(next)).toBe(value === 0 ? 0 : value);
    }),
  );
});

test("the mantissa's two halves carry", () => {
  const low = 1 + (2 ** 32 - 1) * 2 ** -52;
  expect(nextUp(low)).toBe(1 + 2 ** -20);
  expect(nextDown(1 + 2 ** -20)).toBe(low);
  expect(nextDown(1)).toBe(1 - 2 ** -53);
});

test("at the ends of the doubles", () => {
  expect(nextUp(0)).toBe(Number.MIN_VALUE);
  expect(nextDown(-0)).toBe(-Number.MIN_VALUE);
  expect(nextUp(-Number.MIN_VALUE)).toBe(-0);
  expect(nextUp(Number.MAX_VALUE)).toBe(Infinity);
  expect(nextDown(-Number.MAX_VALUE)).toBe(-Infinity);
});
