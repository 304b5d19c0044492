import { expect, test } from "vitest";
import { RequestSize } from "./request-size.ts";

const minutes = 60_000;

test("a request that was too large halves the size, down to a hundred points", () => {
  const size = new RequestSize(2_500);
  size.lower(2_500, 0);
  expect(size.points).toBe(1_250);
  size.lower(1_250, 0);
  expect(size.points).toBe(625);
  size.lower(2_000, 0);
  expect(size.points).toBe(625);
  for (let i = 0; i < 9; i++) size.lower(size.points, 0);
  expect(size.points).toBe(100);
});

test("the size grows by one step every ten minutes, up to its limit", () => {
  const size = new RequestSize(2_500);
  size.lower(1_250, 0);
  size.grow(9 * minutes);
  expect(size.points).toBe(625);
  const sizes = [10, 15, 20, 30, 40].map((minute) => {
    size.grow(minute * minutes);
    return size.points;
  });
  expect(sizes).toEqual([1_250, 1_250, 2_500, 2_500, 2_500]);
});

test("another request that is too large starts the ten minutes again", () => {
  const size = new RequestSize(2_500);
  size.lower(1_250, 0);
  size.lower(625, 9 * minutes);
  size.grow(11 * minutes);
  expect(size.points).toBe(312);
  size.grow(19 * minutes);
  expect(size.points).toBe(624);
});

test("a limit below a hundred points is kept", () => {
  const size = new RequestSize(10);
  size.lower(10, 0);
  expect(size.points).toBe(10);
});

test("a clock that is set back does not stop the growth", () => {
  const size = new RequestSize(400);
  size.lower(400, 600 * minutes);
  size.grow(0);
  expect(size.points).toBe(400);
});
