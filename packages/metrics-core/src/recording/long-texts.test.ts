import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import type { DimensionValues } from "../contract/dimensions.ts";
import { MetricsManager } from "../metrics-manager.ts";
import type { MetricsError } from "../problems/metrics-error.ts";
import { InMemorySink } from "../sinks/in-memory-sink.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const MEGABYTE = 2 ** 20;

function setUp(commonDimensions: DimensionValues = {}) {
  const errors: MetricsError[] = [];
  const sink = new InMemorySink();
  const metrics = new MetricsManager({
    sink,
    commonDimensions,
    exportIntervalMs: 0,
    onError: (error) => errors.push(error),
  });
  return { errors, sink, metrics };
}

/** How much more is in memory after the work and a collection of garbage. */
function grownBy(work: () => void): number {
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  work();
  collectGarbage();
  return process.memoryUsage().heapUsed - before;
}

/** A text of a megabyte that is no other's. */
function megabyte(i: number): string {
  return `request ${i} `.padEnd(MEGABYTE, `${i} `);
}

test.each<[string, (metrics: MetricsManager, body: string, i: number) => void]>([
  ["values", (metrics, body) => metrics.count("a", 1, { id: body.slice(0, 40) })],
  ["names of dimensions", (metrics, body) => metrics.count("a", 1, { [body.slice(0, 40)]: 1 })],
  ["names of metrics", (metrics, body) => metrics.count(body.slice(0, 40))],
  [
    "values of handles",
    (metrics, body, i) => metrics.bind(`b${i}`, { id: body.slice(0, 40) }).put(1),
  ],
  ["refused names", (metrics, body) => metrics.count(body.slice(0, 40), NaN)],
  [
    "values that the common dimensions have",
    (metrics, body, i) =>
      metrics.count(`c${i}`, 1, { env: body.replace(/^.{40}/, "e".repeat(40)).slice(0, 40) }),
  ],
])("%s that are slices of megabytes keep none of those", (_, record) => {
  const { metrics } = setUp({ env: "e".repeat(40) });
  const grown = grownBy(() => {
    for (let i = 0; i < 40; i++) {
      record(metrics, megabyte(i), i);
      record(metrics, megabyte(i), i);
    }
  });
  expect(grown).toBeLessThan(8 * MEGABYTE);
  metrics.count("still there");
});

test("a handle that is kept keeps no megabyte", () => {
  const { metrics } = setUp();
  const handles: unknown[] = [];
  const grown = grownBy(() => {
    for (let i = 0; i < 40; i++)
      handles.push(metrics.bind(megabyte(i).slice(0, 40), { id: megabyte(i).slice(0, 40) }));
  });
  expect(grown).toBeLessThan(8 * MEGABYTE);
  expect(handles).toHaveLength(40);
});

test("long values are cut, marked and reported, and every observation is there", async () => {
  const { metrics, sink, errors } = setUp();
  const long = "v".repeat(100_000);
  for (let i = 0; i < 3; i++) metrics.count("a", 1, { id: long, [long]: "x" });
  metrics.bind("a", { [long]: "x", id: long }).put(1);
  await metrics.close();
  const cut = `${"v".repeat(1_023)}…`;
  expect(sink.allSnapshots).toMatchObject([
    {
      count: 4,
      dimensions: [
        ["id", cut],
        [cut, "x"],
      ],
    },
  ]);
  expect(sink.read("a", { id: long, [long]: "x" })).toMatchObject({ count: 4 });
  expect(errors).toMatchObject([
    { code: "too_long", metric: "a", affected: 1 },
    { code: "too_long", metric: "a", affected: 3 },
  ]);
});

test("2,000 values of 100 kB keep 2,000 values of 1 kB", () => {
  const { metrics } = setUp();
  const grown = grownBy(() => {
    for (let i = 0; i < 2_000; i++) metrics.count("a", 1, { id: `${i} `.padEnd(100_000, "v") });
  });
  expect(metrics.stats().series).toBe(2_000);
  expect(grown).toBeLessThan(12 * MEGABYTE);
});

test("a metric with a long name is one metric, by each verb and door", async () => {
  const { metrics, sink, errors } = setUp();
  const name = "n".repeat(5_000);
  metrics.declare({ [`${name}1`]: { kind: "counter", unit: "s" } });
  metrics.put(`${name}2`, 1);
  metrics.count(`${name}3`, 2);
  metrics.bind(`${name}4`).put(3);
  metrics.time(`${name}5`, () => {});
  metrics.gauge(name, 1);
  await metrics.close();
  expect(metrics.stats()).toMatchObject({ metrics: 1, accepted: 4, refused: { kind_conflict: 1 } });
  expect(sink.allSnapshots).toMatchObject([
    { name: `${"n".repeat(1_023)}…`, kind: "counter", unit: "s", count: 4 },
  ]);
  expect(errors[0]).toMatchObject({ code: "too_long", metric: `${"n".repeat(1_023)}…` });
  for (const error of errors) expect(error.message.length).toBeLessThan(1_000);
});
