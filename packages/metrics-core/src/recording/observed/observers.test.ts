import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MetricsManager } from "../../metrics-manager.ts";
import type { MetricsError } from "../../problems/metrics-error.ts";
import { InMemorySink } from "../../sinks/in-memory-sink.ts";
import { ManualClock } from "../../windows/manual-clock.ts";

const MINUTE_MS = 60_000;

function setUp(maxSeriesPerMetric = 100) {
  const clock = new ManualClock();
  const sink = new InMemorySink();
  const errors: MetricsError[] = [];
  const metrics = new MetricsManager({
    clock,
    sink,
    exportIntervalMs: MINUTE_MS,
    maxSeriesPerMetric,
    commonDimensions: { env: "test" },
    metrics: { hits: { kind: "counter" }, depth: { kind: "gauge" } },
    onError: (error) => errors.push(error),
  });
  const counted = (): number =>
    [...sink.allSnapshots, ...metrics.snapshots()]
      .filter(({ name }) => name === "hits")
      .reduce((total, { sum }) => total + sum, 0);
  return { clock, sink, metrics, errors, counted };
}

describe("an observed counter", () => {
  test("counts what its total has grown by, from zero", async () => {
    const { metrics, sink } = setUp();
    let total = 5;
    metrics.observe("hits", () => total);
    await metrics.flush();
    await metrics.flush();
    total = 7;
    await metrics.close();
    expect(sink.byName("hits").map(({ count, sum }) => [count, sum])).toEqual([
      [1, 5],
      [1, 2],
    ]);
  });

  test("counts from its first total, if that is its baseline", async () => {
    const { metrics, counted } = setUp();
    let total = 5;
    metrics.observe("hits", () => total, {}, { baseline: "first" });
    await metrics.flush();
    total = 7;
    await metrics.flush();
    expect(counted()).toBe(2);
    await metrics.close();
  });

  test("takes a smaller total for a reset", async () => {
    const { metrics, counted } = setUp();
    let total = 5;
    metrics.observe("hits", () => total);
    for (total of [5, 3, 3, 0, 2]) await metrics.flush();
    expect(counted()).toBe(5 + 3 + 2);
    await metrics.close();
  });

  test("adds up the pairs of one series first, however their dimensions are written", async () => {
    const { metrics, sink } = setUp();
    let more = 0;
    metrics.observe("hits", () => [
      [10 - more, { pool: 1, absent: "" }],
      [1 + 2 * more, { env: "test", pool: "1" }],
      [4, { pool: 2 }],
    ]);
    await metrics.flush();
    more = 3;
    await metrics.close();
    expect(sink.byName("hits").map(({ sum, dimensions }) => [sum, dimensions[1]?.[1]])).toEqual([
      [11, "1"],
      [4, "2"],
      [3, "1"],
    ]);
  });

  test("is counted once, by snapshots() or by the window, and read at most once a second", async () => {
    const { clock, metrics, sink } = setUp();
    let reads = 0;
    metrics.observe("hits", () => ++reads);
    metrics.observe("depth", () => reads);
    await clock.advance(2_000);
    expect(metrics.snapshots().map(({ last }) => last)).toEqual([1, 1]);
    expect(metrics.snapshots().map(({ count }) => count)).toEqual([1, 1]);
    await clock.advance(999);
    metrics.snapshots();
    expect(reads).toBe(1);
    await clock.advance(1);
    metrics.snapshots();
    expect(reads).toBe(2);
    await metrics.close();
    expect(reads).toBe(3);
    metrics.snapshots();
    expect(reads).toBe(3);
    expect(sink.read("hits")?.sum).toBe(3);
    expect(sink.read("depth")?.count).toBe(3);
  });

  test("is not read again by what it asks for itself", async () => {
    const { clock, metrics } = setUp();
    let reads = 0;
    metrics.observe("hits", () => {
      void clock.advance(5_000);
      metrics.snapshots();
      return ++reads;
    });
    metrics.snapshots();
    expect(reads).toBe(1);
    await metrics.close();
  });

  test("goes on where it was after an eviction, and after another observer took over", async () => {
    const { clock, metrics, counted } = setUp();
    let total = 5;
    const end = metrics.observe("hits", () => total);
    await clock.advance(40 * MINUTE_MS);
    expect(metrics.stats()).toMatchObject({ series: 0, evicted: 1 });
    total = 6;
    await metrics.flush();
    end();
    total = 9;
    await metrics.flush();
    metrics.observe("hits", () => total, undefined, { baseline: "first" });
    await metrics.flush();
    expect(counted()).toBe(9);
    await metrics.close();
  });

  test("has a baseline for each of several observers of one series", async () => {
    const { metrics, counted } = setUp();
    let [a, b] = [100, 50];
    const endA = metrics.observe("hits", () => a);
    const endB = metrics.observe("hits", () => b);
    await metrics.flush();
    [a, b] = [110, 51];
    await metrics.flush();
    expect(counted()).toBe(161);
    endA();
    endB();
    metrics.observe("hits", () => 60);
    metrics.observe("hits", () => 115);
    await metrics.flush();
    expect(counted()).toBe(175);
    await metrics.close();
  });

  test("refuses totals that a counter can't have, and counts the others", async () => {
    const { metrics, counted, errors } = setUp();
    metrics.observe("hits", () => [
      [-1, { pool: 1 }],
      [NaN, { pool: 2 }],
      [3, { pool: 3 }],
    ]);
    metrics.gauge("depth", 1);
    metrics.observe("depth", () => NaN);
    await metrics.flush();
    expect(counted()).toBe(3);
    expect(errors.map(({ code }) => code)).toContain("invalid_value");
    expect(metrics.stats().refused).toEqual({ invalid_value: 3 });
    await metrics.close();
  });

  test("counts nothing of a reading that fails halfway, and all of it with the next one", async () => {
    const { metrics, counted } = setUp();
    let fails = true;
    metrics.observe("hits", function* () {
      yield [5, { pool: 1 }];
      if (fails) throw new Error("no connection");
      yield [6, { pool: 1 }];
    } as unknown as () => number);
    await metrics.flush();
    expect(counted()).toBe(0);
    fails = false;
    await metrics.flush();
    expect(counted()).toBe(11);
    await metrics.close();
  });

  test("remembers as many series as the metric may have, and reports those beyond", async () => {
    const { metrics, counted, errors } = setUp(2);
    let pools = [1, 2, 3];
    metrics.observe("hits", () => pools.map((pool) => [10, { pool }] as const));
    await metrics.flush();
    expect(counted()).toBe(20);
    expect(errors.map(({ code }) => code)).toEqual(["series_limit"]);
    // Those that were not read for two rounds make room.
    pools = [1];
    await metrics.flush();
    await metrics.flush();
    pools = [1, 3];
    await metrics.flush();
    expect(counted()).toBe(30);
    await metrics.close();
  });

  test("is never counted twice and never falls, whatever happens between its readings", async () => {
    const action = fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({ do: fc.constant("grow"), pool: fc.nat(2), by: fc.nat(9) }),
      },
      fc.record({ do: fc.constant("reset"), pool: fc.nat(2), by: fc.nat(9) }),
      fc.record({ do: fc.constantFrom("flush", "look", "resubscribe", "wait", "evict") }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 40 }), async (actions) => {
        const { clock, metrics, counted } = setUp();
        // Two pairs of one series and one of another; each total with what it had at the last reading.
        const pools = [0, 0, 0];
        const read = (): [number, { shard: number }][] =>
          pools.map((total, i) => [total, { shard: i === 2 ? 2 : 1 }]);
        let end = metrics.observe("hits", read);
        let expected = 0;
        let last = [0, 0];
        const sums = (): number[] => [(pools[0] ?? 0) + (pools[1] ?? 0), pools[2] ?? 0];
        const noteReading = (): void => {
          for (const [i, sum] of sums().entries())
            expected += sum >= (last[i] ?? 0) ? sum - (last[i] ?? 0) : sum;
          last = sums();
        };
        let before = 0;
        for (const each of actions as readonly { do: string; pool?: number; by?: number }[]) {
          const { pool = 0, by = 0 } = each;
          if (each.do === "grow") pools[pool] = (pools[pool] ?? 0) + by;
          else if (each.do === "reset") pools[pool] = by;
          else if (each.do === "resubscribe") {
            end();
            end = metrics.observe("hits", read);
          } else if (each.do === "wait") await clock.advance(300);
          else if (each.do === "evict") {
            noteReading();
            await clock.advance(40 * MINUTE_MS);
          } else if (each.do === "flush") {
            noteReading();
            await metrics.flush();
          } else {
            // Long enough after the last reading.
            await clock.advance(1_000);
            noteReading();
            metrics.snapshots();
          }
          const isLookDue = each.do !== "grow" && each.do !== "reset" && each.do !== "resubscribe";
          if (!isLookDue || each.do === "wait") continue;
          const now = counted();
          expect(now).toBeGreaterThanOrEqual(before);
          expect(now).toBe(expected);
          before = now;
        }
        await metrics.close();
      }),
      { numRuns: 200 },
    );
  });
});

describe("an observer that returns a promise", () => {
  test("counts in the window in which it settles, and is not called again before", async () => {
    const { clock, metrics, sink } = setUp();
    let reads = 0;
    let settle: (value: number) => void = () => {};
    metrics.observe("depth", () => {
      reads++;
      return new Promise<number>((resolve) => (settle = resolve));
    });
    await metrics.flush();
    await metrics.flush();
    expect(reads).toBe(1);
    expect(sink.allSnapshots).toEqual([]);
    settle(7);
    await clock.advance(0);
    expect(metrics.snapshots()).toMatchObject([{ name: "depth", last: 7, count: 1 }]);
    await metrics.flush();
    expect(reads).toBe(2);
    expect(sink.allSnapshots).toMatchObject([{ last: 7, count: 1 }]);
    await metrics.close();
  });

  test("may return pairs, and totals of a counter", async () => {
    const { clock, metrics, counted } = setUp();
    let total = 3;
    metrics.observe("hits", async () => [
      [total, { pool: 1 }],
      [1, { pool: 2 }],
    ]);
    await metrics.flush();
    total = 4;
    await clock.advance(0);
    await metrics.flush();
    await clock.advance(0);
    expect(counted()).toBe(5);
    await metrics.close();
  });

  test.each([
    ["rejects", () => Promise.reject(new Error("down")), "failed: down"],
    ["never settles", () => new Promise(() => {}), "did not settle within 5000 ms"],
    ["gives nonsense", async () => "many", "must be a number"],
  ])("and %s is reported, and read again", async (_, read, message) => {
    const { clock, metrics, errors } = setUp();
    let reads = 0;
    metrics.observe("depth", (() => {
      reads++;
      return read();
    }) as unknown as () => number);
    await metrics.flush();
    await clock.advance(5_000);
    await metrics.flush();
    expect(reads).toBe(2);
    expect(errors[0]).toMatchObject({
      code: "observe_failed",
      message: expect.stringContaining(message),
    });
    await metrics.close();
  });

  test("leaves nothing behind after close(), and after its end", async () => {
    const { clock, metrics, sink, errors } = setUp();
    const settle: ((value: number) => void)[] = [];
    const read = (): Promise<number> => new Promise((resolve) => settle.push(resolve));
    const end = metrics.observe("depth", read);
    metrics.observe("depth", read, { other: "yes" });
    await metrics.flush();
    end();
    await metrics.close();
    expect(clock.pendingTimers(true)).toBe(0);
    expect(clock.pendingTimers()).toBe(0);
    for (const each of settle) each(1);
    await clock.advance(10_000);
    expect(sink.allSnapshots).toEqual([]);
    expect(errors).toEqual([]);
    expect(metrics.stats().refused).toEqual({});
  });
});
