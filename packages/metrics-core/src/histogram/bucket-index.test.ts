import * as fc from "fast-check";
import { expect, test } from "vitest";
import { bucketBound, indexAtMaxScale, MAX_SCALE, MIN_SCALE } from "./bucket-index.ts";

const MIN_NORMAL = 2 ** -1022;

/** 2^52 times the largest double that is not above 2^(j/1024), found by exact integers alone. */
function exactMantissa(j: number): bigint {
  // m / 2^52 <= 2^(j/1024) just when m^1024 <= 2^(j + 52 * 1024).
  const limit = 1n << BigInt(j + 52 * 1024);
  let mantissa = BigInt(Math.round(2 ** (j / 1024 + 52)));
  while (mantissa ** 1024n > limit) mantissa--;
  while ((mantissa + 1n) ** 1024n <= limit) mantissa++;
  return mantissa;
}

const mantissas = Array.from({ length: 1024 }, (_, j) => Number(exactMantissa(j)));

/** The index by definition: how many of the bounds of its octave a value exceeds. */
function indexByDefinition(value: number): number {
  let exponent = 0;
  let mantissa = value;
  for (; mantissa >= 2; exponent++) mantissa /= 2;
  for (; mantissa < 1; exponent--) mantissa *= 2;
  return exponent * 1024 - 1 + mantissas.filter((bound) => mantissa * 2 ** 52 > bound).length;
}

function nextUp(value: number): number {
  const bits = new BigInt64Array([0n]);
  const float = new Float64Array(bits.buffer);
  float[0] = value;
  bits[0] = (bits[0] ?? 0n) + 1n;
  return float[0];
}

const positiveDouble = fc.double({ min: Number.MIN_VALUE, max: Number.MAX_VALUE, noNaN: true });

test("every bound at scale 10 separates its two neighbouring doubles, at any exponent", () => {
  for (const exponent of [-1022, -1021, -600, -1, 0, 1, 52, 700, 1023]) {
    for (const [j, mantissa] of mantissas.entries()) {
      const atBound = (mantissa / 2 ** 52) * 2 ** exponent;
      const index = exponent * 1024 + j;
      const found = [
        indexAtMaxScale(atBound),
        indexAtMaxScale(nextUp(atBound)),
        bucketBound(index, MAX_SCALE),
      ];
      expect(found).toEqual([index - 1, index, atBound]);
    }
  }
});

test("the first and the last mantissa of each cell of the table have the index of the definition", () => {
  for (let cell = 0; cell < 2_048; cell++) {
    const first = 1 + cell / 2_048;
    const last = 1 + (cell + 1) / 2_048 - Number.EPSILON;
    expect([indexAtMaxScale(first), indexAtMaxScale(last)]).toEqual([
      indexByDefinition(first),
      indexByDefinition(last),
    ]);
  }
});

test("every subnormal power of two, and its neighbours, have the index of the definition", () => {
  for (let exponent = -1074; exponent <= -1022; exponent++) {
    const value = 2 ** exponent;
    for (const near of [value, nextUp(value), nextUp(nextUp(value)), value * 1.5]) {
      expect(indexAtMaxScale(near)).toBe(indexByDefinition(near));
    }
  }
});

test("the smallest and the largest double have the outermost indices", () => {
  expect(indexAtMaxScale(Number.MIN_VALUE)).toBe(-1074 * 1024 - 1);
  expect(indexAtMaxScale(MIN_NORMAL)).toBe(-1022 * 1024 - 1);
  expect(indexAtMaxScale(1)).toBe(-1);
  expect(indexAtMaxScale(Number.MAX_VALUE)).toBe(1024 * 1024 - 1);
});

test("a power of two belongs to the bucket below it at every scale", () => {
  for (let exponent = -1074; exponent <= 1023; exponent++) {
    const index = indexAtMaxScale(2 ** exponent);
    expect(index).toBe(exponent * 1024 - 1);
    expect(index >> MAX_SCALE).toBe(exponent - 1);
  }
});

test("the sign is ignored", () => {
  fc.assert(
    fc.property(positiveDouble, (value) => indexAtMaxScale(-value) === indexAtMaxScale(value)),
  );
});

test("any value has the index of the definition", () => {
  fc.assert(
    fc.property(positiveDouble, (value) => {
      expect(indexAtMaxScale(value)).toBe(indexByDefinition(value));
    }),
    { numRuns: 300 },
  );
});

test("a value lies within the bounds of its bucket at every scale", () => {
  fc.assert(
    fc.property(positiveDouble, fc.integer({ min: -10, max: MAX_SCALE }), (value, scale) => {
      const index = indexAtMaxScale(value) >> (MAX_SCALE - scale);
      const low = bucketBound(index, scale);
      expect(value > low || (value === low && low === Number.MIN_VALUE)).toBe(true);
      expect(value).toBeLessThanOrEqual(bucketBound(index + 1, scale));
    }),
    { numRuns: 2_000 },
  );
});

test("bounds ascend, and stay finite and above zero, beyond the range of doubles too", () => {
  for (let scale = -10; scale <= 20; scale++) {
    for (const at of [
      -5000, -1075, -1074.5, -1074, -1050, -1022, -1, 0, 1, 1022, 1023, 1024, 1025, 5000,
    ]) {
      const index = Math.floor(at * 2 ** scale);
      for (let i = index - 2; i < index + 2; i++) {
        const [low, high] = [bucketBound(i, scale), bucketBound(i + 1, scale)];
        expect(low).toBeGreaterThanOrEqual(Number.MIN_VALUE);
        expect(high).toBeLessThanOrEqual(Number.MAX_VALUE);
        expect(high).toBeGreaterThanOrEqual(low);
      }
    }
  }
});

test("bounds at scales above 10 agree with the power", () => {
  for (const scale of [11, 15, 20]) {
    for (const index of [-3 * 2 ** scale + 1, -1, 0, 1, 12_345, 2 ** scale, 9 * 2 ** scale - 1]) {
      const expected = 2 ** (index / 2 ** scale);
      expect(Math.abs(bucketBound(index, scale) / expected - 1)).toBeLessThan(1e-15);
    }
  }
});

test("the coarsest scale holds every double in 160 buckets", () => {
  const shift = MAX_SCALE - MIN_SCALE;
  expect(
    (indexAtMaxScale(Number.MAX_VALUE) >> shift) - (indexAtMaxScale(Number.MIN_VALUE) >> shift) + 1,
  ).toBe(132);
});
