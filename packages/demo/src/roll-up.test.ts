import { MetricsManager } from "@aiokpl/metrics-core";
import { expect, test } from "vitest";
import { rollUp } from "./roll-up.ts";

test("series that differ only in the dropped dimensions are merged with exact totals; others stay", async () => {
  const manager = new MetricsManager({ sink: [], level: "detailed", exportIntervalMs: 0 });
  for (const [value, shard] of [
    [1, "a"],
    [5, "b"],
    [3, "b"],
  ] as const)
    manager.distribution("Time", value, { stream: "s", shard });
  manager.count("Errors", 2, { stream: "s", code: "x", shard: "a" });
  manager.count("Errors", 3, { stream: "s", code: "y", shard: "a" });
  const rolledUp = rollUp(manager.snapshots(), ["shard"]);
  await manager.close();
  expect(
    rolledUp.map(({ name, dimensions, count, sum }) => [
      name,
      Object.fromEntries(dimensions),
      count,
      sum,
    ]),
  ).toEqual([
    ["Time", { stream: "s" }, 3, 9],
    ["Errors", { stream: "s", code: "x" }, 1, 2],
    ["Errors", { stream: "s", code: "y" }, 1, 3],
  ]);
  const [time] = rolledUp;
  expect([time?.min, time?.max]).toEqual([1, 5]);
  expect(time?.histogram?.positive.bucketCounts.reduce((all, count) => all + count, 0)).toBe(3);
});
