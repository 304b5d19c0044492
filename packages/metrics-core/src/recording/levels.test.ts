import { describe, expect, test } from "vitest";
import {
  InMemorySink,
  type MetricLevel,
  MetricsManager,
  type MetricsManagerOptions,
} from "../index.ts";
import { ManualClock } from "../testing.ts";

const metrics = {
  Vital: { kind: "counter" },
  Fine: { kind: "counter", level: "detailed" },
  Depth: { kind: "gauge" },
  Alive: { kind: "counter", quiet: "zero", dimensions: [] },
} as const;

function setUp(level: MetricLevel, options: Omit<MetricsManagerOptions, "metrics" | "level"> = {}) {
  const sink = new InMemorySink();
  const manager = new MetricsManager({ sink, exportIntervalMs: 0, metrics, level, ...options });
  /** Counts once by name and by handle, and returns which names the window had, with their sums. */
  const handles = [manager.bind("Vital"), manager.bind("Fine")];
  const window = async (): Promise<Readonly<Record<string, number>>> => {
    manager.count("Vital");
    manager.count("Fine");
    for (const handle of handles) handle.put();
    const before = sink.exports.length;
    await manager.flush();
    const last = sink.exports.slice(before).flat();
    return Object.fromEntries(last.map(({ name, sum }) => [name, sum]));
  };
  return { sink, manager, window };
}

describe("the level of a manager", () => {
  test("can be turned down and up, by name and by handle", async () => {
    const { manager, window } = setUp("detailed");
    expect(await window()).toEqual({ Vital: 2, Fine: 2, Alive: 0 });
    manager.level = "summary";
    expect(manager.level).toBe("summary");
    expect(await window()).toEqual({ Vital: 2, Alive: 0 });
    manager.level = "none";
    expect(await window()).toEqual({});
    manager.level = "detailed";
    expect(await window()).toEqual({ Vital: 2, Fine: 2, Alive: 0 });
    expect(manager.stats().refused).toEqual({});
  });

  test("can be raised from none, where handles were made", async () => {
    const { manager, window } = setUp("none");
    const open = manager.bind("Vital");
    const undeclared = new MetricsManager({ sink: new InMemorySink(), level: "none" });
    const handle = undeclared.bind("x");
    handle.put(1);
    expect(undeclared.stats().accepted).toBe(0);
    undeclared.level = "summary";
    handle.put(1);
    undeclared.count("y");
    expect(undeclared.stats().accepted).toBe(2);
    await undeclared.close();
    expect(await window()).toEqual({});
    manager.level = "summary";
    open.put();
    expect(await window()).toEqual({ Vital: 3, Alive: 0 });
  });

  test("can differ by pattern, of which the last one counts", async () => {
    const { manager, window } = setUp("none");
    manager.setLevel("V*", "summary");
    expect(await window()).toEqual({ Vital: 2 });
    manager.setLevel("F?ne", "detailed");
    expect(await window()).toEqual({ Vital: 2, Fine: 2 });
    manager.setLevel("*", "none");
    expect(await window()).toEqual({});
    manager.setLevel("V*", "summary");
    expect(await window()).toEqual({ Vital: 2 });
    manager.level = "none";
    expect(await window()).toEqual({});
  });

  test("leaves out undeclared metrics by their names, from their first observation on", async () => {
    const sink = new InMemorySink();
    const onError = (): void => {};
    const manager = new MetricsManager({ sink, level: "none", exportIntervalMs: 0, onError });
    let reads = 0;
    manager.setLevel("wanted.*", "summary");
    for (const name of ["other.a", "wanted.a"]) {
      manager.count(name, 1);
      manager.bind(name).put(1);
      manager.gauge(`${name}.gauge`, 1);
      manager.add(`${name}.level`, 1);
      manager.distribution(`${name}.size`, 1, {}, 2);
      manager.bind(`${name}.size`).putMany(1, 2);
      manager.distribution(`${name}.size`, 1, {}, -2);
      manager.time(`${name}.time`, () => {});
      manager.observe(`${name}.observed`, () => ++reads);
      manager.count(name, NaN);
    }
    await manager.close();
    expect([...new Set(sink.allSnapshots.map(({ name }) => name))].toSorted()).toEqual([
      "wanted.a",
      "wanted.a.gauge",
      "wanted.a.level",
      "wanted.a.observed",
      "wanted.a.size",
      "wanted.a.time",
    ]);
    expect(manager.stats()).toMatchObject({ metrics: 6, refused: { invalid_value: 2 } });
    expect(reads).toBe(1);
  });

  test("reaches a handle whose undeclared metric was forgotten meanwhile", async () => {
    const clock = new ManualClock();
    const sink = new InMemorySink();
    const manager = new MetricsManager({ sink, clock, exportIntervalMs: 300_000 });
    const handle = manager.bind("open");
    handle.put(1);
    manager.level = "none";
    await clock.advance(3_600_000);
    expect(manager.stats().metrics).toBe(0);
    handle.put(2);
    manager.level = "summary";
    handle.put(3);
    expect(manager.snapshots()).toMatchObject([{ name: "open", sum: 3 }]);
    await manager.close();
  });

  test("turned down and up within a window goes on where the window was, also past the limit of series", async () => {
    const { manager, sink } = setUp("detailed", { maxSeriesPerMetric: 1 });
    const open = manager as MetricsManager;
    const handles = [1, 2].map((id) => open.bind("open", { id }));
    for (const level of ["none", "detailed", "none", "detailed"] as const) {
      for (const handle of handles) handle.put(2);
      for (const id of [1, 2]) open.distribution("open", 3, { id });
      manager.level = level;
    }
    await manager.flush();
    expect(sink.byName("open")).toMatchObject([
      { count: 4, sum: 10 },
      { count: 4, sum: 10, overflow: true },
    ]);
  });

  test("loses nothing of a counter that was ended and begins to say zero again", async () => {
    const { manager, window } = setUp("detailed");
    manager.count("Alive", 5);
    manager.forget("Alive");
    manager.level = "none";
    manager.level = "detailed";
    manager.count("Alive", 2);
    expect(await window()).toMatchObject({ Alive: 7 });
  });

  test("set by a handler in the middle of an observation loses nothing", async () => {
    const sink = new InMemorySink();
    const manager: MetricsManager = new MetricsManager({
      sink,
      exportIntervalMs: 0,
      maxSeriesPerMetric: 1,
      // The limit is reported between the look at the level and the addition.
      onError: () => (manager.level = "none"),
    });
    manager.count("a", 1, { id: 1 });
    manager.count("a", 2, { id: 2 });
    manager.level = "detailed";
    manager.count("a", 4, { id: 2 });
    manager.count("a", 8, { id: 2 });
    await manager.close();
    const total = sink.byName("a").reduce((sum, each) => sum + each.sum, 0);
    expect(total).toBe(13);
    expect(manager.stats().refused).toEqual({});
  });

  test("leaves what was recorded before it was turned down in the window", async () => {
    const { manager, window } = setUp("detailed");
    manager.count("Vital", 5);
    manager.bind("Fine").put(7);
    manager.level = "none";
    expect(await window()).toEqual({ Vital: 5, Fine: 7 });
  });

  test("takes a gauge out of the windows, and leaves it its level", async () => {
    const { manager, window } = setUp("detailed");
    manager.add("Depth", 3);
    expect(await window()).toMatchObject({ Depth: 3 });
    manager.setLevel("Depth", "none");
    manager.add("Depth", 100);
    expect(await window()).not.toHaveProperty("Depth");
    manager.setLevel("Depth", "summary");
    expect(await window()).toMatchObject({ Depth: 3 });
  });

  test("is asked for each observer", async () => {
    const { manager, sink } = setUp("none");
    let reads = 0;
    manager.observe("Depth", () => ++reads);
    const undeclared = new MetricsManager({ sink: new InMemorySink(), level: "none" });
    undeclared.observe("x", () => ++reads);
    await undeclared.flush();
    await undeclared.close();
    await manager.flush();
    manager.level = "detailed";
    await manager.flush();
    expect(reads).toBe(1);
    expect(sink.byName("Depth")).toHaveLength(1);
  });

  test("is asked where a sink takes each observation", async () => {
    const values: number[] = [];
    const sink = Object.assign(new InMemorySink(), {
      record: ({ value }: { value: number }) => void values.push(value),
    });
    const { manager } = setUp("detailed", { sink });
    const handle = manager.bind("Vital");
    handle.put(1);
    manager.level = "none";
    handle.put(2);
    manager.count("Vital", 3);
    manager.level = "summary";
    handle.put(4);
    expect(values).toEqual([1, 4]);
  });

  test.each<[string, unknown]>([
    ["*", "debug"],
    ["*", undefined],
    ["", "none"],
  ])("is refused for the pattern %j and the level %j", (pattern, level) => {
    const { manager } = setUp("detailed");
    expect(() => manager.setLevel(pattern, level as MetricLevel)).toThrow(/must be/);
    if (pattern === "*") expect(() => (manager.level = level as MetricLevel)).toThrow(RangeError);
    expect(manager.level).toBe("detailed");
  });
});
