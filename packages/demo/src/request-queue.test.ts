import { expect, test } from "vitest";
import type { KinesisRecord } from "./kinesis-record.ts";
import { RequestQueue } from "./request-queue.ts";

function record(bytes: number): KinesisRecord {
  return { userRecords: [], predictedShard: "", partitionKey: "", data: Buffer.alloc(0), bytes };
}

function queueOf(count: number, bytes: number): RequestQueue {
  const queue = new RequestQueue();
  for (let i = 0; i < count; i++) queue.add(record(bytes));
  return queue;
}

test("records are sent when they are due, and not before", () => {
  const queue = queueOf(3, 10);
  expect(queue.take()).toBeUndefined();
  queue.markDue();
  queue.add(record(10));
  expect(queue.take()).toHaveLength(4);
  expect(queue.take()).toBeUndefined();
});

test("a full request (500 records or 5 MiB) is sent before it is due", () => {
  const many = queueOf(501, 10);
  expect(many.take()).toHaveLength(500);
  expect(many.take()).toBeUndefined();
  const large = queueOf(6, 1024 * 1024);
  expect(large.take()).toHaveLength(5);
  expect(large.take()).toBeUndefined();
});

test("due records that do not fit into one request stay due", () => {
  const queue = queueOf(600, 10);
  queue.markDue();
  expect(queue.take()).toHaveLength(500);
  expect(queue.take()).toHaveLength(100);
});
