import { describe, expect, test } from "vitest";
import type { MetricSnapshot } from "../../contract/metric-snapshot.ts";
import { MetricsManager } from "../../metrics-manager.ts";
import type { MetricsManagerOptions } from "../../metrics-manager-options.ts";
import type { MetricsError } from "../../problems/metrics-error.ts";
import { InMemorySink } from "../../sinks/in-memory-sink.ts";
import { ManualClock } from "../../windows/manual-clock.ts";

const MINUTE_MS = 60_000;

function setUp(options: MetricsManagerOptions = {}) {
  const clock = new ManualClock();
  const told: string[] = [];
  const errors: MetricsError[] = [];
  const sink = Object.assign(new InMemorySink(), {
    forgotten: ({ name, dimensions }: Pick<MetricSnapshot, "name" | "dimensions">) =>
      void told.push([name, ...dimensions.map((pair) => pair.join("="))].join(" ")),
  });
  const metrics = new MetricsManager({
    clock,
    sink,
    exportIntervalMs: MINUTE_MS,
    onError: (error) => errors.push(error),
    ...options,
  });
  /** Closes a window, and returns what it had: each series' last value by the values of its dimensions. */
  const window = async (): Promise<Record<string, number>> => {
    const exports = sink.exports.length;
    await metrics.flush();
    await clock.advance(1_000);
    return Object.fromEntries(
      sink.exports
        .slice(exports)
        .flat()
        .map(({ name, dimensions, overflow, last }) => {
          const values = overflow === true ? ["overflow"] : dimensions.map(([, value]) => value);
          return [[name, ...values].join(" "), last];
        }),
    );
  };
  return { clock, sink, metrics, window, told, errors };
}

describe("a gauge that is not set again", () => {
  test("is in each of ten windows with its level, as one reading, whether it was set or moved", async () => {
    const { clock, sink, metrics } = setUp();
    metrics.gauge("depth", 3, { queue: "a" });
    metrics.add("open", 2);
    await clock.advance(10 * MINUTE_MS);
    await metrics.close();
    for (const [name, level] of [
      ["depth", 3],
      ["open", 2],
    ] as const) {
      const all = sink.byName(name);
      expect(all.length).toBeGreaterThanOrEqual(10);
      for (const { count, sum, min, max, last } of all)
        expect([count, sum, min, max, last]).toEqual([1, level, level, level, level]);
      for (const [i, { windowStart }] of all.entries())
        if (i > 0) expect(windowStart).toBe(all[i - 1]?.windowEnd);
    }
    const { accepted, held } = metrics.stats();
    expect(accepted).toBe(sink.allSnapshots.length);
    expect(held).toBe(accepted - 2);
  });

  test("is not evicted, however long it is idle", async () => {
    const { clock, metrics } = setUp();
    metrics.gauge("depth", 3);
    metrics.gauge("depth", 4, { queue: "a" });
    await clock.advance(50 * MINUTE_MS);
    expect(metrics.stats()).toMatchObject({ series: 2, evicted: 0 });
    await metrics.close();
  });

  test("is not in the open window, but in the one that closes", async () => {
    const { metrics, window } = setUp();
    metrics.gauge("depth", 3);
    await window();
    expect(metrics.snapshots()).toEqual([]);
    expect(await window()).toEqual({ depth: 3 });
  });

  test("is shown for its holdMs after the window in which it was set", async () => {
    const { clock, metrics, window } = setUp({
      exportIntervalMs: 0,
      metrics: {
        never: { kind: "gauge", holdMs: 0 },
        short: { kind: "gauge", holdMs: 90_000 },
      },
    });
    const seen: Record<string, number>[] = [];
    metrics.gauge("never", 1);
    metrics.gauge("short", 2);
    metrics.add("short", 1, { moved: "yes" });
    for (let i = 0; i < 4; i++) {
      seen.push(await window());
      await clock.advance(MINUTE_MS - 1_000);
    }
    const shown = { short: 2, "short yes": 1 };
    expect(seen).toEqual([{ never: 1, ...shown }, shown, shown, {}]);
    // That ends the showing, not the level.
    metrics.add("short", 1, { moved: "yes" });
    expect(await window()).toEqual({ "short yes": 2 });
  });

  test("loses its series after its holdMs, and then is evicted, unless its level was moved and is not 0", async () => {
    const { clock, metrics } = setUp({ metrics: { brief: { kind: "gauge", holdMs: MINUTE_MS } } });
    metrics.gauge("brief", 5, { is: "set" });
    metrics.add("brief", 5, { is: "moved" });
    metrics.add("brief", 0, { is: "at zero" });
    await clock.advance(45 * MINUTE_MS);
    expect(metrics.stats()).toMatchObject({ series: 1, evicted: 2 });
    await metrics.close();
  });

  test("that was moved has the level at which the window begins among its values", async () => {
    const { sink, metrics, window } = setUp();
    metrics.add("open", 5);
    await window();
    metrics.add("open", -3);
    metrics.add("open", 2);
    await window();
    metrics.gauge("open", 9);
    metrics.add("open", 1);
    await window();
    expect(sink.allSnapshots.map(({ count, min, max, last }) => [count, min, max, last])).toEqual([
      [1, 5, 5, 5],
      [3, 2, 5, 4],
      // A value that is set is a reading: the window begins with it.
      [2, 9, 10, 10],
    ]);
  });

  test("and is near the largest number can be moved in each window", async () => {
    const { metrics, window } = setUp();
    metrics.add("huge", 1.5e308);
    await window();
    metrics.add("huge", 1);
    expect(await window()).toEqual({ huge: 1.5e308 });
    expect(metrics.stats().refused).toEqual({});
  });

  test("reaches sinks that take each observation, also for the windows in which it is held", async () => {
    const values: number[] = [];
    const eventful = Object.assign(new InMemorySink(), {
      record: ({ value }: { value: number }) => void values.push(value),
    });
    const { metrics, window } = setUp({ sink: eventful });
    metrics.add("open", 2);
    await window();
    await window();
    metrics.add("open", 1);
    expect(values).toEqual([2, 2, 2, 3]);
    expect(metrics.stats().accepted).toBe(4);
  });

  test("is read once a window if a sink records into it when it is told", async () => {
    const exported = new InMemorySink();
    const eventful = Object.assign(exported, {
      record: () => {
        metrics.gauge("depth", 7);
        metrics.add("open", 1);
      },
    });
    const { metrics, window } = setUp({ sink: eventful });
    metrics.gauge("depth", 1);
    metrics.add("open", 1);
    for (let i = 0; i < 3; i++) await window();
    metrics.gauge("depth", 2);
    await metrics.close();
    const total = exported.allSnapshots.reduce((sum, { count }) => sum + count, 0);
    expect(metrics.stats().accepted).toBe(total);
  });
});

test("a series that an observer does not return any more has ended", async () => {
  const { metrics, window } = setUp();
  let pairs: [number, { queue: string }][] = [
    [1, { queue: "a" }],
    [2, { queue: "b" }],
  ];
  metrics.gauge("depth", 9, { queue: "b" });
  const end = metrics.observe("depth", () => pairs);
  expect(await window()).toEqual({ "depth a": 1, "depth b": 2 });
  pairs = [[3, { queue: "a" }]];
  expect(await window()).toEqual({ "depth a": 3 });
  end();
  expect(await window()).toEqual({});
});

describe("forget()", () => {
  test("ends the series that have a part of the dimensions, and says how many", async () => {
    const { metrics, window } = setUp();
    for (const queue of ["a", "b"])
      for (const zone of [1, 2]) metrics.gauge("depth", zone, { queue, zone });
    metrics.gauge("depth", 0);
    await window();
    expect(metrics.forget("depth", { queue: "a" })).toBe(2);
    expect(metrics.forget("depth", { queue: "a" })).toBe(0);
    expect(await window()).toEqual({ depth: 0, "depth b 1": 1, "depth b 2": 2 });
    expect(metrics.forget("depth", { queue: undefined })).toBe(1);
    expect(metrics.forget("depth", { zone: "2" })).toBe(1);
    expect(metrics.forget("depth")).toBe(1);
    expect(metrics.forget("depth")).toBe(0);
    expect(metrics.forget("unknown")).toBe(0);
    expect(await window()).toEqual({});
    expect(metrics.stats().series).toBe(0);
  });

  test("loses nothing of the open window", async () => {
    const { metrics, window } = setUp();
    metrics.gauge("depth", 3);
    metrics.count("hits", 4);
    metrics.forget("depth");
    metrics.forget("hits");
    expect(await window()).toEqual({ depth: 3, hits: 4 });
    expect(await window()).toEqual({});
  });

  test.each(["handle", "name"] as const)(
    "lets a level start again from nothing, by %s",
    async (by) => {
      const { metrics, window } = setUp();
      const handle = metrics.bind("open", { id: 1 });
      const add = (delta: number): void =>
        by === "handle" ? handle.add(delta) : metrics.add("open", delta, { id: 1 });
      add(5);
      metrics.forget("open");
      add(2);
      expect(await window()).toEqual({ "open 1": 2 });
      metrics.forget("open");
      add(1);
      expect(await window()).toEqual({ "open 1": 1 });
      metrics.forget("open");
      await window();
      add(4);
      expect(await window()).toEqual({ "open 1": 4 });
      expect(await window()).toEqual({ "open 1": 4 });
    },
  );

  test("is about what was set before, not about what is set after it in the same window", async () => {
    const { metrics, window } = setUp();
    metrics.gauge("depth", 5);
    const handle = metrics.bind("depth");
    metrics.forget("depth");
    handle.put(6);
    await window();
    expect(await window()).toEqual({ depth: 6 });
  });

  test("tells sinks of counters and distributions, after the last window that has them", async () => {
    const { metrics, window, told } = setUp();
    metrics.count("hits", 1, { id: 1 });
    metrics.count("hits", 1, { id: 2 });
    metrics.distribution("time", 1);
    metrics.gauge("depth", 1);
    metrics.forget("hits", { id: 1 });
    metrics.forget("time");
    metrics.forget("depth");
    expect(told).toEqual([]);
    await window();
    expect(told).toEqual(["hits id=1", "time"]);
    // No window has anything of it that was not given to the sink.
    metrics.forget("hits", { id: 2 });
    expect(told).toEqual(["hits id=1", "time", "hits id=2"]);
  });

  test("tells nobody of a series that is used again in the same window", async () => {
    const { metrics, window, told } = setUp();
    metrics.count("hits");
    metrics.forget("hits");
    metrics.count("hits");
    await window();
    expect(told).toEqual([]);
  });

  test("frees the place of a series, also for those whose handle is kept", async () => {
    const { metrics, window } = setUp({ maxSeriesPerMetric: 2 });
    metrics.count("hits", 1, { id: 2 });
    const handle = metrics.bind("hits", { id: 1 });
    handle.put(1);
    await window();
    metrics.forget("hits", { id: 1 });
    metrics.count("hits", 1, { id: 3 });
    handle.put(1);
    expect(metrics.stats().series).toBe(3);
    expect(await window()).toEqual({ "hits 3": 1, "hits overflow": 1 });
  });

  test("gives back the memory of series that come and go", async () => {
    const { metrics, window } = setUp({ maxSeriesPerMetric: 100 });
    for (let i = 0; i < 1_000; i++) {
      metrics.gauge("depth", i, { id: i });
      if (i % 50 !== 0) continue;
      await window();
      metrics.forget("depth");
    }
    const { series, held, refused } = metrics.stats();
    expect({ series: series <= 50, held, refused }).toEqual({ series: true, held: 0, refused: {} });
  });

  test("reports what a sink throws, and dimensions that can't be read", async () => {
    const failing = Object.assign(new InMemorySink(), {
      forgotten: () => {
        throw new Error("no such series");
      },
    });
    const { metrics, window, errors } = setUp({ sink: failing });
    metrics.count("hits");
    await window();
    expect(metrics.forget("hits")).toBe(1);
    expect(metrics.forget("hits", "a" as never)).toBe(0);
    expect(errors.map(({ code }) => code)).toEqual(["forgotten_failed", "invalid_dimensions"]);
  });

  test("does nothing after close(), and at level none", async () => {
    const { metrics } = setUp();
    metrics.gauge("depth", 1);
    await metrics.close();
    expect(metrics.forget("depth")).toBe(0);
    expect(setUp({ level: "none" }).metrics.forget("depth")).toBe(0);
  });
});

describe("at the limit of series", () => {
  test("the levels that were longest untouched make room, and it is reported", async () => {
    const { metrics, window, errors } = setUp({ maxSeriesPerMetric: 2 });
    metrics.gauge("depth", 1, { id: "a" });
    await window();
    metrics.gauge("depth", 2, { id: "b" });
    await window();
    metrics.gauge("depth", 3, { id: "c" });
    expect(await window()).toEqual({ "depth b": 2, "depth c": 3 });
    metrics.gauge("depth", 4, { id: "b" });
    metrics.gauge("depth", 5, { id: "d" });
    expect(await window()).toEqual({ "depth b": 4, "depth d": 5 });
    expect(errors.map(({ code }) => code)).toEqual(["series_limit", "series_limit"]);
    expect(metrics.stats()).toMatchObject({ series: 2, evicted: 2 });
  });

  test("levels of this window make no room, so further series go to overflow", async () => {
    const { metrics, window } = setUp({ maxSeriesPerMetric: 2 });
    for (const id of ["a", "b", "c"]) metrics.gauge("depth", 1, { id });
    expect(await window()).toEqual({ "depth a": 1, "depth b": 1, "depth overflow": 1 });
    // What is set in overflow is a reading, and not held.
    expect(await window()).toEqual({ "depth a": 1, "depth b": 1 });
  });

  test("a level that was moved makes room only at 0, and after all that were set", async () => {
    const { metrics, window } = setUp({ maxSeriesPerMetric: 3 });
    metrics.add("open", 1, { id: "zero" });
    metrics.add("open", 1, { id: "one" });
    await window();
    metrics.add("open", -1, { id: "zero" });
    metrics.gauge("open", 7, { id: "set" });
    await window();
    metrics.add("open", 2, { id: "x" });
    expect(await window()).toEqual({ "open one": 1, "open x": 2, "open zero": 0 });
    metrics.add("open", 3, { id: "y" });
    expect(await window()).toEqual({ "open one": 1, "open x": 2, "open y": 3 });
    metrics.add("open", 4, { id: "z" });
    expect(await window()).toMatchObject({ "open one": 1, "open overflow": 4 });
  });

  test("a level that was moved to 0 and set since then is kept", async () => {
    const { metrics, window } = setUp({ maxSeriesPerMetric: 1 });
    metrics.add("open", 1, { id: "a" });
    metrics.add("open", -1, { id: "a" });
    metrics.gauge("open", 5, { id: "a" });
    await window();
    metrics.add("open", 2, { id: "b" });
    expect(await window()).toEqual({ "open a": 5, "open overflow": 2 });
  });

  test("moves in overflow are a level, which is held like any other", async () => {
    const { metrics, window } = setUp({ maxSeriesPerMetric: 1 });
    metrics.add("open", 1, { id: "a" });
    metrics.add("open", 2, { id: "b" });
    metrics.add("open", 3, { id: "c" });
    for (let i = 0; i < 3; i++) expect(await window()).toEqual({ "open a": 1, "open overflow": 5 });
    metrics.add("open", -2, { id: "b" });
    expect(await window()).toEqual({ "open a": 1, "open overflow": 3 });
    expect(metrics.forget("open")).toBe(2);
    expect(await window()).toEqual({});
  });
});
