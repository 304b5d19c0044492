import { describe, expect, test } from "vitest";
import { type Batch, batchOf } from "./batch.ts";
import { coalesce as coalesceQueue } from "./coalesce.ts";
import { DeliveryQueue } from "./delivery-queue.ts";
import type { Dimensions } from "../contract/dimensions.ts";
import type { MetricSnapshot } from "../contract/metric-snapshot.ts";

const SECOND_MS = 1_000;

function snapshot(second: number, more: Partial<MetricSnapshot> = {}): MetricSnapshot {
  return {
    name: "a",
    kind: "counter",
    unit: "1",
    count: 1,
    sum: 1,
    min: 1,
    max: 1,
    last: 1,
    dimensions: [],
    windowStart: second * SECOND_MS,
    windowEnd: (second + 1) * SECOND_MS,
    ...more,
  };
}

function queueOf(seconds: number): DeliveryQueue {
  const queue = new DeliveryQueue();
  for (let second = 0; second < seconds; second++)
    queue.add(batchOf(second + 1, [snapshot(second)]));
  return queue;
}

function coalesce(
  queue: DeliveryQueue,
  target: number,
  spanMs: number,
  longestSpanMs: number,
  borders: readonly number[],
): number {
  const before = queue.coalesced;
  for (const _ of coalesceQueue(queue, { target, spanMs, longestSpanMs, borders: () => borders }));
  return queue.coalesced - before;
}

function spans(queue: DeliveryQueue): readonly (readonly [from: number, to: number])[] {
  const all = queue.take(1_000, Infinity);
  return all.map(({ windowStart, windowEnd }) => [windowStart / SECOND_MS, windowEnd / SECOND_MS]);
}

describe("coalescing", () => {
  test("merges the oldest windows first, in aligned spans, and stops when enough are merged", () => {
    const queue = queueOf(8);
    expect(coalesce(queue, 6, 2 * SECOND_MS, Infinity, [])).toBe(2);
    expect([queue.snapshots, queue.observations]).toEqual([6, 8]);
    expect(spans(queue)).toEqual([
      [0, 2],
      [2, 4],
      [4, 5],
      [5, 6],
      [6, 7],
      [7, 8],
    ]);
  });

  test("doubles the span if the first one was not enough", () => {
    const queue = queueOf(8);
    expect(coalesce(queue, 3, 2 * SECOND_MS, Infinity, [])).toBe(5);
    expect(spans(queue)).toEqual([
      [0, 4],
      [4, 6],
      [6, 8],
    ]);
  });

  test("never exceeds the longest span", () => {
    const queue = queueOf(8);
    expect(coalesce(queue, 1, 2 * SECOND_MS, 4 * SECOND_MS, [])).toBe(6);
    expect(spans(queue)).toEqual([
      [0, 4],
      [4, 8],
    ]);
  });

  test("ends if nothing more can be merged", () => {
    const queue = new DeliveryQueue();
    for (let i = 0; i < 4; i++) queue.add(batchOf(i + 1, [snapshot(0, { name: `${i}` })]));
    expect(coalesce(queue, 1, 2 * SECOND_MS, Infinity, [])).toBe(0);
    expect(queue.snapshots).toBe(4);
  });

  test.each([1, 3])("merges nothing across the border of a ticket, at %d", (border) => {
    const queue = queueOf(8);
    coalesce(queue, 1, 8 * SECOND_MS, Infinity, [border]);
    expect(queue.countUpTo(border)).toBe(1);
    expect(spans(queue)).toEqual([
      [0, border],
      [border, 8],
    ]);
  });

  test("gives a merged batch the sequence of its latest part", () => {
    const queue = queueOf(4);
    coalesce(queue, 1, 4 * SECOND_MS, Infinity, []);
    expect([queue.countUpTo(3), queue.countUpTo(4)]).toEqual([0, 1]);
  });

  test("does not merge snapshots in flight", () => {
    const queue = queueOf(4);
    const [flying] = queue.take(1, Infinity);
    coalesce(queue, 1, 4 * SECOND_MS, Infinity, []);
    queue.settle((each) => (each === flying ? "waits" : "left"));
    expect(spans(queue)).toEqual([
      [0, 1],
      [1, 4],
    ]);
  });

  test.each<[string, Partial<MetricSnapshot>]>([
    ["another name", { name: "b" }],
    ["another kind", { kind: "gauge" }],
    ["another unit", { unit: "By" }],
    ["other dimensions", { dimensions: [["x", "y"]] }],
    ["the overflow flag", { overflow: true }],
  ])("does not merge snapshots if some have %s", (_, more) => {
    const queue = new DeliveryQueue();
    for (let second = 0; second < 4; second++) {
      queue.add(batchOf(second + 1, [snapshot(second), snapshot(second, more)]));
    }
    coalesce(queue, 1, 4 * SECOND_MS, Infinity, []);
    const all = queue.take(10, Infinity);
    expect(all.map(({ count }) => count)).toEqual([4, 4]);
    expect(all[1]).toMatchObject(more);
    expect(all[0]?.overflow).toBeUndefined();
  });

  test("treats equal dimensions in different objects as one series", () => {
    const queue = new DeliveryQueue();
    const dimensions = (): Dimensions => [["x", "y"]];
    for (let second = 0; second < 4; second++) {
      queue.add(batchOf(second + 1, [snapshot(second, { dimensions: dimensions() })]));
    }
    coalesce(queue, 1, 4 * SECOND_MS, Infinity, []);
    expect(queue.snapshots).toBe(1);
  });
});

describe("expiry", () => {
  test("removes gauges by the end of their window and other snapshots by its start", () => {
    const queue = new DeliveryQueue();
    for (let second = 0; second < 3; second++) {
      queue.add(batchOf(second + 1, [snapshot(second), snapshot(second, { kind: "gauge" })]));
    }
    const expired: string[] = [];
    const note = ({ sequence, snapshots }: Batch): void => {
      for (const { kind, windowStart } of snapshots)
        expired.push(`${kind} ${windowStart / SECOND_MS} ${sequence}`);
    };
    queue.expire(SECOND_MS, note);
    expect(expired).toEqual(["counter 0 1"]);
    queue.expire(2 * SECOND_MS, note);
    expect(expired).toEqual(["counter 0 1", "gauge 0 1", "counter 1 2"]);
    expect([queue.snapshots, queue.observations]).toEqual([3, 3]);
  });
});

describe("flights", () => {
  test("hold the oldest, up to the limit and the sequence", () => {
    const queue = queueOf(5);
    expect(queue.take(2, Infinity)).toHaveLength(2);
    expect(queue.countUpTo(1)).toBe(1);
    queue.settle(() => "left");
    expect(queue.take(10, 4).map(({ windowStart }) => windowStart / SECOND_MS)).toEqual([2, 3]);
    expect(queue.snapshots).toBe(3);
  });

  test("return their snapshots to the old place, in order", () => {
    const queue = new DeliveryQueue();
    queue.add(batchOf(1, [snapshot(0), snapshot(1), snapshot(2), snapshot(3), snapshot(4)]));
    queue.add(batchOf(2, [snapshot(5)]));
    const sequences: number[] = [];
    queue.take(3, Infinity);
    queue.settle(({ windowStart }, sequence) => {
      sequences.push(sequence);
      return windowStart === SECOND_MS ? "left" : "waits";
    });
    expect(sequences).toEqual([1, 1, 1]);
    expect(spans(queue).map(([from]) => from)).toEqual([0, 2, 3, 4, 5]);
  });
});

describe("what an export left uncertain", () => {
  function uncertain(queue: DeliveryQueue, limit: number, which: readonly number[]): void {
    queue.take(limit, Infinity);
    queue.settle(({ windowStart }) =>
      which.includes(windowStart / SECOND_MS) ? "uncertain" : "waits",
    );
  }
  const starts = (taken: readonly MetricSnapshot[]) =>
    taken.map(({ windowStart }) => windowStart / SECOND_MS);

  test("is exported next, alone and unchanged, even if there is room for more", () => {
    const queue = queueOf(5);
    uncertain(queue, 4, [1, 3]);
    expect([queue.snapshots, queue.countUpTo(2), queue.countUpTo(4)]).toEqual([5, 2, 4]);
    expect(starts(queue.take(10, Infinity))).toEqual([1, 3]);
    queue.settle(() => "left");
    expect(starts(queue.take(10, Infinity))).toEqual([0, 2, 4]);
    expect([queue.snapshots, queue.observations]).toEqual([3, 3]);
  });

  test("stays together until it leaves, even if the repeated export is refused", () => {
    const queue = queueOf(4);
    uncertain(queue, 3, [0, 1, 2]);
    queue.take(10, Infinity);
    queue.settle(({ windowStart }) => (windowStart === 0 ? "left" : "waits"));
    expect(starts(queue.take(10, Infinity))).toEqual([1, 2]);
    queue.settle(() => "uncertain");
    expect(starts(queue.take(10, Infinity))).toEqual([1, 2]);
  });

  test("is not coalesced", () => {
    const queue = queueOf(8);
    uncertain(queue, 3, [0, 1, 2]);
    coalesce(queue, 1, 8 * SECOND_MS, Infinity, []);
    expect(starts(queue.take(10, Infinity))).toEqual([0, 1, 2]);
    queue.settle(() => "left");
    expect(spans(queue)).toEqual([[3, 8]]);
  });

  test("expires like all other snapshots", () => {
    const queue = queueOf(4);
    uncertain(queue, 3, [0, 1, 2]);
    const expired: number[] = [];
    queue.expire(2 * SECOND_MS, ({ sequence }) => expired.push(sequence));
    expect(expired).toEqual([1, 2]);
    expect([queue.snapshots, queue.observations]).toEqual([2, 2]);
    expect(starts(queue.take(10, Infinity))).toEqual([2]);
  });
});
