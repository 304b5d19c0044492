import { expect, test } from "vitest";
import { countUserRecords } from "./aggregated-record.ts";
import { Aggregator } from "./aggregator.ts";
import { AGGREGATION_BYTES } from "./kinesis-limits.ts";
import type { UserRecord } from "./user-record.ts";

function userRecord(predictedShard: string, bytes = 10): UserRecord {
  return {
    data: Buffer.alloc(bytes),
    partitionKey: "key",
    predictedShard,
    arrival: 0,
    attempts: [],
  };
}

test("the records of a shard become one Kinesis record, whose size includes its key", () => {
  const aggregator = new Aggregator();
  for (const shard of ["a", "b", "a"]) expect(aggregator.add(userRecord(shard))).toBeUndefined();
  const [a, b, ...others] = aggregator.flush();
  expect([a?.predictedShard, a?.userRecords.length]).toEqual(["a", 2]);
  expect(a?.bytes).toBe((a?.data.length ?? 0) + 3);
  expect([b?.predictedShard, b?.userRecords.length]).toEqual(["b", 1]);
  expect(others).toEqual([]);
  expect(aggregator.flush()).toEqual([]);
});

test("a single record is not aggregated", () => {
  const aggregator = new Aggregator();
  const alone = userRecord("a");
  aggregator.add(alone);
  expect(aggregator.flush()[0]?.data).toBe(alone.data);
});

test("no aggregate is larger than the limit, and no record is lost", () => {
  const aggregator = new Aggregator();
  const sizes = [20_000, 20_000, 20_000, 1, 900_000, 1, 1];
  const full = sizes.flatMap((bytes) => aggregator.add(userRecord("a", bytes)) ?? []);
  const all = [...full, ...aggregator.flush()];
  expect(all.map(({ userRecords }) => userRecords.map(({ data }) => data.length))).toEqual([
    [20_000, 20_000],
    [20_000, 1],
    [900_000],
    [1, 1],
  ]);
  expect(all.map(({ data }) => countUserRecords(data))).toEqual([2, 2, 1, 2]);
  for (const { userRecords, bytes } of all)
    if (userRecords.length > 1) expect(bytes).toBeLessThanOrEqual(AGGREGATION_BYTES);
});
