import { describe, expect, test, vi } from "vitest";
import { defineMetrics } from "./catalogues/define-metrics.ts";
import type { DimensionValues } from "./contract/dimensions.ts";
import { InMemorySink } from "./sinks/in-memory-sink.ts";
import { ManualClock } from "./windows/manual-clock.ts";
import type { EventSeries, MetricEvent } from "./contract/metric-event.ts";
import type { MetricSnapshot } from "./contract/metric-snapshot.ts";
import type { MetricCatalogue } from "./contract/catalogue.ts";
import { MetricsManager } from "./metrics-manager.ts";
import type { MetricsManagerOptions } from "./metrics-manager-options.ts";
import type { MetricsError, MetricsErrorCode } from "./problems/metrics-error.ts";
import type { FlushResult } from "./delivery/flush-result.ts";
import type { MetricsSink } from "./contract/metrics-sink.ts";

const MINUTE_MS = 60_000;

function setUp(options: MetricsManagerOptions = {}) {
  const clock = new ManualClock();
  const sink = new InMemorySink();
  const errors: MetricsError[] = [];
  const metrics = new MetricsManager({
    clock,
    sink,
    onError: (error) => errors.push(error),
    ...options,
  });
  return { clock, sink, errors, metrics, codes: () => errors.map(({ code }) => code) };
}

/** A manager as a program without types sees it. */
interface Untyped {
  count(...args: unknown[]): void;
  gauge(...args: unknown[]): void;
  distribution(...args: unknown[]): void;
  put(...args: unknown[]): void;
  bind(...args: unknown[]): { put(...args: unknown[]): void };
  timer(...args: unknown[]): () => void;
}

function untyped(metrics: object): Untyped {
  return metrics as Untyped;
}

describe("windows", () => {
  test("an observation is exported with the window in which it was recorded, and only then", async () => {
    const { clock, sink, metrics } = setUp();
    metrics.count("requests", 2);
    await clock.advance(MINUTE_MS * 1.5);
    metrics.count("requests", 3);
    await clock.advance(MINUTE_MS * 1.5);
    await clock.advance(MINUTE_MS * 1.5);
    expect(sink.allSnapshots.map(({ sum, count }) => [sum, count])).toEqual([
      [2, 1],
      [3, 1],
    ]);
    expect(sink.allSnapshots.map(({ windowStart }) => windowStart % MINUTE_MS)).toEqual([0, 0]);
    await metrics.close();
  });

  test("a snapshot has count, sum, min, max and last of its series", async () => {
    const { sink, metrics } = setUp();
    for (const value of [3, -1, 7, 2]) metrics.gauge("depth", value, { queue: "a" });
    await metrics.flush();
    expect(sink.read("depth", { queue: "a" })).toMatchObject({
      kind: "gauge",
      unit: "1",
      count: 4,
      sum: 11,
      min: -1,
      max: 7,
      last: 2,
    });
  });

  test("snapshots() returns the open window and does not close it", async () => {
    const { sink, metrics } = setUp();
    metrics.distribution("latency", 5);
    expect(metrics.snapshots()).toMatchObject([{ name: "latency", count: 1, sum: 5 }]);
    expect(metrics.snapshots()).toHaveLength(1);
    await metrics.close();
    expect(metrics.snapshots()).toEqual([]);
    expect(sink.read("latency")?.count).toBe(1);
  });

  test("snapshots are plain data that a structured clone keeps", async () => {
    const { sink, metrics } = setUp();
    metrics.distribution("latency", 5, { a: "b" });
    await metrics.close();
    expect(structuredClone(sink.allSnapshots)).toEqual(sink.allSnapshots);
    expect(JSON.parse(JSON.stringify(sink.allSnapshots))).toEqual(sink.allSnapshots);
  });

  test("with an interval of 0 only flush() and close() export", async () => {
    const { clock, sink, metrics } = setUp({ exportIntervalMs: 0 });
    metrics.count("a");
    await clock.advance(10 * MINUTE_MS);
    expect(sink.exports).toHaveLength(0);
    expect(clock.pendingTimers()).toBe(0);
    await metrics.flush();
    metrics.count("a");
    await metrics.close();
    expect(sink.allSnapshots.map(({ count }) => count)).toEqual([1, 1]);
  });

  test("the interval is by default the smallest that a sink prefers", async () => {
    const sinks = [30_000, undefined, 10_000].map((preferredIntervalMs) =>
      Object.assign(new InMemorySink(), { preferredIntervalMs }),
    );
    const { clock, metrics } = setUp({ sink: sinks });
    metrics.count("a");
    await clock.advance(13_000);
    expect(sinks.map(({ exports }) => exports.length)).toEqual([1, 1, 1]);
    await metrics.close();
  });

  test("exports of a fleet are spread over a quarter of the interval", async () => {
    const delays = new Set<number>();
    for (let i = 0; i < 20; i++) {
      const clock = new ManualClock();
      const start = clock.wallTime();
      const sink: MetricsSink = { export: async () => void delays.add(clock.wallTime() - start) };
      const metrics = new MetricsManager({ clock, sink });
      metrics.count("a");
      await clock.advance(2 * MINUTE_MS);
      await metrics.close();
    }
    expect(delays.size).toBeGreaterThan(15);
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(MINUTE_MS);
    expect(Math.max(...delays)).toBeLessThanOrEqual(MINUTE_MS * 1.25);
  });

  test("no timer before the first observation, and none that keeps the process alive", async () => {
    const { clock, metrics } = setUp();
    await clock.advance(10 * MINUTE_MS);
    expect(clock.pendingTimers()).toBe(0);
    metrics.count("a");
    expect(clock.pendingTimers(false)).toBe(1);
    expect(clock.pendingTimers(true)).toBe(0);
    await metrics.close();
    expect(clock.pendingTimers()).toBe(0);
  });
});

describe("kinds", () => {
  test("the verb fixes the kind of an undeclared name, and another verb is refused", () => {
    const { metrics, codes } = setUp();
    metrics.count("a");
    metrics.gauge("a", 1);
    metrics.put("b", 1);
    metrics.count("b");
    expect(metrics.snapshots().map(({ kind, count }) => [kind, count])).toEqual([
      ["counter", 1],
      ["distribution", 1],
    ]);
    expect(codes()).toEqual(["kind_conflict", "kind_conflict"]);
    expect(metrics.stats().refused).toEqual({ kind_conflict: 2 });
  });

  test("put() takes kind and unit from the catalogue, and a counter's value may be left out", () => {
    const catalogue = defineMetrics({
      sent: { kind: "counter", unit: "{record}" },
      depth: { kind: "gauge" },
      size: { kind: "distribution", unit: "By", description: "d" },
    });
    const metrics = new MetricsManager({ level: "detailed", metrics: catalogue });
    metrics.put("sent");
    metrics.put("depth", 4);
    metrics.put("size", 10);
    expect(metrics.snapshots()).toMatchObject([
      { name: "sent", kind: "counter", unit: "{record}", sum: 1 },
      { name: "depth", kind: "gauge", unit: "1", last: 4 },
      {
        name: "size",
        kind: "distribution",
        unit: "By",
        description: "d",
        histogram: { zeroCount: 0 },
      },
    ]);
  });

  test("declare() adds metrics, and reports and ignores one that contradicts", () => {
    const { metrics, codes } = setUp({ metrics: { a: { kind: "counter", unit: "By" } } });
    const library = metrics.declare({
      b: { kind: "gauge", unit: "s" },
      a: { kind: "counter", unit: "By" },
    });
    library.gauge("b", 1);
    expect(codes()).toEqual([]);
    metrics.declare({ a: { kind: "gauge" } });
    metrics.declare({ b: { kind: "gauge", unit: "ms" } });
    metrics.count("a");
    expect(codes()).toEqual(["kind_conflict", "kind_conflict"]);
    expect(metrics.snapshots()).toMatchObject([
      { name: "a", kind: "counter", unit: "By" },
      { name: "b", kind: "gauge", unit: "s" },
    ]);
    expect(() => metrics.declare({ c: { kind: "sum" as "counter" } })).toThrow(/c.*kind.*sum/);
  });
});

test("a snapshot has exactly the properties that it should have", async () => {
  const { clock, sink, metrics } = setUp({
    metrics: {
      plain: { kind: "counter" },
      told: { kind: "gauge", unit: "s", description: "why" },
      spread: { kind: "distribution", unit: "ms" },
      all: { kind: "distribution", unit: "ms", description: "why", maxSeries: 1 },
    },
  });
  const open = metrics as unknown as MetricsManager;
  for (const name of ["plain", "told", "spread", "all"]) open.put(name, 5, { x: 1 });
  open.put("all", 5, { x: 2 });
  clock.block(10);
  await metrics.close();
  const windowStart = clock.wallTime() - 10;
  const numbers = {
    count: 1,
    sum: 5,
    min: 5,
    max: 5,
    last: 5,
    windowStart,
    windowEnd: windowStart + 10,
  };
  const dimensions = [["x", "1"]];
  const histogram = {
    scale: 10,
    zeroCount: 0,
    positive: { offset: 2_377, bucketCounts: [1] },
    negative: { offset: 0, bucketCounts: [] },
  };
  expect(sink.allSnapshots).toStrictEqual([
    { name: "plain", kind: "counter", unit: "1", dimensions, ...numbers },
    { name: "told", kind: "gauge", unit: "s", description: "why", dimensions, ...numbers },
    { name: "spread", kind: "distribution", unit: "ms", dimensions, histogram, ...numbers },
    {
      name: "all",
      kind: "distribution",
      unit: "ms",
      description: "why",
      dimensions,
      histogram,
      ...numbers,
    },
    {
      name: "all",
      kind: "distribution",
      unit: "ms",
      description: "why",
      dimensions: [],
      histogram,
      overflow: true,
      ...numbers,
    },
  ]);
});

describe("the hot path", () => {
  const badValues: readonly [label: string, value: unknown][] = [
    ["NaN", NaN],
    ["Infinity", Infinity],
    ["-Infinity", -Infinity],
    ["undefined", undefined],
    ["null", null],
    ["a numeric string", "5"],
    ["a bigint", 5n],
    ["a symbol", Symbol("five")],
    [
      "an object whose valueOf throws",
      {
        valueOf: () => {
          throw new Error("no");
        },
      },
    ],
  ];

  test.each(badValues)(
    "%s is refused and counted, never thrown, by every verb and at every point of a window",
    (_, value) => {
      const { metrics, errors } = setUp();
      const loose = untyped(metrics);
      const bound = metrics.bind("bound");
      const boundGauge = metrics.bind("level");
      boundGauge.add(1);
      const all = (): void => {
        loose.count("c", value);
        loose.gauge("g", value);
        loose.distribution("d", value);
        loose.put("d", value);
        bound.put(value as number);
        boundGauge.add(value as number);
      };
      all();
      metrics.count("c", 1);
      metrics.gauge("g", 1);
      metrics.distribution("d", 1);
      bound.put(1);
      all();
      expect(metrics.stats().refused).toEqual({ invalid_value: 12 });
      expect(metrics.stats().accepted).toBe(5);
      expect(
        errors.every(
          ({ code, metric, message }) =>
            code === "invalid_value" && metric !== undefined && message.includes(metric),
        ),
      ).toBe(true);
      expect(metrics.snapshots().every(({ sum }) => sum === 1)).toBe(true);
    },
  );

  test("a counter refuses negative values, and the other kinds accept them", () => {
    const { metrics, codes } = setUp();
    const bound = metrics.bind("c");
    metrics.count("c", -1);
    metrics.count("c", 0);
    metrics.count("c", -Number.MIN_VALUE);
    bound.put(-1);
    metrics.gauge("g", -1);
    metrics.distribution("d", -1);
    expect(metrics.stats()).toMatchObject({ accepted: 3, refused: { invalid_value: 3 } });
    expect(codes()).toEqual(["invalid_value"]);
  });

  test("a value that would make the sum infinite is refused, and the sum stays right", () => {
    const { metrics } = setUp();
    const bound = metrics.bind("d");
    metrics.distribution("d", 1e308);
    metrics.distribution("d", 1e308);
    bound.put(Number.MAX_VALUE);
    metrics.distribution("d", -1e308);
    expect(metrics.snapshots()).toMatchObject([{ count: 2, sum: 0, min: -1e308, max: 1e308 }]);
    expect(metrics.stats().refused).toEqual({ sum_overflow: 2 });
  });

  test("a counter without a value counts 1, and an explicit undefined is a mistake", () => {
    const { metrics } = setUp({ metrics: { c: { kind: "counter" }, g: { kind: "gauge" } } });
    const loose = untyped(metrics);
    loose.count("c");
    loose.put("c");
    (metrics.bind("c") as unknown as { put(): void }).put();
    expect(metrics.stats()).toMatchObject({ accepted: 3, refused: {} });
    loose.count("c", undefined);
    loose.put("c", undefined, {});
    (metrics.bind("c") as unknown as { put(value: undefined): void }).put(undefined);
    loose.put("g");
    (metrics.bind("g") as unknown as { put(): void }).put();
    expect(metrics.stats()).toMatchObject({ accepted: 3, refused: { invalid_value: 5 } });
  });

  test("a handle from before the metric was known leaves the counter's value out as put() does", () => {
    const { metrics, errors } = setUp();
    const [declared, counted] = [metrics.bind("declared"), metrics.bind("counted")];
    metrics.declare({ declared: { kind: "counter" } });
    metrics.count("counted");
    for (const handle of [declared, counted]) (handle as unknown as { put(): void }).put();
    expect(metrics.snapshots().map(({ name, sum }) => [name, sum])).toEqual([
      ["declared", 1],
      ["counted", 2],
    ]);
    expect(errors).toEqual([]);
  });

  test.each([[""], [undefined], [null], [5], [{}], [Symbol("s")]])(
    "the name %o is refused and counted",
    (name) => {
      const { metrics, codes } = setUp();
      const loose = untyped(metrics);
      loose.count(name);
      loose.bind(name).put(1);
      loose.timer(name)();
      expect(metrics.stats()).toMatchObject({ accepted: 0, refused: { invalid_name: 3 } });
      expect(codes()[0]).toBe("invalid_name");
    },
  );

  test("dimensions that can't be read are refused and counted", () => {
    const { metrics, errors } = setUp();
    const loose = untyped(metrics);
    const cause = new Error("getter");
    const throwing = {
      get stream(): string {
        throw cause;
      },
    };
    loose.count("a", 1, throwing);
    loose.count("a", 1, "stream");
    loose.count("a", 1, 5);
    loose.bind("a", throwing).put(1);
    expect(metrics.stats()).toMatchObject({ accepted: 0, refused: { invalid_dimensions: 3 } });
    expect(errors[0]).toMatchObject({ code: "invalid_dimensions", metric: "a", cause });
  });

  test("undeclared names are refused after 10,000, and declared and known ones never", () => {
    const { metrics, codes } = setUp({
      metrics: { declared: { kind: "counter" } },
      undeclared: "allow",
    });
    const open = metrics as unknown as MetricsManager;
    for (let i = 0; i < 10_050; i++) open.count(`user ${i}`);
    open.count("declared");
    open.count("user 7");
    expect(metrics.stats()).toMatchObject({
      accepted: 10_002,
      refused: { too_many_metrics: 50 },
      metrics: 10_001,
    });
    expect(codes()).toEqual(["too_many_metrics"]);
  });

  test.each<[MetricsErrorCode, string, (metrics: MetricsManager) => unknown]>([
    [
      "invalid_value",
      'metric "a" was given NaN; a value must be a finite number',
      (metrics) => metrics.gauge("a", NaN),
    ],
    [
      "invalid_value",
      'metric "a" was given -1; a counter takes no negative value',
      (metrics) => metrics.count("a", -1),
    ],
    [
      "sum_overflow",
      'metric "a" was given 1e+308, which makes its sum of 1e+308 in this window infinite',
      (metrics) => [1, 2].map(() => metrics.gauge("a", 1e308)),
    ],
    [
      "kind_conflict",
      'metric "a" is a counter and can\'t be recorded as a gauge',
      (metrics) => (metrics.count("a"), metrics.gauge("a", 1)),
    ],
    [
      "kind_conflict",
      'metric "a" is declared as a gauge in By but is a counter in 1 already; the first declaration holds',
      (metrics) => (metrics.count("a"), metrics.declare({ a: { kind: "gauge", unit: "By" } })),
    ],
    [
      "kind_conflict",
      'metric "a" is declared as a gauge in 1 but is a counter in 1 already; the first declaration holds',
      (metrics) => (metrics.count("a"), metrics.declare({ a: { kind: "gauge" } })),
    ],
    [
      "invalid_dimensions",
      'metric "a" was given dimensions that can\'t be read: dimensions must be an object',
      (metrics) => untyped(metrics).count("a", 1, "x"),
    ],
    [
      "invalid_dimension_value",
      'metric "a" was given a dimension "x" that is neither string, number nor boolean; it is left out',
      (metrics) => untyped(metrics).count("a", 1, { x: {} }),
    ],
    [
      "series_limit",
      'metric "a" has 1 series, its limit; observations of further ones go to one overflow series. Remove the dimension whose values never repeat, or raise maxSeries',
      (metrics) => [1, 2].map((x) => metrics.count("a", 1, { x })),
    ],
  ])("%s has a message in words: %s", async (code, message, act) => {
    const { metrics, errors } = setUp({ maxSeriesPerMetric: 1 });
    act(metrics);
    expect(errors).toMatchObject([{ code, message, metric: "a", affected: 1 }]);
    await metrics.close();
  });

  test.each<[MetricsErrorCode, string, (metrics: MetricsManager) => unknown]>([
    [
      "invalid_name",
      'a metric\'s name was "", must be a string that is not empty',
      (metrics) => metrics.count(""),
    ],
    [
      "closed",
      'metric "a" was recorded after close()',
      (metrics) => (metrics.close(), metrics.count("a")),
    ],
  ])("%s has a message in words too: %s", async (code, message, act) => {
    const { metrics, errors } = setUp();
    act(metrics);
    await metrics.close();
    expect(errors).toMatchObject([{ code, message, affected: 1 }]);
  });

  test("a flood of bad values is reported once, and summed up when the window closes", async () => {
    const { metrics, errors } = setUp();
    for (let i = 0; i < 1_000; i++) metrics.count("a", NaN);
    expect(errors).toHaveLength(1);
    await metrics.flush();
    expect(errors.map(({ code, affected }) => [code, affected])).toEqual([
      ["invalid_value", 1],
      ["invalid_value", 999],
    ]);
  });
});

describe("bound metrics", () => {
  test("a handle and the name record into one series, whatever the order of the dimensions", async () => {
    const { sink, metrics } = setUp();
    const bound = metrics.bind("a", { x: 1, y: "2" });
    bound.put(1);
    metrics.put("a", 2, { y: 2, x: "1" });
    await metrics.flush();
    bound.put(4);
    await metrics.close();
    expect(sink.allSnapshots.map(({ sum }) => sum)).toEqual([3, 4]);
  });

  test("add() moves a gauge from its last value, over windows", async () => {
    const { sink, metrics } = setUp({ metrics: { open: { kind: "gauge" } } });
    const open = metrics.bind("open", { pool: "a" });
    open.add(1);
    open.add(1);
    await metrics.flush();
    open.add(-1);
    metrics.gauge("open", 10, { pool: "a" });
    open.add(0.5);
    await metrics.close();
    // The second window also has the level with which it began.
    expect(sink.allSnapshots.map(({ last, min, max, count }) => [last, min, max, count])).toEqual([
      [2, 1, 2, 2],
      [10.5, 1, 10.5, 4],
    ]);
  });

  test("a handle on an undeclared metric makes it a distribution, and all its values are in the histogram", async () => {
    const { metrics, sink } = setUp();
    const handle = metrics.bind("a", { x: 1 });
    for (const value of [1, 2, 4, 0, -8]) handle.put(value);
    for (const value of [1, 2]) metrics.put("b", value);
    await metrics.close();
    const shapes = sink.allSnapshots.map(({ kind, unit, histogram }) => ({
      kind,
      unit,
      zeros: histogram?.zeroCount,
      positive: histogram?.positive.bucketCounts.reduce((all, each) => all + each, 0),
      negative: histogram?.negative.bucketCounts.reduce((all, each) => all + each, 0),
    }));
    expect(shapes).toEqual([
      { kind: "distribution", unit: "1", zeros: 1, positive: 3, negative: 1 },
      { kind: "distribution", unit: "1", zeros: 0, positive: 2, negative: 0 },
    ]);
  });

  test("add() on a metric that is not a gauge is refused", () => {
    const { metrics } = setUp();
    metrics.count("a");
    metrics.bind("a").add(1);
    expect(metrics.stats().refused).toEqual({ kind_conflict: 1 });
  });

  test("a handle keeps its own copy of the dimensions", () => {
    const { metrics } = setUp();
    const dimensions = { stream: "a" };
    const bound = metrics.bind("x", dimensions);
    dimensions.stream = "b";
    bound.put(1);
    expect(metrics.snapshots()).toMatchObject([{ dimensions: [["stream", "a"]] }]);
  });

  test("after an eviction a handle registers again, and a gauge continues from its level", async () => {
    const { clock, metrics } = setUp({ metrics: { open: { kind: "gauge", holdMs: 0 } } });
    const bound = metrics.bind("open", { pool: "a" });
    bound.put(3);
    await clock.advance(45 * MINUTE_MS);
    expect(metrics.stats()).toMatchObject({ series: 0, evicted: 1 });
    bound.add(1);
    expect(metrics.stats()).toMatchObject({ series: 1 });
    expect(metrics.snapshots()).toMatchObject([{ last: 4, dimensions: [["pool", "a"]] }]);
    await metrics.close();
  });

  test.each(["1", 1])(
    "a series that came back without the handle, by %j, has its own level, from which the handle goes on",
    async (pool) => {
      const { clock, metrics } = setUp({ metrics: { open: { kind: "gauge", holdMs: 0 } } });
      const bound = metrics.bind("open", { pool: 1 });
      bound.put(3);
      await clock.advance(45 * MINUTE_MS);
      metrics.gauge("open", 10, { pool });
      bound.add(1);
      expect(metrics.snapshots()).toMatchObject([{ last: 11 }]);
      await metrics.close();
    },
  );
});

describe("levels that are moved", () => {
  test("add() by name and by handle move one level", () => {
    const { metrics } = setUp();
    metrics.add("open", 5, { pool: "a" });
    metrics.bind("open", { pool: "a" }).add(-2);
    metrics.add("open", 1, { pool: "a" });
    expect(metrics.snapshots()).toMatchObject([{ kind: "gauge", count: 3, last: 4, max: 5 }]);
  });

  test("a level that is not 0 outlives the eviction of idle series, by handle and by name", async () => {
    const shown = { kind: "gauge", holdMs: 0 } as const;
    const { clock, metrics } = setUp({ metrics: { handle: shown, name: shown, zero: shown } });
    metrics.bind("handle").add(5);
    metrics.add("name", 5);
    metrics.add("zero", 5);
    metrics.add("zero", -5);
    await clock.advance(45 * MINUTE_MS);
    expect(metrics.stats()).toMatchObject({ series: 2, evicted: 1 });
    metrics.bind("handle").add(-1);
    metrics.add("name", -1);
    metrics.add("zero", -1);
    expect(metrics.snapshots().map(({ name, last }) => [name, last])).toEqual([
      ["handle", 4],
      ["name", 4],
      ["zero", -1],
    ]);
    await metrics.close();
  });

  test("in overflow the levels that are moved add up, and readings do not touch their sum", () => {
    const { metrics } = setUp({ maxSeriesPerMetric: 1 });
    metrics.gauge("open", 0, { pool: "first" });
    const handle = metrics.bind("open", { pool: "b" });
    metrics.add("open", 1, { pool: "a" });
    handle.add(1);
    metrics.gauge("open", 100, { pool: "c" });
    handle.add(3);
    expect(metrics.snapshots().find(({ overflow }) => overflow)).toMatchObject({ last: 5 });
  });

  test("a handle takes its level out of the overflow when there is room for it", async () => {
    const { clock, metrics } = setUp({ maxSeriesPerMetric: 1 });
    metrics.gauge("open", 0, { pool: "first" });
    const handle = metrics.bind("open", { pool: "b" });
    handle.add(2);
    metrics.add("open", 10, { pool: "c" });
    await clock.advance(45 * MINUTE_MS);
    handle.add(1);
    metrics.add("open", 1, { pool: "d" });
    expect(metrics.snapshots().map(({ last, overflow }) => [last, overflow === true])).toEqual([
      [3, false],
      [11, true],
    ]);
    await metrics.close();
  });
});

describe("what the catalogue does not declare", () => {
  const catalogue = {
    orders: { kind: "counter", dimensions: ["country", "shop?"] },
    free: { kind: "counter" },
  } as const;
  const record = (metrics: Untyped, by: "name" | "handle", name: string, dimensions?: object) =>
    by === "name" ? metrics.count(name, 1, dimensions) : metrics.bind(name, dimensions).put(1);

  test.each(["name", "handle"] as const)("is recorded and reported once, by %s", async (by) => {
    const { clock, metrics, errors } = setUp({ metrics: catalogue });
    for (let window = 0; window < 2; window++) {
      for (let i = 0; i < 3; i++) {
        record(untyped(metrics), by, "ordres");
        record(untyped(metrics), by, "orders", { country: "PT", shoop: i });
        record(untyped(metrics), by, "orders", { shop: i });
        record(untyped(metrics), by, "orders", { country: "PT", shop: i });
        record(untyped(metrics), by, "free", { any: i });
      }
      await clock.advance(MINUTE_MS);
    }
    expect(errors.map(({ code, message }) => [code, message])).toEqual([
      [
        "undeclared",
        `metric "ordres" is not in the catalogue; it is recorded as a ${by === "name" ? "counter" : "distribution"}`,
      ],
      [
        "undeclared",
        'metric "orders" was recorded with other dimensions than it declares: dimension "shoop" is not in the catalogue',
      ],
      [
        "undeclared",
        'metric "orders" was recorded with other dimensions than it declares: dimension "country" is missing',
      ],
    ]);
    expect(metrics.stats()).toMatchObject({ accepted: 30, refused: {} });
    await metrics.close();
  });

  test.each(["name", "handle"] as const)("is refused if the option says so, by %s", (by) => {
    const { metrics, codes } = setUp({ metrics: catalogue, undeclared: "refuse" });
    record(untyped(metrics), by, "ordres");
    record(untyped(metrics), by, "orders", { country: "PT", shoop: 1 });
    record(untyped(metrics), by, "orders");
    record(untyped(metrics), by, "orders", { country: "PT" });
    expect(metrics.stats()).toMatchObject({
      accepted: 1,
      series: 1,
      metrics: 2,
      refused: { undeclared: 3 },
    });
    expect(codes()).toEqual(["undeclared", "undeclared"]);
  });

  test("common dimensions need not be declared, and count as given", () => {
    const { metrics, errors } = setUp({
      metrics: catalogue,
      undeclared: "refuse",
      commonDimensions: { country: "PT", env: "prod" },
    });
    untyped(metrics).count("orders");
    untyped(metrics).count("orders", 1, { env: "test" });
    expect(metrics.stats()).toMatchObject({ accepted: 2 });
    expect(errors).toEqual([]);
  });

  test("is not reported if there is no catalogue, or if the option allows it", () => {
    for (const options of [{}, { metrics: catalogue, undeclared: "allow" } as const]) {
      const { metrics, errors } = setUp(options);
      untyped(metrics).count("ordres");
      untyped(metrics).count("orders", 1, { shoop: 1 });
      expect(metrics.stats()).toMatchObject({ accepted: 2 });
      expect(errors).toEqual([]);
    }
  });
});

describe("cardinality", () => {
  test("100,000 values of a dimension stay within the limit, and the totals are exact", async () => {
    const { sink, metrics, codes, errors } = setUp({
      maxSeriesPerMetric: 500,
      commonDimensions: { env: "prod" },
    });
    let sum = 0;
    for (let i = 0; i < 100_000; i++) {
      metrics.count("a", i, { user: `${i}` });
      sum += i;
    }
    expect(metrics.stats().series).toBe(501);
    expect(codes()).toEqual(["series_limit"]);
    expect(errors[0]?.message).toMatch(/"a".*500/);
    await metrics.close();
    expect(sink.allSnapshots.reduce((total, snapshot) => total + snapshot.sum, 0)).toBe(sum);
    expect(sink.allSnapshots.reduce((total, snapshot) => total + snapshot.count, 0)).toBe(100_000);
    const overflow = sink.allSnapshots.filter((snapshot) => snapshot.overflow === true);
    expect(overflow).toMatchObject([{ count: 99_500, dimensions: [["env", "prod"]] }]);
  });

  test("the overflow series differs from the series without dimensions", () => {
    const { metrics } = setUp({ maxSeriesPerMetric: 1 });
    metrics.count("a");
    metrics.count("a", 5, { x: 1 });
    metrics.count("a");
    expect(metrics.snapshots().map(({ sum, overflow }) => [sum, overflow])).toEqual([
      [2, undefined],
      [5, true],
    ]);
  });

  test("a metric's own limit replaces the manager's", () => {
    const { metrics } = setUp({
      maxSeriesPerMetric: 2,
      metrics: { wide: { kind: "counter", maxSeries: 4 } },
    });
    const open = metrics as unknown as MetricsManager;
    for (let i = 0; i < 10; i++) {
      open.count("wide", 1, { i });
      open.count("other", 1, { i });
    }
    expect(metrics.stats().series).toBe(5 + 3);
  });

  test("a bound gauge past the limit keeps its level, and gets its series when there is room", async () => {
    const { clock, metrics } = setUp({ maxSeriesPerMetric: 1 });
    metrics.gauge("open", 1, { pool: "first" });
    const bound = metrics.bind("open", { pool: "second" });
    bound.add(5);
    bound.add(1);
    expect(metrics.snapshots()).toMatchObject([
      { count: 1 },
      { overflow: true, count: 2, last: 6 },
    ]);
    for (let i = 0; i < 10; i++) {
      await clock.advance(5 * MINUTE_MS);
      bound.add(1);
    }
    expect(metrics.snapshots()).toMatchObject([{ dimensions: [["pool", "second"]], last: 16 }]);
    await metrics.close();
  });

  test("idle series are evicted on the manager's own schedule, and those in use are not", async () => {
    const { clock, metrics, sink } = setUp();
    metrics.count("a", 1, { id: "idle" });
    metrics.distribution("d", 1, { id: "idle" });
    for (let i = 0; i < 40; i++) {
      metrics.count("a", 1, { id: "busy" });
      await clock.advance(MINUTE_MS);
    }
    expect(metrics.stats()).toMatchObject({ series: 1, evicted: 2 });
    metrics.count("a", 1, { id: "idle" });
    await metrics.close();
    expect(sink.read("a", { id: "idle" })?.count).toBe(2);
    expect(sink.read("a", { id: "busy" })?.count).toBe(40);
  });
});

describe("levels", () => {
  const catalogue = {
    always: { kind: "counter", level: "summary" },
    verbose: { kind: "counter", level: "detailed" },
  } as const;

  test.each([
    ["detailed", ["always", "verbose", "undeclared"]],
    ["summary", ["always", "undeclared"]],
    ["none", []],
  ] as const)("at level %s these are recorded: %j", (level, recorded) => {
    const { metrics } = setUp({ level, metrics: catalogue });
    const open = metrics as unknown as MetricsManager;
    for (const name of ["always", "verbose", "undeclared"]) {
      open.count(name);
      open.bind(name).put(1);
    }
    expect(metrics.snapshots().map(({ name, count }) => [name, count])).toEqual(
      recorded.map((name) => [name, 2]),
    );
    expect(metrics.stats().refused).toEqual({});
  });

  test("the level is none without a sink, and detailed with one", () => {
    const without = new MetricsManager({ metrics: catalogue });
    const withOne = new MetricsManager({ metrics: catalogue, sink: new InMemorySink() });
    for (const metrics of [without, withOne]) metrics.count("verbose");
    expect(without.snapshots()).toHaveLength(0);
    expect(withOne.snapshots()).toHaveLength(1);
  });
});

describe("observe()", () => {
  test("reads a gauge whenever a window closes, until unsubscribed", async () => {
    const { clock, sink, metrics } = setUp();
    let depth = 3;
    const unsubscribe = metrics.observe("depth", () => depth, { queue: "a" });
    await clock.advance(MINUTE_MS * 1.25);
    depth = 4;
    await metrics.flush();
    unsubscribe();
    await metrics.close();
    expect(sink.allSnapshots.map(({ kind, last, count }) => [kind, last, count])).toEqual([
      ["gauge", 3, 1],
      ["gauge", 4, 1],
    ]);
  });

  test("a callback may give many series", async () => {
    const { sink, metrics } = setUp();
    metrics.observe(
      "depth",
      () => [
        [1, { queue: "a" }],
        [2, { queue: "b" }],
      ],
      { host: "h" },
    );
    await metrics.close();
    expect(sink.read("depth", { host: "h", queue: "a" })?.last).toBe(1);
    expect(sink.read("depth", { host: "h", queue: "b" })?.last).toBe(2);
  });

  test("a callback that throws or returns nonsense is reported, and the others are read", async () => {
    const { sink, metrics, errors } = setUp();
    const cause = new Error("no depth");
    metrics.observe("broken", () => {
      throw cause;
    });
    metrics.observe("nonsense", (() => "5") as unknown as () => number);
    metrics.observe("fine", () => 5);
    await metrics.close();
    expect(sink.allSnapshots.map(({ name }) => name)).toEqual(["fine"]);
    expect(errors.map(({ code, metric }) => `${code} ${metric}`)).toContain(
      "observe_failed broken",
    );
    expect(errors).toHaveLength(2);
    expect(errors[0]?.cause).toBe(cause);
  });

  test("a callback may record, flush and close", async () => {
    const { sink, metrics } = setUp();
    metrics.observe("a", () => {
      metrics.count("reads");
      void metrics.flush();
      void metrics.close();
      return 1;
    });
    await metrics.flush();
    await metrics.close();
    expect(sink.read("a")?.count).toBeGreaterThan(0);
    expect(sink.read("reads")?.sum).toBe(sink.read("a")?.count);
  });
});

describe("time() and timer()", () => {
  test.each([
    ["ns", 2_500_000_000],
    ["us", 2_500_000],
    ["ms", 2_500],
    ["s", 2.5],
    ["min", 2.5 / 60],
    ["h", 2.5 / 3_600],
    ["d", 2.5 / 86_400],
  ])("measure in the metric's unit: %s", (unit, expected) => {
    const { clock, metrics } = setUp({ metrics: { elapsed: { kind: "distribution", unit } } });
    const open = metrics as unknown as MetricsManager;
    expect(
      open.time("elapsed", () => {
        clock.block(2_500);
        return "result";
      }),
    ).toBe("result");
    expect(metrics.snapshots()[0]?.sum).toBeCloseTo(expected, 9);
  });

  test("also when the work throws or rejects, which the caller still sees", async () => {
    const { clock, metrics } = setUp();
    const error = new Error("work");
    expect(() =>
      metrics.time("a", () => {
        clock.block(1);
        throw error;
      }),
    ).toThrow(error);
    const promise = Promise.reject<string>(error);
    expect(metrics.time("a", () => promise)).toBe(promise);
    await expect(promise).rejects.toBe(error);
    expect(metrics.snapshots()).toMatchObject([{ count: 2, unit: "ms", kind: "distribution" }]);
  });

  test("a promise is measured until it settles; a lazy thenable is started once", async () => {
    const { clock, metrics } = setUp();
    const then = vi.fn((resolve: (value: string) => void) => resolve("rows"));
    await expect(
      // oxlint-disable-next-line unicorn/no-thenable -- that is what is tested
      metrics.time("query", () => ({ then }) as unknown as Promise<string>),
    ).resolves.toBe("rows");
    expect(then).toHaveBeenCalledTimes(1);
    const pending = metrics.time("slow", () => clock.advance(40).then(() => 5), { a: 1 });
    await expect(pending).resolves.toBe(5);
    expect(metrics.snapshots().map(({ name, sum }) => [name, sum])).toEqual([
      ["query", 0],
      ["slow", 40],
    ]);
  });

  test("timer() takes dimensions whenever it is stopped, more than once too", () => {
    const { clock, metrics } = setUp();
    const stop = metrics.timer("a");
    clock.block(10);
    stop({ outcome: "ok" });
    clock.block(10);
    stop({ outcome: "ok" });
    expect(metrics.snapshots()).toMatchObject([
      { count: 2, sum: 30, dimensions: [["outcome", "ok"]] },
    ]);
  });

  test("a metric whose unit is not a time is refused", () => {
    const { metrics } = setUp({ metrics: { size: { kind: "distribution", unit: "By" } } });
    (metrics as unknown as MetricsManager).time("size", () => 1);
    expect(metrics.stats()).toMatchObject({ accepted: 0, refused: { kind_conflict: 1 } });
  });
});

describe("close()", () => {
  test("exports the last partial window once, however often it is called", async () => {
    const { sink, metrics } = setUp();
    metrics.count("a", 5);
    const [first, second] = await Promise.all([metrics.close(), metrics.close()]);
    await metrics.flush();
    await metrics.start();
    expect(first).toBe(second);
    expect(first).toMatchObject({ ok: true, delivered: 1, rejected: 0, pending: 0 });
    expect(sink.allSnapshots).toHaveLength(1);
  });

  test("what is recorded afterwards is refused and counted", async () => {
    const { clock, sink, metrics, codes } = setUp();
    const bound = metrics.bind("a");
    const late = metrics.bind("late");
    const stop = metrics.timer("t");
    bound.put(1);
    metrics.observe("o", () => 1);
    await metrics.close();
    metrics.count("c");
    metrics.gauge("g", 1);
    metrics.distribution("d", 1);
    metrics.put("p", 1);
    bound.put(1);
    late.put(1);
    metrics.bind("e").add(1);
    stop();
    metrics.time("t", () => 1);
    await clock.advance(10 * MINUTE_MS);
    expect(metrics.stats()).toMatchObject({ accepted: 2, refused: { closed: 9 } });
    expect(new Set(codes())).toEqual(new Set(["closed"]));
    expect(sink.exports).toHaveLength(1);
  });

  test("await using closes", async () => {
    const { sink, metrics } = setUp();
    {
      await using scoped = metrics;
      scoped.count("a");
    }
    expect(sink.read("a")?.sum).toBe(1);
  });

  test("closing a manager that never recorded opens and exports nothing, but closes the sink", async () => {
    const sink = {
      open: vi.fn(async () => {}),
      export: vi.fn(async () => {}),
      close: vi.fn(async () => {}),
    };
    const { metrics } = setUp({ sink });
    expect(await metrics.close()).toMatchObject({ ok: true });
    expect(sink.open).not.toHaveBeenCalled();
    expect(sink.export).not.toHaveBeenCalled();
    expect(sink.close).toHaveBeenCalledTimes(1);
  });
});

describe("eventful sinks", () => {
  function eventful(record: (event: MetricEvent) => void) {
    return Object.assign(new InMemorySink(), { record });
  }

  test("get each accepted observation, by name or handle, and no other", async () => {
    const events: MetricEvent[] = [];
    const { clock, metrics } = setUp({
      sink: eventful((event) => events.push(event)),
      metrics: { a: { kind: "counter", unit: "By", description: "d" } },
    });
    const bound = metrics.bind("a", { x: 1 });
    bound.put(1);
    clock.block(5);
    bound.put(2);
    metrics.count("a", 3, { x: "1" });
    metrics.count("a", NaN, { x: "1" });
    expect(events.map(({ value, timestamp }) => [value, timestamp - clock.wallTime()])).toEqual([
      [1, -5],
      [2, 0],
      [3, 0],
    ]);
    expect(events[0]).toMatchObject({
      name: "a",
      kind: "counter",
      unit: "By",
      description: "d",
      dimensions: [["x", "1"]],
    });
    expect(events[1]?.dimensions).toBe(events[0]?.dimensions);
    await metrics.close();
  });

  test("see which observations went to the overflow series", async () => {
    const events: MetricEvent[] = [];
    const { metrics } = setUp({
      sink: eventful((event) => events.push(event)),
      commonDimensions: { host: "h" },
      maxSeriesPerMetric: 1,
    });
    metrics.count("a", 1);
    metrics.count("a", 2, { id: "2" });
    expect(events.map(({ value, dimensions, overflow }) => [value, dimensions, overflow])).toEqual([
      [1, [["host", "h"]], undefined],
      [2, [["host", "h"]], true],
    ]);
    await metrics.close();
  });

  test("that bind get each series once and then only its values, by name or handle", async () => {
    const bound: EventSeries[] = [];
    const values: number[] = [];
    const sink = Object.assign(new InMemorySink(), {
      record: vi.fn(),
      bind(series: EventSeries) {
        bound.push(series);
        return (value: number) => values.push(value);
      },
    });
    const other = eventful(() => {});
    const { metrics } = setUp({
      sink: [sink, other],
      maxSeriesPerMetric: 1,
      metrics: { a: { kind: "gauge", unit: "By", description: "d" } },
    });
    const handle = metrics.bind("a", { x: 1 });
    handle.put(1);
    metrics.gauge("a", 2, { x: "1" });
    metrics.gauge("a", NaN, { x: "1" });
    metrics.gauge("a", 3, { x: "2" });
    metrics.gauge("a", 4, { x: "3" });
    expect(values).toEqual([1, 2, 3, 4]);
    const a = { name: "a", kind: "gauge", unit: "By", description: "d" };
    expect(bound).toEqual([
      { ...a, dimensions: [["x", "1"]] },
      { ...a, dimensions: [], overflow: true },
    ]);
    expect(sink.record).not.toHaveBeenCalled();
    await metrics.close();
  });

  test.each<[string, () => unknown, RegExp]>([
    [
      "throws",
      () => {
        throw new Error("bind");
      },
      /failed to record metric "a": bind/,
    ],
    ["returns no function", () => undefined, /bind\(\) must return a function/],
  ])("bind that %s is reported, and tried again", async (_, bind, message) => {
    const values: number[] = [];
    const bindSink = vi
      .fn<() => (value: number) => void>()
      .mockImplementationOnce(bind as () => () => void)
      .mockReturnValue((value) => values.push(value));
    const sink = Object.assign(
      eventful(() => {}),
      { bind: bindSink },
    );
    const { metrics, errors } = setUp({ sink });
    for (const value of [1, 2, 3]) metrics.count("a", value);
    await metrics.close();
    expect(sink.read("a")?.sum).toBe(6);
    expect(values).toEqual([2, 3]);
    expect(errors.map(({ code }) => code)).toEqual(["record_failed"]);
    expect(errors[0]?.message).toMatch(message);
  });

  test("what onError records about a failing sink reaches the sink too", async () => {
    const events: string[] = [];
    const sink = eventful((event) => {
      events.push(event.name);
      if (event.name === "a") throw new Error("record");
    });
    const { metrics } = setUp({ sink, onError: () => metrics.count("problems") });
    metrics.count("a");
    expect(events).toEqual(["a", "problems"]);
    await metrics.close();
  });

  test("one that records in record() does not get that observation", async () => {
    const events: string[] = [];
    const sink = eventful((event) => {
      events.push(event.name);
      metrics.count("b");
    });
    const { metrics } = setUp({ sink });
    metrics.count("a");
    metrics.count("a");
    expect(events).toEqual(["a", "a"]);
    await metrics.close();
    expect([sink.read("a")?.sum, sink.read("b")?.sum]).toEqual([2, 2]);
  });

  test("one that throws is reported, and the window still has the observation", async () => {
    const sink = eventful(() => {
      throw new Error("record");
    });
    const { metrics, codes } = setUp({ sink });
    metrics.count("a");
    metrics.count("a");
    await metrics.close();
    expect(sink.read("a")?.sum).toBe(2);
    expect(codes()).toEqual(["record_failed", "record_failed"]);
  });
});

describe("onError", () => {
  test("may itself throw or reject without harm", async () => {
    for (const onError of [
      () => {
        throw new Error("handler");
      },
      () => Promise.reject(new Error("handler")),
    ]) {
      const { sink, metrics } = setUp({ onError });
      metrics.count("a", NaN);
      metrics.count("a", 1);
      await metrics.close();
      expect(sink.read("a")?.sum).toBe(1);
    }
  });

  test("is a process warning by default, one per kind in a minute", async () => {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const clock = new ManualClock();
    const metrics = new MetricsManager({ clock, sink: new InMemorySink() });
    for (let i = 0; i < 3; i++) {
      metrics.count("a", NaN);
      metrics.count("b", NaN);
      await metrics.flush();
    }
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]?.[0]).toMatch(/"a".*NaN/);
    await clock.advance(MINUTE_MS * 2);
    metrics.count("a", NaN);
    expect(warn).toHaveBeenCalledTimes(2);
    expect(warn.mock.calls[1]?.[0]).toMatch(/\(invalid_value, 5 more since the last warning\)$/);
    await metrics.close();
    warn.mockRestore();
  });

  test("by default each mistake against the catalogue is a process warning, at once", () => {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const metrics = new MetricsManager<MetricCatalogue>({
      clock: new ManualClock(),
      sink: new InMemorySink(),
      metrics: { orders: { kind: "counter", dimensions: ["status"] } },
    });
    for (let i = 0; i < 3; i++) {
      metrics.count("order");
      metrics.count("orderz");
      metrics.count("orders");
      metrics.count("orders", 1, { status: "ok", statuz: "ok" });
    }
    const messages = warn.mock.calls.map(([message]) => String(message));
    for (let i = 0; i < 1_000; i++) metrics.count(`name ${i}`);
    expect(warn.mock.calls.length).toBeLessThanOrEqual(101);
    warn.mockRestore();
    expect(messages).toEqual([
      expect.stringContaining('"order" is not in the catalogue'),
      expect.stringContaining('"orderz" is not in the catalogue'),
      expect.stringContaining('dimension "status" is missing'),
      expect.stringContaining('dimension "statuz" is not in the catalogue'),
    ]);
  });
});

describe("wrong options throw at construction", () => {
  const sink = new InMemorySink();
  test.each<[string, object, RegExp, typeof TypeError | typeof RangeError]>([
    [
      "a negative interval",
      { exportIntervalMs: -1 },
      /exportIntervalMs is -1, must be a whole number from 0 to 86400000/,
      RangeError,
    ],
    [
      "an interval in text",
      { exportIntervalMs: "60" },
      /exportIntervalMs is "60", must be a number/,
      TypeError,
    ],
    ["a fraction", { exportTimeoutMs: 0.5 }, /exportTimeoutMs is 0.5/, RangeError],
    ["NaN", { maxSeriesPerMetric: NaN }, /maxSeriesPerMetric is NaN/, RangeError],
    ["no room", { coalesceAfterSnapshots: 0 }, /coalesceAfterSnapshots is 0/, RangeError],
    [
      "an unknown level",
      { level: "verbose" },
      /level is "verbose", must be one of "none", "summary", "detailed"/,
      RangeError,
    ],
    [
      "a sink without export",
      { sink: {} },
      /sink .*must be an object with the method export\(\)/,
      TypeError,
    ],
    ["a list with a null sink", { sink: [sink, null] }, /sink\[1\] is null/, TypeError],
    ["a list with no sink and a wrong one", { sink: [undefined, 5] }, /sink\[1\] is 5/, TypeError],
    ["half a clock", { clock: { wallTime: () => 0 } }, /clock .*monotonicTime/, TypeError],
    [
      "a handler that is none",
      { onError: "log" },
      /onError is "log", must be a function/,
      TypeError,
    ],
    [
      "a sink twice",
      { sink: [sink, sink] },
      /sink\[1\] is the same sink as one before it, must be another sink/,
      TypeError,
    ],
    [
      "a sink with a symbol for a name",
      { sink: { name: Symbol("s"), export() {} } },
      /name of a sink is Symbol\(s\)/,
      TypeError,
    ],
    [
      "a sink without a name",
      { sink: { name: "", export() {} } },
      /name of a sink is ""/,
      TypeError,
    ],
    [
      "a sink that takes no snapshot",
      { sink: { maxExportSnapshots: 0, export() {} } },
      /maxExportSnapshots of sink sink is 0/,
      RangeError,
    ],
    [
      "a sink that takes half a snapshot",
      { sink: { maxExportSnapshots: 0.5, export() {} } },
      /maxExportSnapshots of sink sink is 0.5/,
      RangeError,
    ],
    [
      "a vendor that takes nothing as old as a window",
      { sink: { name: "v", maxAgeMs: 50_000, export() {} } },
      /maxAgeMs of sink v is 50000, .* from 60001/,
      RangeError,
    ],
    [
      "a sink with no interval",
      { sink: { name: "v", preferredIntervalMs: NaN, export() {} } },
      /preferredIntervalMs of sink v is NaN/,
      RangeError,
    ],
    [
      "a common dimension that is no value",
      { commonDimensions: { a: Object.create(null) as object } },
      /commonDimensions.a is an object/,
      TypeError,
    ],
    [
      "a list of common dimensions",
      { commonDimensions: ["a"] },
      /commonDimensions is \["a"\], must be an object/,
      TypeError,
    ],
    [
      "a unit that is no text",
      { metrics: { a: { kind: "gauge", unit: 5n } } },
      /"a".*unit is 5n, must be a string/,
      TypeError,
    ],
    ["a wrong catalogue", { metrics: { a: { kind: "sum" } } }, /a.*kind.*sum/, RangeError],
    [
      "an option that does not exist",
      { exportInterval: 5 },
      /exportInterval does not exist/,
      TypeError,
    ],
    [
      "common dimensions that are none",
      { commonDimensions: "env" },
      /commonDimensions is "env", must be an object/,
      TypeError,
    ],
  ])("%s", (_, options, message, type) => {
    const construct = (): unknown =>
      new MetricsManager({ sink, ...options } as MetricsManagerOptions);
    expect(construct).toThrow(message);
    expect(construct).toThrow(type);
  });

  test("undefined means the default everywhere", async () => {
    const all: Record<string, undefined> = {};
    for (const option of [
      "sink",
      "level",
      "metrics",
      "exportIntervalMs",
      "exportTimeoutMs",
      "commonDimensions",
      "maxSeriesPerMetric",
      "coalesceAfterSnapshots",
      "clock",
      "onError",
    ]) {
      all[option] = undefined;
    }
    const metrics = new MetricsManager(all as MetricsManagerOptions);
    const dimensions: DimensionValues = { a: undefined };
    metrics.count("a", 1, dimensions);
    expect(await metrics.close({ timeoutMs: undefined })).toMatchObject({ ok: true });
  });
});

test("an error's message is one line, even if a name has several", () => {
  const { metrics, errors } = setUp();
  metrics.count(`a\n\u001b[31m${"x".repeat(10_000)}`, NaN);
  expect(errors[0]?.message).toMatch(/^metric "a \[31mx{100,}" was given NaN/);
  expect(errors[0]?.message.length).toBeLessThan(1_000);
});

describe("what is refused leaves no trace", () => {
  test("neither a series nor a kind, by name or handle", () => {
    const { metrics } = setUp({ maxSeriesPerMetric: 10 });
    for (let i = 0; i < 100; i++) {
      metrics.distribution("a", NaN, { id: i });
      metrics.bind("a", { id: i }).put(NaN);
    }
    metrics.count("b", -1);
    metrics.bind("c").put(NaN);
    metrics.bind("d").add(NaN);
    expect(metrics.stats()).toMatchObject({ metrics: 0, series: 0 });
    metrics.distribution("a", 1, { id: "good" });
    metrics.gauge("b", 1);
    metrics.gauge("c", 1);
    metrics.count("d", 1);
    expect(metrics.snapshots().some(({ overflow }) => overflow === true)).toBe(false);
    expect(metrics.stats()).toMatchObject({
      accepted: 4,
      series: 4,
      refused: { invalid_value: 203 },
    });
  });

  test("nor does an observation after close(), whatever its name", async () => {
    const { metrics, errors } = setUp();
    const handles = Array.from({ length: 50 }, (_, i) => metrics.bind("a", { i }));
    await metrics.close();
    for (const handle of handles) handle.put(1);
    for (let i = 0; i < 50; i++) metrics.count(`a${i}`);
    expect(() => untyped(metrics).count(Symbol("x"))).not.toThrow();
    expect(metrics.stats()).toMatchObject({ metrics: 0, series: 0, refused: { closed: 101 } });
    expect(errors).toHaveLength(1);
  });
});

describe("every way to record gives the same answer", () => {
  /** One observation by each door of a counter or a distribution, with all that it may take. */
  const doors: readonly (readonly [
    string,
    (metrics: Untyped, name: unknown, value: unknown, dimensions?: unknown) => void,
  ])[] = [
    ["by name", (metrics, ...args) => metrics.put(...args)],
    ["by verb", (metrics, ...args) => metrics.distribution(...args)],
    ["by handle", (metrics, name, value, dimensions) => metrics.bind(name, dimensions).put(value)],
  ];

  describe.each(doors)("%s", (_, put) => {
    test.each<[MetricsErrorCode, unknown, unknown, unknown?]>([
      ["invalid_name", "", 1],
      ["invalid_name", Symbol("x"), 1],
      ["invalid_value", "a", NaN],
      ["invalid_value", "a", 10n],
      ["invalid_value", "a", undefined],
    ])("what is refused as %s opens no sink and names no metric", async (code, name, value) => {
      const open = vi.fn(async () => {});
      const { metrics, clock, codes } = setUp({ sink: { open, export: async () => {} } });
      put(untyped(metrics), name, value);
      await clock.advance(MINUTE_MS);
      expect(codes()).toEqual([code]);
      expect(metrics.stats()).toMatchObject({ metrics: 0, series: 0, windows: 0 });
      expect(open).not.toHaveBeenCalled();
      await metrics.close();
    });

    test("after close() everything is refused as closed, even if it would be refused anyway", async () => {
      const { metrics } = setUp();
      metrics.distribution("known", 1);
      await metrics.close();
      put(untyped(metrics), "known", 1);
      put(untyped(metrics), "known", NaN);
      put(untyped(metrics), "new", 1);
      put(untyped(metrics), "", 1);
      expect(metrics.stats().refused).toEqual({ closed: 4 });
    });

    test("a metric above the level is neither recorded nor refused, also after close", async () => {
      const { metrics, errors } = setUp({
        level: "summary",
        metrics: { fine: { kind: "counter", level: "detailed" } },
      });
      put(untyped(metrics), "fine", -1);
      await metrics.close();
      put(untyped(metrics), "fine", 1);
      expect(metrics.stats()).toMatchObject({ accepted: 0, refused: {} });
      expect(errors).toEqual([]);
    });
  });

  test("dimensions that can't be read leave no metric behind", () => {
    const { metrics, codes } = setUp();
    untyped(metrics).count("b", 1, 7);
    untyped(metrics).count("c", 1, {
      get x() {
        throw new Error("no");
      },
    });
    metrics.gauge("b", 1);
    metrics.gauge("c", 1);
    expect(codes()).toEqual(["invalid_dimensions", "invalid_dimensions"]);
    expect(metrics.stats()).toMatchObject({ accepted: 2, metrics: 2, series: 2 });
  });

  test("a getter that records the metric of its own observation makes one metric", () => {
    const { metrics, codes } = setUp();
    metrics.count("a", 1, {
      get x() {
        metrics.count("a", 2, { x: "inner" });
        return "outer";
      },
    });
    expect(metrics.snapshots().map(({ name, dimensions }) => [name, dimensions])).toEqual([
      ["a", [["x", "inner"]]],
      ["a", [["x", "outer"]]],
    ]);
    expect(codes()).toEqual([]);
  });
});

test("the message for a bigint shows it, and says that a number is expected", () => {
  const { metrics, errors } = setUp();
  untyped(metrics).count("a", 10n);
  expect(errors[0]?.message).toBe(
    'metric "a" was given 10n; a value must be a number, not a bigint',
  );
});

describe("flush() while a window is being closed", () => {
  test.each(["an observer", "prepare()", "onError"] as const)(
    "called by %s makes an attempt, and closes no second window",
    async (caller) => {
      const results: Promise<FlushResult>[] = [];
      let isCalled = false;
      const flushOnce = (): void => {
        if (!isCalled) results.push(metrics.flush());
        isCalled = true;
      };
      const { metrics, clock } = setUp({
        onError: flushOnce,
        sink: {
          prepare: (window) => {
            if (caller === "prepare()") flushOnce();
            return window;
          },
          export: async () => {},
        },
      });
      metrics.observe("depth", () => {
        if (caller === "an observer") flushOnce();
        if (caller === "onError") throw new Error("no depth");
        return 1;
      });
      metrics.count("a");
      await clock.advance(MINUTE_MS);
      expect(isCalled).toBe(true);
      expect((await Promise.all(results)).map(({ ok, pending }) => [ok, pending])).toEqual([
        [true, 0],
      ]);
      expect(metrics.stats().windows).toBe(1);
      await metrics.close();
    },
  );

  test("a handler that flushes at each failure of an observer does not recurse", async () => {
    let depth = 0;
    let deepest = 0;
    const { metrics, clock } = setUp({
      onError: () => {
        deepest = Math.max(deepest, ++depth);
        void metrics.flush();
        depth--;
      },
    });
    for (let i = 0; i < 3; i++)
      metrics.observe("depth", () => {
        throw new Error("no depth");
      });
    await clock.advance(MINUTE_MS);
    expect(deepest).toBe(1);
    expect(metrics.stats().windows).toBe(1);
    await metrics.close();
  });
});

test("a getter of the dimensions that itself records puts nothing into a wrong series", () => {
  const { metrics } = setUp();
  for (let i = 0; i < 60; i++) metrics.count("m", 0, { a: i, b: "1" });
  for (let outer = 0; outer < 60; outer++) {
    const dimensions = {
      a: outer,
      get b() {
        metrics.count("m", 1, { a: (outer * 7) % 60, b: "1" });
        return "1";
      },
    };
    metrics.count("m", 1_000, dimensions);
  }
  for (const { sum } of metrics.snapshots()) expect(Math.floor(sum / 1_000)).toBe(1);
});

test("nobody can change the common dimensions", () => {
  const { metrics } = setUp({ commonDimensions: { env: "prod" } });
  metrics.count("a");
  metrics.count("a", 1, { x: 1 });
  for (const { dimensions } of metrics.snapshots()) {
    expect(() => (dimensions as unknown as string[][]).push(["x", "y"])).toThrow(TypeError);
    expect(() => ((dimensions[0] as unknown as string[])[1] = "y")).toThrow(TypeError);
  }
});

describe("callbacks that are asynchronous but should not be", () => {
  test.each([
    ["record", "record_failed"],
    ["bind", "record_failed"],
    ["prepare", "prepare_failed"],
    ["onError", undefined],
  ] as const)(
    "%s: it is reported, and the rejection does not reach the process",
    async (which, code) => {
      const unhandled = vi.fn();
      process.on("unhandledRejection", unhandled);
      const rejecting = (): never => Promise.reject(new Error("late")) as never;
      const sink = Object.assign(new InMemorySink(), {
        ...(which === "bind" ? { record: () => {} } : undefined),
        ...(which === "onError" ? undefined : { [which]: rejecting }),
      });
      const { metrics, codes } = setUp({
        sink,
        ...(which === "onError" ? { onError: rejecting } : {}),
      });
      metrics.count("a");
      metrics.count("a", NaN);
      await metrics.close();
      await new Promise((resolve) => setImmediate(resolve));
      process.off("unhandledRejection", unhandled);
      expect(unhandled).not.toHaveBeenCalled();
      if (code !== undefined) expect(codes()).toContain(code);
    },
  );
});

describe("what runs during close()", () => {
  test("may call close() again, which closes the sink once", async () => {
    for (const where of ["prepare", "onError", "observe"] as const) {
      const close = vi.fn(async () => {});
      const again = (): void => void metrics.close();
      const prepare = (window: readonly MetricSnapshot[]) => {
        if (where === "prepare") again();
        return window;
      };
      const sink = Object.assign(new InMemorySink(), { close, prepare });
      const metrics: MetricsManager = new MetricsManager({
        clock: new ManualClock(),
        sink,
        onError: () => where === "onError" && again(),
      });
      if (where === "observe") {
        metrics.observe("o", () => {
          again();
          return 1;
        });
      }
      metrics.count("a");
      metrics.count("a", NaN);
      metrics.count("a", NaN);
      await metrics.close();
      expect(close).toHaveBeenCalledTimes(1);
      expect(metrics.stats().windows).toBe(1);
      expect(sink.read("a")?.count).toBe(1);
    }
  });

  test("can't record after the last window is closed", async () => {
    const sink = new InMemorySink();
    const metrics: MetricsManager = new MetricsManager({
      clock: new ManualClock(),
      sink,
      onError: () => metrics.count("errors"),
    });
    for (let i = 0; i < 3; i++) metrics.count("a", NaN);
    metrics.count("a");
    await metrics.close();
    const exported = sink.allSnapshots.reduce((total, { count }) => total + count, 0);
    expect(metrics.stats().accepted).toBe(exported);
    expect(metrics.snapshots()).toEqual([]);
  });
});

test("an observer that subscribes again is read once per window", async () => {
  const { metrics } = setUp();
  let reads = 0;
  let unsubscribe = (): void => {};
  const read = (): number => {
    unsubscribe();
    unsubscribe = metrics.observe("o", read);
    return ++reads;
  };
  unsubscribe = metrics.observe("o", read);
  await metrics.flush();
  expect(reads).toBe(1);
  await metrics.close();
});

test("time() returns what work returns, even if that can't be inspected", () => {
  const { metrics } = setUp();
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  expect(metrics.time("a", () => proxy) === proxy).toBe(true);
  expect(metrics.snapshots()).toMatchObject([{ count: 1 }]);
});

describe("time() with a function of the outcome", () => {
  const outcome = (error: unknown, result: unknown) => ({
    status: error === undefined ? "ok" : "error",
    result: String(error ?? result),
  });

  test("records how the work ended, at once or later, and changes nothing about it", async () => {
    const { metrics } = setUp();
    const fail = (): never => {
      throw new Error("sync");
    };
    expect(metrics.time("a", () => 1, outcome)).toBe(1);
    expect(() => metrics.time("a", fail, outcome)).toThrow("sync");
    await expect(metrics.time("a", async () => 2, outcome)).resolves.toBe(2);
    await expect(metrics.time("a", async () => fail(), outcome)).rejects.toThrow("sync");
    expect(
      metrics.snapshots().map(({ count, dimensions }) => [count, Object.fromEntries(dimensions)]),
    ).toEqual([
      [1, { status: "ok", result: "1" }],
      [2, { status: "error", result: "Error: sync" }],
      [1, { status: "ok", result: "2" }],
    ]);
  });

  test("that is async is refused and reported, and its rejection does not reach the process", async () => {
    const unhandled = vi.fn();
    process.on("unhandledRejection", unhandled);
    for (const level of ["none", "detailed"] as const) {
      const { metrics, errors } = setUp({ level });
      const late = (): never => Promise.reject(new Error("late")) as never;
      expect(metrics.time("a", () => 1, late)).toBe(1);
      expect(metrics.time("a", () => 2, (async () => ({ status: "ok" })) as never)).toBe(2);
      const isRecording = level === "detailed";
      expect(metrics.stats().refused).toEqual(isRecording ? { invalid_dimensions: 2 } : {});
      expect(errors.map(({ message }) => message)).toEqual(
        isRecording ? [expect.stringContaining("returned a promise")] : [],
      );
    }
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  test("that throws is reported, and the result of the work stays", () => {
    const { metrics, errors } = setUp();
    const broken = (): never => {
      throw new Error("no status");
    };
    expect(metrics.time("a", () => 1, broken)).toBe(1);
    expect(errors.map(({ code, message }) => [code, message])).toEqual([
      [
        "invalid_dimensions",
        'the function that gives the dimensions of metric "a" failed: no status',
      ],
    ]);
    expect(metrics.stats()).toMatchObject({ accepted: 0, refused: { invalid_dimensions: 1 } });
  });
});

test("flush() and close() accept null instead of options", async () => {
  const { metrics } = setUp();
  metrics.count("a");
  await expect(metrics.flush(null as unknown as undefined)).resolves.toMatchObject({ ok: true });
  await expect(metrics.close(null as unknown as undefined)).resolves.toMatchObject({ ok: true });
});

test("a sink of a list that is undefined is left out, and a list of no sinks is as no sink", () => {
  const some = new MetricsManager({ sink: [undefined, new InMemorySink()] });
  expect(some.stats().sinks.map(({ name }) => name)).toEqual(["memory"]);
  expect(some.level).toBe("detailed");
  for (const sink of [[], [undefined], undefined]) {
    const none = new MetricsManager({ sink });
    none.count("orders");
    expect(none.level).toBe("none");
    expect(none.stats().series).toBe(0);
  }
});

test("sinks with the same name get different names", async () => {
  const failing = (): MetricsSink => ({ export: () => Promise.reject(new Error("down")) });
  const { metrics } = setUp({ sink: [failing(), failing(), new InMemorySink()] });
  metrics.count("a");
  const { sinks } = await metrics.flush();
  expect(sinks.map(({ name }) => name)).toEqual(["sink", "sink#2", "memory"]);
  expect(sinks.map(({ pending }) => pending)).toEqual([1, 1, 0]);
});

test("each sink gets the same windows", async () => {
  const sinks = [new InMemorySink(), new InMemorySink()];
  const { metrics } = setUp({ sink: sinks });
  metrics.count("a", 2, { x: 1 });
  await metrics.close();
  const seen: (readonly MetricSnapshot[])[] = sinks.map(({ allSnapshots }) => allSnapshots);
  expect(seen[0]).toEqual(seen[1]);
  expect(seen[0]).toHaveLength(1);
});
