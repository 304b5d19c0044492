import { describe, expect, test } from "vitest";
import {
  InMemorySink,
  type MetricLevel,
  MetricsManager,
  type MetricsManagerOptions,
} from "../index.ts";

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
