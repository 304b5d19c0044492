import { describe, expect, test, vi } from "vitest";
import type { EventSeries, MetricEvent } from "../contract/metric-event.ts";
import type { MetricSnapshot } from "../contract/metric-snapshot.ts";
import type { MetricsSink, SinkHost } from "../contract/metrics-sink.ts";
import { MetricsManager } from "../metrics-manager.ts";
import { InMemorySink } from "../sinks/in-memory-sink.ts";
import { ManualClock } from "../windows/manual-clock.ts";
import type { ViewRule } from "./view-rule.ts";
import { withView } from "./with-view.ts";

function snapshot(more: Partial<MetricSnapshot> = {}): MetricSnapshot {
  return Object.freeze({
    name: "requests",
    kind: "counter",
    unit: "1",
    count: 1,
    sum: 1,
    min: 1,
    max: 1,
    last: 1,
    dimensions: [],
    windowStart: 0,
    windowEnd: 60_000,
    ...more,
  });
}

/** A manager whose sink is a memory behind a view. */
function setUp(rules: readonly ViewRule[]) {
  const sink = new InMemorySink();
  const clock = new ManualClock();
  const errors: string[] = [];
  const metrics = new MetricsManager({
    sink: withView(sink, rules),
    clock,
    onError: ({ message }) => errors.push(message),
  });
  const shown = (): readonly unknown[] =>
    sink.allSnapshots.map(({ name, dimensions, count, sum }) => [
      name,
      Object.fromEntries(dimensions),
      count,
      sum,
    ]);
  return { sink, metrics, errors, shown };
}

describe("a view", () => {
  test("drops, renames, and passes the rest as it is; the first rule that fits applies", async () => {
    const { metrics, shown, sink } = setUp([
      { match: "debug.keep" },
      { match: "debug.*", drop: true },
      { match: "http.?xx", rename: "responses" },
      { match: "http.*", drop: true },
    ]);
    for (const name of ["debug.keep", "debug.a", "http.2xx", "http.bytes", "orders"])
      metrics.count(name, 2, { route: "/" });
    await metrics.close();
    expect(shown()).toEqual([
      ["debug.keep", { route: "/" }, 1, 2],
      ["orders", { route: "/" }, 1, 2],
      ["responses", { route: "/" }, 1, 2],
    ]);
    expect(metrics.stats().accepted).toBe(5);
    expect(metrics.stats().sinks[0]).toMatchObject({
      name: "memory",
      prepared: { observations: 3 },
      delivered: { observations: 3 },
      rejected: { observations: 0 },
    });
    expect(sink.allSnapshots.every((each) => Object.isFrozen(each))).toBe(true);
  });

  test("keeps or drops dimensions, and adds up what becomes one series", async () => {
    const { metrics, shown } = setUp([
      { match: "a", keepDimensions: ["route"] },
      { match: "b", dropDimensions: ["user"] },
      { match: "c", keepDimensions: [] },
    ]);
    for (const user of ["x", "y"])
      for (const name of ["a", "b", "c"]) metrics.count(name, 3, { route: "/", user, zone: "1" });
    await metrics.close();
    expect(shown()).toEqual([
      ["a", { route: "/" }, 2, 6],
      ["b", { route: "/", zone: "1" }, 2, 6],
      ["c", {}, 2, 6],
    ]);
  });

  test("merges what gets the name that another metric has already", async () => {
    const { metrics, shown } = setUp([{ match: "old", rename: "new" }]);
    metrics.count("new", 1);
    metrics.count("old", 2);
    await metrics.close();
    expect(shown()).toEqual([["new", {}, 2, 3]]);
  });

  test("makes one reading of the combined level of gauges", async () => {
    const { metrics, sink } = setUp([{ match: "in_flight", dropDimensions: ["worker"] }]);
    for (let worker = 0; worker < 8; worker++) {
      metrics.gauge("in_flight", 100, { worker });
      metrics.gauge("in_flight", 5, { worker });
    }
    await metrics.close();
    expect(sink.allSnapshots).toEqual([
      expect.objectContaining({ count: 1, sum: 40, min: 40, max: 40, last: 40, levels: 8 }),
    ]);
  });

  test("keeps every reading of a gauge that it only renames", async () => {
    const { metrics, shown } = setUp([{ match: "a", rename: "b" }]);
    metrics.gauge("a", 1);
    metrics.gauge("a", 5);
    await metrics.close();
    expect(shown()).toEqual([["b", {}, 2, 6]]);
  });

  test("merges the overflow series with what it looks like, so that the total is right", async () => {
    const sink = new InMemorySink();
    const metrics = new MetricsManager({
      sink: withView(sink, [{ match: "*", keepDimensions: [] }]),
      maxSeriesPerMetric: 2,
      onError: () => {},
    });
    for (let user = 0; user < 5; user++) metrics.count("logins", 1, { user });
    await metrics.close();
    expect(sink.allSnapshots).toEqual([expect.objectContaining({ dimensions: [], sum: 5 })]);
    expect(sink.allSnapshots[0]).not.toHaveProperty("overflow");
  });

  test("rejects a metric that can't have the name it gets, and names both", async () => {
    const { metrics, shown, errors } = setUp([{ match: "time.*", rename: "time" }]);
    metrics.distribution("time.a", 1);
    metrics.count("time.b", 7, { other: "series" });
    await metrics.flush();
    metrics.count("time.b", 7);
    await metrics.close();
    expect(shown()).toEqual([["time", {}, 1, 1]]);
    expect(errors.join()).toContain(
      `"time.b" can't be merged with "time.a": its kind is counter, and not distribution`,
    );
    expect(metrics.stats().sinks[0]).toMatchObject({
      prepared: { observations: 3 },
      delivered: { observations: 1 },
      rejected: { observations: 2 },
    });
  });

  test("can be viewed again", async () => {
    const sink = new InMemorySink();
    const inner = withView(sink, [{ match: "b", rename: "c" }]);
    const metrics = new MetricsManager({ sink: withView(inner, [{ match: "a", rename: "b" }]) });
    metrics.count("a");
    await metrics.close();
    expect(sink.allSnapshots.map(({ name }) => name)).toEqual(["c"]);
  });

  test("gives a series the same dimensions object in window after window", async () => {
    const { metrics, sink } = setUp([{ match: "a", keepDimensions: ["x"] }]);
    for (let window = 0; window < 4; window++) {
      metrics.count("a", 1, { x: "1", y: window });
      await metrics.flush();
    }
    const [first] = sink.allSnapshots;
    expect(sink.allSnapshots.map(({ dimensions }) => dimensions === first?.dimensions)).toEqual([
      true,
      true,
      true,
      true,
    ]);
    await metrics.close();
  });
});

describe("a window in parts", () => {
  test("keeps what may be merged until the last part, and passes the rest on with its part", () => {
    const inner = { export: async () => {} };
    const sink = withView(inner, [{ match: "a", keepDimensions: [] }]);
    const part = (x: string): readonly MetricSnapshot[] => [
      snapshot({ name: "kept", dimensions: [["x", x]] }),
      snapshot({ name: "a", dimensions: [["x", x]] }),
    ];
    const first = part("1");
    expect(sink.prepare?.(first, { last: false })).toMatchObject({ snapshots: [first[0]] });
    expect(sink.prepare?.(part("2"), { last: true })).toMatchObject({
      snapshots: [{ name: "kept" }, { name: "a", count: 2 }],
    });
    expect(sink.prepare?.([], { last: true })).toMatchObject({ snapshots: [] });
  });

  test("a sink that keeps its own merge gets a large one over several turns, and loses nothing", async () => {
    const own: MetricSnapshot[] = [];
    const calls: [number, boolean][] = [];
    const memory = new InMemorySink();
    const inner: MetricsSink = {
      prepare(window, { last }) {
        calls.push([window.length, last]);
        own.push(...window);
        return last ? { snapshots: own.splice(0, 2_000), more: own.length > 0 } : [];
      },
      export: (snapshots) => memory.export(snapshots),
    };
    const metrics = new MetricsManager({
      sink: withView(inner, [{ match: "*", dropDimensions: ["y"] }]),
      maxSeriesPerMetric: 10_000,
      clock: new ManualClock(),
    });
    for (let i = 0; i < 5_000; i++) metrics.count("a", 1, { x: i >> 1, y: i });
    await metrics.close();
    expect(memory.read("a")).toMatchObject({ count: 5_000 });
    expect(memory.allSnapshots).toHaveLength(2_500);
    expect(Math.max(...calls.map(([length]) => length))).toBe(1_000);
    expect(calls.filter(([, last]) => last)).toHaveLength(2);
  });

  test("what the sink's own prepare fails with is rejected, and no window after it", async () => {
    let fails = true;
    const memory = new InMemorySink();
    const inner: MetricsSink = {
      prepare(window) {
        if (fails) throw new Error("no roll-up today");
        return window;
      },
      export: (snapshots) => memory.export(snapshots),
    };
    const errors: string[] = [];
    const metrics = new MetricsManager({
      sink: withView(inner, [{ match: "a*", rename: "a" }]),
      onError: ({ message }) => errors.push(message),
    });
    metrics.count("a1");
    metrics.count("a2");
    metrics.count("other");
    await metrics.flush();
    fails = false;
    metrics.count("a1");
    await metrics.close();
    expect(errors.join()).toContain("no roll-up today");
    expect(memory.read("a")).toMatchObject({ count: 1 });
    expect(metrics.stats().sinks[0]).toMatchObject({
      prepared: { observations: 4 },
      delivered: { observations: 1 },
      rejected: { observations: 3 },
    });
  });
});

describe("a sink that reads the open window", () => {
  function reading(rules: readonly ViewRule[]) {
    let host: SinkHost | undefined;
    const got: MetricSnapshot[] = [];
    const inner: MetricsSink = {
      open: async (given) => void (host = given),
      prepare(window) {
        got.push(...window);
        return [];
      },
      export: async () => {},
    };
    let open: MetricSnapshot[] = [];
    const sink = withView(inner, rules);
    void sink.open?.({
      snapshots: () => open,
      *series() {
        yield* open;
        return undefined;
      },
      now: () => 7,
      exportIntervalMs: 60_000,
    });
    if (host === undefined) throw new Error("not opened");
    return { sink, got, host, show: (snapshots: MetricSnapshot[]) => (open = snapshots) };
  }
  const total = (snapshots: Iterable<MetricSnapshot>): number =>
    [...snapshots].reduce((sum, each) => sum + each.sum, 0);
  const ofX = (x: string, more: Partial<MetricSnapshot> = {}): MetricSnapshot =>
    snapshot({ name: "a", dimensions: [["x", x]], ...more });

  test("sees it through the view, with everything else of the host", () => {
    const { host, show } = reading([
      { match: "a", keepDimensions: [] },
      { match: "b", drop: true },
    ]);
    show([ofX("1"), snapshot({ name: "b" }), snapshot({ name: "c" }), ofX("2")]);
    for (const seen of [host.snapshots(), [...host.series()]])
      expect(seen).toMatchObject([
        { name: "c", sum: 1 },
        { name: "a", dimensions: [], sum: 2 },
      ]);
    expect([host.now(), host.exportIntervalMs]).toEqual([7, 60_000]);
  });

  test("sees each observation once while a window is closed in parts", () => {
    const { sink, got, host, show } = reading([{ match: "a", keepDimensions: [] }]);
    const [one, two, kept] = [ofX("1"), ofX("2"), snapshot({ name: "kept" })];
    show([one, two, kept]);
    const seen = (): number[] =>
      [host.snapshots(), host.series()].map((each) => total(each) + total(got));
    expect(seen()).toEqual([3, 3]);
    show([two, kept]);
    sink.prepare?.([one], { last: false });
    expect(seen()).toEqual([3, 3]);
    show([]);
    sink.prepare?.([two, kept], { last: true });
    expect(got).toHaveLength(2);
    expect(seen()).toEqual([3, 3]);
  });

  test("sees each observation once if the window is closed while it reads", () => {
    const { sink, got, host, show } = reading([{ match: "a", dropDimensions: ["y"] }]);
    const all = ["1", "2", "3"].map((x) => ofX(x));
    show(all);
    const iterator = host.series()[Symbol.iterator]();
    const read = [iterator.next().value as MetricSnapshot];
    show([]);
    sink.prepare?.(all, { last: true });
    const late = ofX("3", { sum: 10 });
    show([late]);
    for (let next = iterator.next(); next.done !== true; next = iterator.next())
      read.push(next.value);
    expect(got).toHaveLength(3);
    expect(read).toMatchObject([
      { dimensions: [["x", "1"]] },
      { dimensions: [["x", "3"]], sum: 10 },
    ]);
  });

  test("sees the combined level of gauges, also of those that were not set in the open window", () => {
    const { sink, host, show } = reading([{ match: "a", keepDimensions: [] }]);
    const level = (x: string, last: number, window = 0): MetricSnapshot =>
      ofX(x, {
        kind: "gauge",
        last,
        windowStart: window * 60_000,
        windowEnd: (window + 1) * 60_000,
      });
    const seen = (): unknown =>
      host.snapshots().map(({ last, windowStart }) => [last, windowStart]);
    show([level("1", 5), level("2", 7)]);
    expect(seen()).toEqual([[12, 0]]);
    sink.prepare?.([level("1", 5)], { last: false });
    show([level("2", 7), level("1", 6, 1)]);
    expect(seen()).toEqual([[13, 0]]);
    sink.prepare?.([level("2", 7)], { last: true });
    show([]);
    expect(seen()).toEqual([]);
    show([level("2", 1, 1)]);
    expect(seen()).toEqual([[6, 60_000]]);
    sink.prepare?.([level("2", 1, 1)], { last: true });
    show([level("2", 2, 2)]);
    expect(seen()).toEqual([[2, 120_000]]);
  });
});

describe("an eventful sink", () => {
  function eventful(rules: readonly ViewRule[], way: "record" | "bind") {
    const events: unknown[] = [];
    const note = ({ name, dimensions }: EventSeries, value: number): void =>
      void events.push([name, Object.fromEntries(dimensions), value]);
    const inner = {
      name: "eventful",
      record: (event: MetricEvent) => note(event, event.value),
      ...(way === "bind" && {
        bind: (series: EventSeries) => (value: number) => note(series, value),
      }),
      export: async () => {},
    };
    const clock = new ManualClock();
    const metrics = new MetricsManager({
      sink: withView(inner, rules),
      clock,
      onError: () => {},
      metrics: {
        share: { kind: "gauge", combine: "mean", holdMs: 0 },
        least: { kind: "gauge", combine: "min", holdMs: 0 },
        most: { kind: "gauge", combine: "max", holdMs: 0 },
        level: { kind: "gauge", holdMs: 0 },
        a: { kind: "counter" },
        b: { kind: "counter" },
        c: { kind: "distribution" },
      },
    });
    return { metrics, events, clock };
  }

  describe.each(["record", "bind"] as const)("through %s()", (way) => {
    test("gets what the view leaves, under its new name", async () => {
      const { metrics, events } = eventful(
        [
          { match: "a", rename: "new", dropDimensions: ["y"] },
          { match: "b", drop: true },
        ],
        way,
      );
      metrics.count("a", 1, { x: "1", y: "1" });
      metrics.count("b", 2);
      metrics.distribution("c", 3);
      expect(events).toEqual([
        ["new", { x: "1" }, 1],
        ["c", {}, 3],
      ]);
      await metrics.close();
    });

    test("does not get what can't have the name that it gets", async () => {
      const { metrics, events } = eventful([{ match: "*", rename: "one" }], way);
      metrics.count("a", 1);
      metrics.distribution("c", 3);
      metrics.count("b", 2);
      expect(events).toEqual([
        ["one", {}, 1],
        ["one", {}, 2],
      ]);
      await metrics.close();
    });

    test("gets the combined level of gauges", async () => {
      const { metrics, events } = eventful([{ match: "*", keepDimensions: [] }], way);
      const levels = (name: "level" | "share" | "least" | "most"): unknown[] => {
        events.length = 0;
        metrics.gauge(name, 5, { x: "1" });
        metrics.gauge(name, 7, { x: "2" });
        metrics.gauge(name, 1, { x: "1" });
        metrics.gauge(name, 9, { x: "1" });
        metrics.gauge(name, 3, { x: "2" });
        return events.map((event) => (event as [string, object, number])[2]);
      };
      expect(levels("level")).toEqual([5, 12, 8, 16, 12]);
      expect(levels("share")).toEqual([5, 6, 4, 8, 6]);
      expect(levels("least")).toEqual([5, 5, 1, 7, 3]);
      expect(levels("most")).toEqual([5, 7, 7, 9, 9]);
      await metrics.close();
    });

    test("gets no level of a gauge that has ended", async () => {
      const { metrics, events } = eventful([{ match: "*", keepDimensions: [] }], way);
      metrics.gauge("level", 5, { x: "1" });
      metrics.gauge("level", 7, { x: "2" });
      await metrics.flush();
      metrics.gauge("level", 1, { x: "2" });
      await metrics.flush();
      metrics.gauge("level", 2, { x: "2" });
      expect(events.map((event) => (event as [string, object, number])[2])).toEqual([5, 12, 6, 2]);
      await metrics.close();
    });
  });

  test("a sink without record() gets none from its view", () => {
    const sink = withView(new InMemorySink(), [{ match: "a", drop: true }]);
    expect(sink).not.toHaveProperty("record");
    expect(sink).not.toHaveProperty("bind");
  });
});

describe("a series that was forgotten", () => {
  test("is forgotten by the sink once nothing that became it is left", () => {
    const forgotten = vi.fn();
    const inner: MetricsSink = { forgotten, export: async () => {} };
    const sink = withView(inner, [
      { match: "a", keepDimensions: [] },
      { match: "dropped", drop: true },
    ]);
    const [one, two] = ["1", "2"].map((x) => snapshot({ name: "a", dimensions: [["x", x]] }));
    const kept = snapshot({ name: "kept" });
    if (one === undefined || two === undefined) throw new Error("no snapshots");
    sink.prepare?.([one, two, kept, snapshot({ name: "dropped" })], { last: true });
    const forget = ({ name, dimensions }: MetricSnapshot): void =>
      sink.forgotten?.({ name, dimensions });
    forget(one);
    forget(one);
    forget(snapshot({ name: "dropped" }));
    expect(forgotten).not.toHaveBeenCalled();
    forget(kept);
    forget(two);
    expect(forgotten.mock.calls).toEqual([
      [{ name: "kept", dimensions: [] }],
      [{ name: "a", dimensions: [] }],
    ]);
    sink.prepare?.([one], { last: true });
    forget(one);
    expect(forgotten).toHaveBeenCalledTimes(3);
  });
});

test("a view has everything else of its sink", async () => {
  const calls: string[] = [];
  class OwnSink implements MetricsSink {
    readonly preferredIntervalMs = 5_000;
    readonly maxExportSnapshots = 7;
    readonly maxAgeMs = 9_000_000;
    readonly acknowledges = false;
    readonly pull = true;
    get wantsEmptyWindows(): boolean {
      return calls.length === 0;
    }
    async open(): Promise<void> {
      calls.push("open");
    }
    async export(): Promise<{ retryAfterMs: number }> {
      calls.push("export");
      return { retryAfterMs: 3 };
    }
    async close(): Promise<void> {
      calls.push("close");
    }
  }
  const inner = new OwnSink();
  const sink = withView(inner, []);
  const { name, preferredIntervalMs, maxExportSnapshots, maxAgeMs, acknowledges, pull } = sink;
  expect({ name, preferredIntervalMs, maxExportSnapshots, maxAgeMs, acknowledges, pull }).toEqual({
    name: "OwnSink",
    preferredIntervalMs: 5_000,
    maxExportSnapshots: 7,
    maxAgeMs: 9_000_000,
    acknowledges: false,
    pull: true,
  });
  expect(sink.wantsEmptyWindows).toBe(true);
  const { signal } = new AbortController();
  await sink.open?.({ snapshots: () => [], series: () => [], now: () => 0, exportIntervalMs: 0 });
  expect(await sink.export([], { signal })).toEqual({ retryAfterMs: 3 });
  await sink.close?.({ signal });
  expect(calls).toEqual(["open", "export", "close"]);
  expect(sink.wantsEmptyWindows).toBe(false);
  expect(() => withView({ name: "", export: async () => {} }, [])).toThrow(TypeError);
});
