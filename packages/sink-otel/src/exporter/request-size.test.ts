import { exampleSnapshots } from "@aiokpl/sink-testkit";
import { expect, test } from "vitest";
import { explicitBoundaries } from "../metric-data/explicit-buckets.ts";
import { RequestSizes } from "./request-size.ts";

const TWO = { region: "eu", stage: "prod" };

function counters(count: number, dimensions: Record<string, string> = TWO) {
  const [counter] = exampleSnapshots({ series: [{ name: "c", dimensions }] });
  if (counter === undefined) throw new Error("no snapshot");
  return Array.from({ length: count }, () => counter);
}

/** Distributions whose values lie in so many buckets. */
function distributions(count: number, buckets: number) {
  const values = Array.from({ length: buckets }, (_, i) => 1.01 ** i);
  const series = [{ name: "d", kind: "distribution" as const, values, dimensions: TWO }];
  const [distribution] = exampleSnapshots({ series });
  if (distribution === undefined) throw new Error("no snapshot");
  return Array.from({ length: count }, () => distribution);
}

/** How long an exporter encodes so many items, in milliseconds. */
type Speed = (items: number) => number;

/** As fast as can be. */
const AT_ONCE: Speed = () => 0;

/** The sizes of all requests of an export. */
function sizesOf(
  items: ReturnType<typeof counters>,
  maxPoints = 5_000,
  boundaries?: readonly number[],
  speed = AT_ONCE,
): readonly number[] {
  const requests = new RequestSizes(explicitBoundaries(boundaries));
  const sizes: number[] = [];
  for (let start = 0; start < items.length; start += sizes.at(-1) ?? NaN) {
    const size = requests.next(items, start, maxPoints);
    requests.encoded(speed(size));
    sizes.push(size);
  }
  return sizes;
}

test("requests grow to what the exporter encodes in a few milliseconds", () => {
  const sizes = (millisPerThousand: number): readonly number[] =>
    sizesOf(counters(20_000), 5_000, undefined, (items) => (items / 1_000) * millisPerThousand);
  expect(sizes(0).slice(0, 5)).toEqual([768, 1_536, 3_072, 4_608, 4_608]);
  expect(sizes(1).slice(0, 5)).toEqual([768, 1_536, 3_072, 4_000, 4_000]);
  expect(sizes(10).slice(0, 3)).toEqual([768, 1_536, 1_536]);
});

test("a request that took longer than those before it makes the next one smaller", () => {
  const millis = [1, 1, 1, 8];
  const speed: Speed = () => millis.shift() ?? 1;
  const sizes = sizesOf(counters(20_000), 5_000, undefined, speed);
  expect(sizes.slice(0, 4)).toEqual([768, 1_536, 3_072, 4_608]);
  expect(sizes[4]).toBeCloseTo(2_304, -1);
  expect(sizes[5]).toBe(4_608);
});

test("points that take longer make smaller requests", () => {
  const ten = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`a${i}`, "x"]));
  const largest = (sizes: readonly number[]): number => Math.max(...sizes);
  const plain = largest(sizesOf(counters(20_000)));
  const boundaries = Array.from({ length: 500 }, (_, i) => i);
  expect(largest(sizesOf(counters(20_000, ten)))).toBeLessThan(plain / 3);
  expect(largest(sizesOf(distributions(10_000, 3)))).toBeLessThan(plain);
  expect(largest(sizesOf(distributions(10_000, 100)))).toBeLessThan(plain / 2);
  expect(largest(sizesOf(distributions(10_000, 3), 5_000, boundaries))).toBeLessThan(plain / 10);
});

test("long attributes make smaller requests, in which there are at most a million characters", () => {
  const largest = (length: number): number => {
    const dimensions = { url: "x".repeat(length), user_agent: "x".repeat(length) };
    return Math.max(...sizesOf(counters(20_000, dimensions)));
  };
  expect(largest(200)).toBeLessThan(largest(20) / 2);
  for (const length of [200, 1_000]) expect(largest(length) * 2 * length).toBeLessThan(1_020_000);
});

test("a request has one point at least, and at most what the option says", () => {
  const boundaries = Array.from({ length: 1_000 }, (_, i) => i * 1e-3);
  const [huge] = distributions(1, 3);
  if (huge === undefined) throw new Error("no snapshot");
  const dimensions = Array.from({ length: 9_000 }, (_, i) => [`a${i}`, "x"] as const);
  expect(sizesOf([{ ...huge, dimensions }, huge], 5_000, boundaries)).toEqual([1, 1]);
  expect(sizesOf(counters(7), 3)).toEqual([3, 3, 1]);
});

test("only a large request needs a turn of its own", () => {
  const needsOwnTurn = (count: number): boolean => {
    const requests = new RequestSizes(explicitBoundaries(undefined));
    requests.next(counters(count), 0, 5_000);
    return requests.needsOwnTurn;
  };
  expect(needsOwnTurn(100)).toBe(false);
  expect(needsOwnTurn(1_000)).toBe(true);
});
