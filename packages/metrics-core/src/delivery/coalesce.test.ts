import fc from "fast-check";
import { expect, test } from "vitest";
import type { MetricKind, MetricSnapshot } from "../contract/metric-snapshot.ts";
import { type Batch, batchOf } from "./batch.ts";
import { coalesce } from "./coalesce.ts";
import { DeliveryQueue } from "./delivery-queue.ts";

function snapshot(window: number, sum: number, kind: MetricKind = "counter"): MetricSnapshot {
  return {
    name: "a",
    kind,
    unit: "1",
    count: 1,
    sum,
    min: sum,
    max: sum,
    last: sum,
    dimensions: [],
    windowStart: window * 1_000,
    windowEnd: (window + 1) * 1_000,
  };
}

/** Merges all that it can until the queue is by `excess` snapshots shorter, and returns what waits then. */
function coalesced(
  batches: readonly (readonly MetricSnapshot[])[],
  {
    excess = Infinity,
    spanMs = 2_000,
  }: { readonly excess?: number; readonly spanMs?: number } = {},
): readonly Batch[] {
  const queue = new DeliveryQueue();
  for (const [i, snapshots] of batches.entries()) queue.add(batchOf(i + 1, snapshots));
  const target = queue.snapshots - excess;
  const options = { target, spanMs, longestSpanMs: Infinity, borders: () => [] };
  for (const _ of coalesce(queue, options));
  return queue.waiting;
}

function merged(sums: readonly number[], kind: MetricKind): readonly MetricSnapshot[] {
  return coalesced(sums.map((sum, i) => [snapshot(i, sum, kind)])).flatMap(
    (each) => each.snapshots,
  );
}

test("a gauge at the largest number is one snapshot, with the sum at its limit", () => {
  const sums = Array.from({ length: 600 }, () => Number.MAX_VALUE);
  expect(merged(sums, "gauge")).toMatchObject([
    { count: 600, sum: Number.MAX_VALUE, last: Number.MAX_VALUE, min: Number.MAX_VALUE },
  ]);
});

test.each<MetricKind>(["counter", "distribution"])(
  "sums of a %s that would be infinite together are kept apart, in a bounded number",
  (kind) => {
    const apart = merged([1e308, 1e308, 1e308, 1, 2], kind);
    expect(apart.map(({ sum }) => sum)).toEqual([1e308, 1e308, 1e308]);
    expect(apart.reduce((total, { count }) => total + count, 0)).toBe(5);
    const many = merged(
      Array.from({ length: 600 }, () => 1e308),
      kind,
    );
    expect(many.length).toBeLessThanOrEqual(8);
    expect(many.reduce((total, { count }) => total + count, 0)).toBe(600);
    expect(many.every(({ sum }) => Number.isFinite(sum))).toBe(true);
  },
);

test("a sum is added to the first snapshot in which it stays finite", () => {
  expect(merged([1e308, 1.5e308, -1e308], "distribution").map(({ sum }) => sum)).toEqual([
    0, 1.5e308,
  ]);
});

test("an outage of huge values does not cost more with each window", () => {
  const batches = Array.from({ length: 20_000 }, (_, i) => [snapshot(i, 1e308)]);
  const start = performance.now();
  expect(coalesced(batches, { spanMs: 2e7 })).toHaveLength(1);
  // It takes some 20 ms; with keys that grow it took minutes.
  expect(performance.now() - start).toBeLessThan(2_000);
});

test("merging loses no observation and mixes no series", () => {
  const window = fc.array(
    fc.record({
      name: fc.constantFrom("a", "b"),
      unit: fc.constantFrom("1", "By"),
      kind: fc.constantFrom<MetricKind>("counter", "gauge"),
      value: fc.constantFrom("x", "y"),
      sum: fc.integer({ min: 0, max: 1_000 }),
    }),
    { minLength: 1, maxLength: 5 },
  );
  const keyOf = ({ name, unit, kind, dimensions }: MetricSnapshot): string =>
    JSON.stringify([name, unit, kind, dimensions]);
  const totals = (all: readonly MetricSnapshot[]): Record<string, readonly [number, number]> => {
    const bySeries: Record<string, readonly [number, number]> = {};
    for (const each of all) {
      const [count, sum] = bySeries[keyOf(each)] ?? [0, 0];
      bySeries[keyOf(each)] = [count + each.count, sum + each.sum];
    }
    return bySeries;
  };
  fc.assert(
    fc.property(fc.array(window, { minLength: 1 }), fc.nat(50), (windows, excess) => {
      const batches = windows.map((series, i) =>
        series.map(({ name, unit, kind, value, sum }) => ({
          ...snapshot(i, sum, kind),
          name,
          unit,
          dimensions: [["d", value]] as const,
        })),
      );
      const after = coalesced(batches, { excess });
      const now = after.flatMap((each) => each.snapshots);
      expect(totals(now)).toEqual(totals(batches.flat()));
      const sequences = after.map(({ sequence }) => sequence);
      expect(sequences).toEqual(sequences.toSorted((a, b) => a - b));
    }),
  );
});

test("windows of a wall clock that is set to and fro become one, wherever the spans have their borders", () => {
  for (let border = 1; border < 2 ** 22; border *= 2) {
    const batches = Array.from({ length: 100 }, (_, i) => [snapshot(border - (i % 2), 1)]);
    expect(coalesced(batches, { excess: 60 })).toHaveLength(1);
  }
});

test("parts of one window are not merged with each other, but with other windows", () => {
  const part = (name: string, window: number): MetricSnapshot => ({ ...snapshot(window, 1), name });
  const queue = new DeliveryQueue();
  for (const name of ["a", "b", "c"]) queue.add(batchOf(1, [part(name, 0)]));
  const before = queue.waiting;
  const options = { target: 0, spanMs: 8_000, longestSpanMs: Infinity, borders: () => [] };
  for (const _ of coalesce(queue, options));
  expect(queue.waiting).toEqual(before);
  for (const name of ["a", "b"]) queue.add(batchOf(2, [part(name, 1)]));
  for (const _ of coalesce(queue, options));
  const all = queue.waiting.flatMap((each) => each.snapshots);
  expect(all.map(({ name, count }) => `${name} ${count}`)).toEqual(["a 2", "b 2", "c 1"]);
});

test("what happens to the queue between two steps is neither lost nor counted twice", () => {
  const action = fc.constantFrom("nothing", "take", "deliver", "retry", "add", "expire");
  fc.assert(
    fc.property(fc.array(action, { maxLength: 40 }), fc.nat(20), (actions, target) => {
      const queue = new DeliveryQueue();
      let sequence = 0;
      let added = 0;
      let left = 0;
      const add = (): void => {
        sequence++;
        // Enough for several steps.
        const series = Array.from({ length: 300 }, (_, i) => `${i % 290}${sequence % 2}`);
        queue.add(
          batchOf(
            sequence,
            [...new Set(series)].map((name) => ({ ...snapshot(sequence, 1), name })),
          ),
        );
        added += new Set(series).size;
      };
      for (let i = 0; i < 6; i++) add();
      const leave = (): void => {
        queue.settle(({ count }) => {
          left += count;
          return "left";
        });
      };
      const act = {
        nothing: () => {},
        take: () => void queue.take(100, sequence),
        deliver: leave,
        retry: () => queue.settle(() => "waits"),
        add,
        expire: () => queue.expire(2_000, ({ observations }) => (left += observations)),
      };
      let flying = false;
      const options = { target, spanMs: 2_000, longestSpanMs: Infinity, borders: () => [] };
      const steps = coalesce(queue, options);
      const before = queue.snapshots;
      let outside = 0;
      for (const name of actions) {
        if (steps.next().done === true) break;
        if (name === "take" && flying) continue;
        if ((name === "deliver" || name === "retry") && !flying) continue;
        const size = queue.snapshots;
        act[name]();
        outside += queue.snapshots - size;
        flying = name === "take" || (flying && name !== "deliver" && name !== "retry");
        expect(queue.observations).toBe(added - left);
        expect(queue.snapshots).toBe(before + outside - queue.coalesced);
      }
      for (const _ of steps);
      if (flying) queue.settle(() => "waits");
      const all = queue.waiting.flatMap((each) => each.snapshots);
      expect(all.reduce((total, { count }) => total + count, 0)).toBe(added - left);
      expect(all.length).toBe(queue.snapshots);
    }),
    { numRuns: 200 },
  );
});

test("a ticket that is taken between two steps keeps its border", () => {
  const queue = new DeliveryQueue();
  for (let i = 0; i < 4; i++) {
    const series = Array.from({ length: 300 }, (_, name) => ({
      ...snapshot(i, 1),
      name: `${name}`,
    }));
    queue.add(batchOf(i + 1, series));
  }
  let borders: readonly number[] = [];
  const options = { target: 0, spanMs: 4_000, longestSpanMs: 4_000, borders: () => borders };
  const steps = coalesce(queue, options);
  steps.next();
  borders = [2];
  for (const _ of steps);
  expect([queue.countUpTo(2), queue.countUpTo(4)]).toEqual([300, 600]);
});
