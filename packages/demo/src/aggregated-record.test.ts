import fc from "fast-check";
import { expect, test } from "vitest";
import { countUserRecords, encodeAggregate } from "./aggregated-record.ts";

test("an aggregate has the bytes that the format requires", () => {
  const entry = (partitionKey: string, data: string) => ({ partitionKey, data: Buffer.from(data) });
  const aggregate = encodeAggregate([entry("k", "a"), entry("k", "bc"), entry("z", "")]);
  expect(aggregate.subarray(0, -16).toString("hex")).toBe(
    ["f3899ac2", "0a016b", "0a017a", "1a0508001a0161", "1a0608001a026263", "1a0408011a00"].join(""),
  );
});

test("counts as many user records as were aggregated, whatever their length", () => {
  const entry = fc.record({
    partitionKey: fc.string({ minLength: 1, maxLength: 200 }),
    data: fc.uint8Array({ maxLength: 20_000 }).map((bytes) => Buffer.from(bytes)),
  });
  fc.assert(
    fc.property(fc.array(entry, { minLength: 1, maxLength: 300 }), (entries) => {
      expect(countUserRecords(encodeAggregate(entries))).toBe(entries.length);
    }),
    { numRuns: 50 },
  );
});

test("data that only looks like an aggregate is one record", () => {
  const broken = encodeAggregate([{ partitionKey: "k", data: Buffer.from("a") }]);
  broken.writeUInt8(0, broken.length - 1);
  broken.writeUInt8(1, broken.length - 2);
  for (const data of [broken, Buffer.alloc(0), Buffer.from([0xf3, 0x89, 0x9a, 0xc2])])
    expect(countUserRecords(data)).toBe(1);
});
