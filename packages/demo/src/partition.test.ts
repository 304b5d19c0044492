import { expect, test } from "vitest";
import { MAX_KEY_BYTES } from "./kinesis-limits.ts";
import { partitionKeyOf, shardIdOf, shardIndexOf } from "./partition.ts";

test("the partition key is the first word", () => {
  expect(partitionKeyOf(Buffer.from("  \tname: value"))).toBe("name:");
  expect(partitionKeyOf(Buffer.from("alone"))).toBe("alone");
});

test("the key of a line without a word is not empty", () => {
  expect(partitionKeyOf(Buffer.from("  "))).toBe(" ");
});

test("a long word, or one that is not UTF-8, makes a valid key within the limit", () => {
  const key = partitionKeyOf(Buffer.alloc(1_000, 0xff));
  expect(key).toMatch(/^\ufffd+$/);
  expect(Buffer.byteLength(key)).toBeLessThanOrEqual(MAX_KEY_BYTES);
});

test("keys spread over all shards by their MD5", () => {
  // md5("a") begins with 0c, md5("b") with 92.
  expect(shardIndexOf("a", 16)).toBe(0);
  expect(shardIndexOf("b", 16)).toBe(9);
  const indices = Array.from({ length: 200 }, (_, i) => shardIndexOf(`key ${i}`, 4));
  expect(new Set(indices)).toEqual(new Set([0, 1, 2, 3]));
});

test("a shard is named as Kinesis names it", () => {
  expect(shardIdOf(0)).toBe("shardId-000000000000");
  expect(shardIdOf(123)).toBe("shardId-000000000123");
});
