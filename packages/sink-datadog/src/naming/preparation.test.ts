import type { MetricSnapshot } from "@aiokpl/metrics-core";
import { exampleSnapshots } from "@aiokpl/sink-testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Preparation } from "./preparation.ts";

const common = { tags: new Map([["env", "prod"]]), host: "h" };
const quiet = (): void => {};

/** Returns what is returned in each call, given the window in these parts. */
function pieces(
  preparation: Preparation,
  parts: readonly (readonly MetricSnapshot[])[],
): readonly (readonly MetricSnapshot[])[] {
  for (const part of parts) preparation.add(part);
  const all: (readonly MetricSnapshot[])[] = [];
  for (let isMore = true; isMore;) {
    const { snapshots, more = false } = preparation.take();
    all.push(snapshots);
    isMore = more;
  }
  return all;
}

function counters(count: number): readonly MetricSnapshot[] {
  const series = Array.from({ length: count }, (_, i) => ({
    name: "m",
    dimensions: { i: `${i}` },
  }));
  return exampleSnapshots({ series });
}

test("a window in parts becomes the same as at once, with collisions merged across its parts", () => {
  const series = fc.record({
    name: fc.constantFrom("a", "a-b", "a b", "A"),
    kind: fc.constantFrom("counter" as const, "gauge" as const, "distribution" as const),
    dimensions: fc.dictionary(
      fc.constantFrom("route", "Route", "env", "host"),
      fc.constantFrom("x", "X", "prod", "h"),
    ),
    values: fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 3 }),
  });
  const isSame = (a: object, b: object): boolean => JSON.stringify(a) === JSON.stringify(b);
  const all = fc.uniqueArray(series, {
    maxLength: 30,
    comparator: (a, b) => isSame([a.name, a.kind, a.dimensions], [b.name, b.kind, b.dimensions]),
  });
  const lengths = fc.array(fc.integer({ min: 0, max: 8 }), { maxLength: 10 });
  fc.assert(
    fc.property(all, lengths, (window, sizes) => {
      const snapshots = exampleSnapshots({ series: window });
      const parts: (readonly MetricSnapshot[])[] = [];
      let start = 0;
      for (const size of sizes) parts.push(snapshots.slice(start, (start += size)));
      parts.push(snapshots.slice(start));
      const together = pieces(new Preparation("", common, quiet), [snapshots]).flat();
      expect(pieces(new Preparation("", common, quiet), parts).flat()).toEqual(together);
      const total = (each: readonly MetricSnapshot[]): number =>
        each.reduce(
          (sum, { kind, count, levels = 1 }) => sum + (kind === "gauge" ? levels : count),
          0,
        );
      expect(total(together)).toBe(total(snapshots));
      const keys = together.map(({ name, kind, dimensions }) =>
        JSON.stringify([name, kind, dimensions]),
      );
      expect(new Set(keys).size).toBe(keys.length);
    }),
  );
});

test("gauges that are one at Datadog become one reading of their combined level", () => {
  const gauge = { name: "in_flight", kind: "gauge" as const };
  const window = exampleSnapshots({
    series: [
      { ...gauge, dimensions: { Worker: "x" }, values: [9, 5] },
      { ...gauge, dimensions: { worker: "X" }, values: [7] },
      { ...gauge, dimensions: { worker: "alone" }, values: [1, 2] },
    ],
  });
  expect(pieces(new Preparation("", common, quiet), [window]).flat()).toMatchObject([
    { count: 1, sum: 12, min: 12, max: 12, last: 12, levels: 2, dimensions: [["worker", "x"]] },
    { count: 2, sum: 3, min: 1, max: 2, last: 2, dimensions: [["worker", "alone"]] },
  ]);
});

test("what can't be one series with another is rejected, and both are named", () => {
  const [a, b] = exampleSnapshots({
    series: [
      { name: "time a", kind: "distribution", unit: "ms" },
      { name: "time-a", kind: "distribution", unit: "s" },
    ],
  });
  const preparation = new Preparation("", common, quiet);
  preparation.add(a === undefined || b === undefined ? [] : [a, b]);
  expect(preparation.take()).toMatchObject({
    snapshots: [{ name: "time_a" }],
    rejected: [
      {
        snapshot: b,
        reason: `they are one series at Datadog, but "time-a" can't be merged with "time a": its unit is s, and not ms`,
      },
    ],
  });
  expect(preparation.take()).toMatchObject({ snapshots: [], rejected: [] });
});

test("a window is returned a thousand snapshots at a time, and the next one begins afresh", () => {
  const preparation = new Preparation("", common, quiet);
  for (const window of [counters(2_500), counters(1_000), [], counters(1)]) {
    const returned = pieces(preparation, [window]);
    expect(returned.flat()).toEqual(window);
    const full = Math.floor(window.length / 1_000);
    const left = window.length % 1_000;
    expect(returned.map(({ length }) => length)).toEqual([
      ...Array.from({ length: full }, () => 1_000),
      ...(left > 0 || full === 0 ? [left] : []),
    ]);
  }
});

test("a window of which the manager took only a piece leaves nothing to the next one but a warning", () => {
  const warnings: string[] = [];
  const preparation = new Preparation("", common, (message) => void warnings.push(message));
  preparation.add(counters(1_500));
  expect(preparation.take()).toMatchObject({ more: true });
  const next = counters(1_500);
  expect(pieces(preparation, [next.slice(0, 700), next.slice(700)]).flat()).toEqual(next);
  expect(warnings).toEqual([
    "500 series of a window are lost, because the manager took no more of it after 1000",
  ]);
  expect(pieces(preparation, [next]).flat()).toEqual(next);
});

test("fewer are returned at once where they have large histograms", () => {
  const bucketCounts = Array.from({ length: 160 }, () => 1);
  const positive = { offset: 0, bucketCounts };
  const negative = { offset: 0, bucketCounts: [] };
  const histogram = { scale: 3, zeroCount: 0, positive, negative };
  const window = counters(200).map((each) => ({ ...each, histogram }));
  const returned = pieces(new Preparation("", common, quiet), [window]);
  expect(returned.map(({ length }) => length)).toEqual([63, 63, 63, 11]);
});

test("a snapshot that is already as Datadog would have it is returned itself", () => {
  const preparation = new Preparation("", common, quiet);
  const window = counters(3);
  const [first, second, third] = pieces(preparation, [window]).flat();
  expect([first === window[0], second === window[1], third === window[2]]).toEqual([
    true,
    true,
    true,
  ]);
});

test("metrics that share an array of dimensions are kept apart", () => {
  const dimensions = [["Route", "x"]] as const;
  const [one] = counters(1);
  if (one === undefined) throw new Error("no snapshot");
  const window = ["a", "b"].flatMap((name) => [
    { ...one, name, dimensions },
    { ...one, name, kind: "gauge" as const, dimensions },
  ]);
  const returned = pieces(new Preparation("", common, quiet), [window, []]).flat();
  expect(returned).toEqual(window.map((each) => ({ ...each, dimensions: [["route", "x"]] })));
});
