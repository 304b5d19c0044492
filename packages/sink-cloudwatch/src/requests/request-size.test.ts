import fc from "fast-check";
import { expect, test } from "vitest";
import { RequestSize } from "./request-size.ts";

const MINUTE_MS = 60_000;

test("a size that was halved grows again in steps, up to the program's limit", () => {
  const size = new RequestSize(800_000);
  size.refused(800_000, 0);
  expect(size.bytes).toBe(400_000);
  size.grow(9 * MINUTE_MS);
  expect(size.bytes).toBe(400_000);
  const seen = Array.from({ length: 5 }, (_, i) => {
    size.grow((i + 1) * 10 * MINUTE_MS);
    return size.bytes;
  });
  expect(seen).toEqual([500_000, 625_000, 781_250, 800_000, 800_000]);
});

test("a step that is refused is taken back, and the next one comes later", () => {
  const size = new RequestSize(800_000);
  size.refused(800_000, 0);
  size.grow(10 * MINUTE_MS);
  size.refused(480_000, 10 * MINUTE_MS);
  expect(size.bytes).toBe(400_000);
  size.grow(29 * MINUTE_MS);
  expect(size.bytes).toBe(400_000);
  size.grow(30 * MINUTE_MS);
  expect(size.bytes).toBe(500_000);
});

test("a clock that is set back does not stop the growth", () => {
  const size = new RequestSize(800_000);
  size.refused(800_000, 1_000 * MINUTE_MS);
  size.grow(0);
  expect(size.bytes).toBe(500_000);
});

test("whatever a server refuses, the size stays within the limits, and one that relents is believed within two days", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 41_000, max: 1_000_000 }),
      fc.array(
        fc.tuple(
          fc.integer({ min: 0, max: 3_600_000 }),
          fc.integer({ min: 40_960, max: 1_000_000 }),
        ),
      ),
      (most, refusals) => {
        const size = new RequestSize(most);
        let now = 0;
        for (const [pause, allowed] of refusals) {
          now += pause;
          size.grow(now);
          if (size.bytes > allowed) size.refused(size.bytes, now);
          expect(size.bytes).toBeLessThanOrEqual(most);
          expect(size.bytes).toBeGreaterThanOrEqual(Math.min(most, 20_480));
        }
        for (let i = 0; i < 2 * 144; i++) size.grow((now += 10 * MINUTE_MS));
        expect(size.bytes).toBe(most);
      },
    ),
  );
});
