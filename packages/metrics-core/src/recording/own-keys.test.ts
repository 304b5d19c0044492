import { describe, expect, test } from "vitest";
import type { DimensionValues } from "../contract/dimensions.ts";
import { MetricsManager } from "../metrics-manager.ts";
import type { MetricsError } from "../problems/metrics-error.ts";
import { InMemorySink } from "../sinks/in-memory-sink.ts";

/** Every place that takes dimensions with a gauge `g`. */
const doors: Readonly<Record<string, (metrics: MetricsManager, given: DimensionValues) => void>> = {
  "put()": (metrics, given) => metrics.gauge("g", 1, given),
  "put() of a known series": (metrics, given) => {
    metrics.gauge("g", 1, given);
    metrics.gauge("g", 1, given);
  },
  "bind()": (metrics, given) => metrics.bind("g", given).put(1),
  "add()": (metrics, given) => metrics.add("g", 1, given),
  "observe()": (metrics, given) => void metrics.observe("g", () => 1, given),
  "a pair of observe()": (metrics, given) => void metrics.observe("g", () => [[1, given]]),
};

async function exported(
  door: string,
  given: DimensionValues,
  commonDimensions: DimensionValues = {},
) {
  const sink = new InMemorySink();
  const metrics = new MetricsManager({ sink, commonDimensions });
  metrics.gauge("g", 1, { own: "0" });
  doors[door]?.(metrics, given);
  await metrics.close();
  return sink;
}

test.each(Object.keys(doors))("%s takes an own property named __proto__", async (door) => {
  const given = JSON.parse('{"__proto__":"v","own":"1"}') as DimensionValues;
  const sink = await exported(door, given);
  expect(sink.allSnapshots.map(({ dimensions }) => dimensions)).toContainEqual([
    ["__proto__", "v"],
    ["own", "1"],
  ]);
  expect(sink.allSnapshots).toHaveLength(2);
  expect(sink.read("g", given)).toBeDefined();
});

test.each(Object.keys(doors))("%s takes nothing that an object inherits", async (door) => {
  const given = Object.assign(Object.create({ inherited: "x" }), { own: "1" }) as DimensionValues;
  const sink = await exported(door, given);
  expect(sink.allSnapshots.map(({ dimensions }) => dimensions)).toEqual([
    [["own", "0"]],
    [["own", "1"]],
  ]);
  expect(sink.read("g", given)).toBeDefined();
});

test.each(Object.keys(doors))("%s takes nothing of Object.prototype", async (door) => {
  Object.assign(Object.prototype, { planted: "x" });
  try {
    const sink = await exported(door, { own: "1" });
    expect(sink.allSnapshots.map(({ dimensions }) => dimensions)).toEqual([
      [["own", "0"]],
      [["own", "1"]],
    ]);
    expect(sink.read("g", { own: "1" })).toBeDefined();
  } finally {
    delete (Object.prototype as { planted?: string }).planted;
  }
});

test("common dimensions are an object's own", async () => {
  const common = Object.assign(
    Object.create({ inherited: "x" }),
    JSON.parse('{"env":"prod"}'),
  ) as DimensionValues;
  Object.defineProperty(common, "__proto__", { value: "v", enumerable: true });
  const sink = await exported("put()", { own: "1" }, common);
  expect(sink.allSnapshots[1]?.dimensions).toEqual([
    ["__proto__", "v"],
    ["env", "prod"],
    ["own", "1"],
  ]);
});

test("a catalogue's dimensions are checked against an object's own", () => {
  const metrics = new MetricsManager({
    sink: new InMemorySink(),
    metrics: { a: { kind: "counter", dimensions: ["own"] } },
    undeclared: "refuse",
    onError: () => {},
  });
  const inheriting = Object.create({ own: "1" }) as { own: string };
  metrics.count("a", 1, inheriting);
  metrics.count(
    "a",
    1,
    Object.assign(Object.create({ other: "x" }), { own: "1" }) as { own: string },
  );
  metrics.count("a", 1, JSON.parse('{"own":"1","__proto__":"v"}') as { own: string });
  expect(metrics.stats()).toMatchObject({ accepted: 1, refused: { undeclared: 2 } });
});

class Instance {
  readonly own = "1";
}

test.each(Object.keys(doors))(
  "%s takes an instance of a class, and an object without a prototype",
  async (door) => {
    for (const given of [new Instance(), Object.assign(Object.create(null), { own: "1" })]) {
      const sink = await exported(door, given as unknown as DimensionValues);
      expect(sink.read("g", { own: "1" })).toBeDefined();
    }
  },
);

/** What holds its dimensions elsewhere than in its properties. */
const others: Readonly<Record<string, () => unknown>> = {
  Map: () => new Map([["own", "1"]]),
  Set: () => new Set(["own"]),
  Array: () => [["own", "1"]],
  "Array ": () => [],
  Date: () => new Date(0),
  URLSearchParams: () => new URLSearchParams("own=1"),
  Promise: () => Promise.resolve({ own: "1" }),
};

/** Doors of a view of the manager, which has dimensions of its own. */
const doorsOfViews: typeof doors = {
  "put() of with()": (metrics, given) => metrics.with({ own: "1" }).gauge("g", 1, given),
  "bind() of with()": (metrics, given) => metrics.with({ own: "1" }).bind("g", given).put(1),
  "observe() of with()": (metrics, given) =>
    void metrics.with({ own: "1" }).observe("g", () => 1, given),
};

describe.each(Object.entries(others))("a %s as dimensions is refused", (type, make) => {
  test.each(Object.entries({ ...doors, ...doorsOfViews }))("by %s", async (_, record) => {
    const errors: MetricsError[] = [];
    const sink = new InMemorySink();
    const metrics = new MetricsManager({ sink, onError: (error) => errors.push(error) });
    metrics.gauge("g", 1);
    record(metrics, make() as DimensionValues);
    await metrics.close();
    expect(sink.read("g")?.count).toBe(1);
    expect(errors[0]).toMatchObject({ code: "invalid_dimensions", metric: "g" });
    expect(errors[0]?.message).toContain(`and not of type ${type.trim()}`);
  });

  test("by with(), whose observations keep their other dimensions", async () => {
    const errors: MetricsError[] = [];
    const sink = new InMemorySink();
    const metrics = new MetricsManager({ sink, onError: (error) => errors.push(error) });
    metrics
      .with({ own: "1" })
      .with(make() as DimensionValues)
      .gauge("g", 1);
    await metrics.close();
    expect(sink.read("g", { own: "1" })?.count).toBe(1);
    expect(errors).toMatchObject([{ code: "invalid_dimensions" }]);
  });

  test("as commonDimensions, at construction", () => {
    const commonDimensions = make() as DimensionValues;
    expect(() => new MetricsManager({ commonDimensions })).toThrow(TypeError);
  });
});
