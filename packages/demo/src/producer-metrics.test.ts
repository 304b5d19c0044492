import { InMemorySink, kplMetrics, MetricsManager } from "@aiokpl/metrics-core";
import { ManualClock } from "@aiokpl/metrics-core/testing";
import { expect, test } from "vitest";
import { shardIdOf, shardIndexOf } from "./partition.ts";
import { Producer } from "./producer.ts";
import type { PutRecordsReply, PutRecordsResult } from "./put-records.ts";

const STREAM = "s";
const SHARDS = 4;
const THROTTLED: PutRecordsResult = {
  kind: "failed",
  code: "ProvisionedThroughputExceededException",
};
const FAILED: PutRecordsReply = { kind: "failed", code: "InternalFailure" };

/** Two keys on different shards. */
const HERE = predictedShardOf("a");
const THERE = predictedShardOf("b");

/** A request of the script takes this long unless it says otherwise, and a retry waits for half its back-off. */
const REQUEST_MS = 10;

interface Step {
  readonly reply: PutRecordsReply;
  readonly takesMs?: number;
}

function predictedShardOf(key: string): string {
  return shardIdOf(shardIndexOf(key, SHARDS));
}

function answer(...results: PutRecordsResult[]): PutRecordsReply {
  return { kind: "answered", results };
}

function stored(shardId: string): PutRecordsResult {
  return { kind: "stored", shardId };
}

/** Puts `lines`, lets the requests end as the script says, and returns how to read what was measured. */
async function produce(lines: readonly string[], script: readonly Step[], recordTtlMs = 10_000) {
  const clock = new ManualClock();
  const memory = new InMemorySink();
  const manager = new MetricsManager({
    metrics: kplMetrics,
    sink: memory,
    exportIntervalMs: 0,
    clock,
  });
  const steps = [...script];
  const producer = new Producer({
    stream: STREAM,
    shards: SHARDS,
    metrics: manager,
    clock,
    random: () => 0.5,
    recordTtlMs,
    async putRecords() {
      const step = steps.shift() ?? { reply: { kind: "failed", code: "TheScriptIsOver" } };
      await new Promise<void>((resolve) => clock.setTimer(resolve, step.takesMs ?? REQUEST_MS));
      return step.reply;
    },
  });
  for (const line of lines) producer.put(Buffer.from(line));
  await clock.advance(60_000);
  await producer.close();
  await manager.close();
  expect(steps).toEqual([]);
  /** Count and sum of the exact series; undefined where it has none. */
  const total = (
    metric: keyof typeof kplMetrics,
    dimensions: { readonly shard?: string; readonly code?: string } = {},
  ) => {
    const exact = { stream: STREAM, shard: undefined, code: undefined, ...dimensions };
    const snapshot = memory.read(metric, exact);
    return snapshot && { count: snapshot.count, sum: snapshot.sum };
  };
  const range = (metric: keyof typeof kplMetrics, shard?: string) => {
    const snapshot = memory.read(metric, { stream: STREAM, shard });
    return snapshot && [snapshot.min, snapshot.max];
  };
  return { total, range, memory, counts: producer.counts };
}

test("UserRecordsReceived: 1 per record, per stream", async () => {
  const { total } = await produce(
    ["a", "b", "a"],
    [{ reply: answer(stored(HERE), stored(THERE)) }],
  );
  expect(total("UserRecordsReceived")).toEqual({ count: 3, sum: 3 });
});

test("UserRecordsPending: a reading of what is outstanding every 200 ms, and 0 at the end", async () => {
  const step = { reply: answer(stored(HERE)), takesMs: 500 };
  const { memory } = await produce(["a", "a"], [step]);
  const pending = memory.read("UserRecordsPending", { stream: STREAM });
  // Sent at 100 ms and answered at 600 ms: the readings at 200 and 400 ms find both, that at 600 ms perhaps still.
  expect(pending?.max).toBe(2);
  expect([4, 6]).toContain(pending?.sum);
  expect(pending?.last).toBe(0);
  expect(pending?.count).toBe(60_000 / 200 + 1);
});

test("UserRecordsPut: 1 on the actual shard with success, 0 on the predicted one with failure", async () => {
  const elsewhere = shardIdOf(9);
  const refused: PutRecordsResult = { kind: "failed", code: "KMSAccessDeniedException" };
  const { total, counts } = await produce(
    ["a", "a", "b"],
    [{ reply: answer(stored(elsewhere), refused) }],
  );
  expect(total("UserRecordsPut", { shard: elsewhere })).toEqual({ count: 2, sum: 2 });
  expect(total("UserRecordsPut", { shard: HERE })).toBeUndefined();
  expect(total("UserRecordsPut", { shard: THERE })).toEqual({ count: 1, sum: 0 });
  expect(counts).toEqual({ received: 3, put: 2, expired: 0, failed: 1, pending: 0 });
});

test("UserRecordsDataPut: the data's bytes, with success only, once however often it was tried", async () => {
  const first = { reply: answer(THROTTLED, { kind: "failed", code: "Refused" } as const) };
  const { total } = await produce(["a 34", "b"], [first, { reply: answer(stored(HERE)) }]);
  expect(total("UserRecordsDataPut", { shard: HERE })).toEqual({ count: 1, sum: 4 });
  expect(total("UserRecordsDataPut", { shard: THERE })).toBeUndefined();
});

test("KinesisRecordsPut: 1 or 0 per Kinesis record of an answered request, on the predicted shard; nothing for a failed one", async () => {
  const script = [
    { reply: FAILED },
    { reply: answer(THROTTLED) },
    { reply: answer(stored(shardIdOf(9))) },
  ];
  const { total, memory } = await produce(["a", "a"], script);
  expect(total("KinesisRecordsPut", { shard: HERE })).toEqual({ count: 2, sum: 1 });
  expect(memory.read("KinesisRecordsPut")?.count).toBe(2);
});

test("KinesisRecordsDataPut: size of data and key, on the predicted shard, success only", async () => {
  const script = [{ reply: answer(THROTTLED) }, { reply: answer(stored(shardIdOf(9))) }];
  const { total } = await produce(["a 34"], script);
  expect(total("KinesisRecordsDataPut", { shard: HERE })).toEqual({ count: 1, sum: 5 });
});

test("ErrorsByCode: 1 per failed Kinesis record with its shard, and 1 per failed request without", async () => {
  const lines = ["a", "a", "a", "b"];
  const script = [
    { reply: FAILED },
    { reply: answer(THROTTLED, stored(THERE)) },
    { reply: { kind: "failed", code: "ECONNRESET" } as const },
    { reply: answer(stored(HERE)) },
  ];
  const { total, memory } = await produce(lines, script);
  expect(total("ErrorsByCode", { code: "InternalFailure" })).toEqual({ count: 1, sum: 1 });
  expect(total("ErrorsByCode", { code: "ECONNRESET" })).toEqual({ count: 1, sum: 1 });
  expect(total("ErrorsByCode", { code: THROTTLED.code, shard: HERE })).toEqual({
    count: 1,
    sum: 1,
  });
  expect(memory.read("ErrorsByCode")?.sum).toBe(3);
});

test("AllErrors: as ErrorsByCode, and 0 per stored Kinesis record, so that the mean is the error rate", async () => {
  const script = [
    { reply: FAILED },
    { reply: answer(THROTTLED, stored(THERE)) },
    { reply: answer(stored(HERE)) },
  ];
  const { total } = await produce(["a", "b"], script);
  expect(total("AllErrors")).toEqual({ count: 1, sum: 1 });
  expect(total("AllErrors", { shard: HERE })).toEqual({ count: 2, sum: 1 });
  expect(total("AllErrors", { shard: THERE })).toEqual({ count: 1, sum: 0 });
});

test("RetriesPerRecord: attempts beyond the first, when the record is finished, with success and with failure", async () => {
  const script = [
    { reply: FAILED },
    { reply: answer(THROTTLED, { kind: "failed", code: "Refused" } as const) },
    { reply: answer(stored(HERE)) },
  ];
  const { total } = await produce(["a", "b"], script);
  expect(total("RetriesPerRecord", { shard: HERE })).toEqual({ count: 1, sum: 2 });
  expect(total("RetriesPerRecord", { shard: THERE })).toEqual({ count: 1, sum: 1 });
});

test("UserRecordExpired: 1 for a record whose time is up, on its predicted shard, and the attempt added for it is a retry", async () => {
  const { total, counts } = await produce(["a", "a"], [{ reply: FAILED, takesMs: 400 }], 500);
  expect(total("UserRecordExpired", { shard: HERE })).toEqual({ count: 2, sum: 2 });
  expect(total("UserRecordsPut", { shard: HERE })).toEqual({ count: 2, sum: 0 });
  expect(total("RetriesPerRecord", { shard: HERE })).toEqual({ count: 2, sum: 2 });
  // The expiry itself is no error of the service.
  expect(total("ErrorsByCode", { code: "Expired", shard: HERE })).toBeUndefined();
  expect(total("AllErrors")).toEqual({ count: 1, sum: 1 });
  expect(counts).toEqual({ received: 2, put: 0, expired: 2, failed: 0, pending: 0 });
});

test("UserRecordExpired: nothing for a record that is stored, or refused for good", async () => {
  const { memory } = await produce(
    ["a", "b"],
    [{ reply: answer(stored(HERE), { kind: "failed", code: "Refused" }) }],
  );
  expect(memory.read("UserRecordExpired")).toBeUndefined();
});

test("BufferingTime: one value per attempt, from arrival or the attempt before to its start, when the record is finished", async () => {
  const { total, range } = await produce(
    ["a"],
    [{ reply: answer(THROTTLED) }, { reply: answer(stored(HERE)) }],
  );
  // 100 ms in the buffer; then, after the first back-off (half of 80 ms), 100 ms in the buffer again.
  expect(range("BufferingTime", HERE)).toEqual([100, 140]);
  expect(total("BufferingTime", { shard: HERE })).toEqual({ count: 2, sum: 240 });
});

test("BufferingTime: the attempt that stands for expiry has waited since the last request", async () => {
  const { total, range } = await produce(["a"], [{ reply: FAILED, takesMs: 380 }], 500);
  // The request ends at 480 ms, and the back-off is cut short at 500 ms.
  expect(range("BufferingTime", HERE)).toEqual([20, 100]);
  expect(total("BufferingTime", { shard: HERE })).toEqual({ count: 2, sum: 120 });
});

test("RequestTime: per request, successful or not, per stream", async () => {
  const script = [
    { reply: FAILED, takesMs: 30 },
    { reply: answer(stored(HERE)), takesMs: 70 },
  ];
  const { total, range } = await produce(["a"], script);
  expect(total("RequestTime")).toEqual({ count: 2, sum: 100 });
  expect(range("RequestTime")).toEqual([30, 70]);
});

test("UserRecordsPerKinesisRecord: per Kinesis record of each request, failed ones and retries included", async () => {
  const script = [
    { reply: FAILED },
    { reply: answer(THROTTLED, stored(THERE)) },
    { reply: answer(stored(HERE)) },
  ];
  const { total } = await produce(["a", "a", "a", "b"], script);
  expect(total("UserRecordsPerKinesisRecord", { shard: HERE })).toEqual({ count: 3, sum: 9 });
  expect(total("UserRecordsPerKinesisRecord", { shard: THERE })).toEqual({ count: 2, sum: 2 });
});

test("KinesisRecordsPerPutRecordsRequest and UserRecordsPerPutRecordsRequest: per request, failed ones included", async () => {
  const script = [
    { reply: FAILED },
    { reply: answer(THROTTLED, stored(THERE)) },
    { reply: answer(stored(HERE)) },
  ];
  const { total } = await produce(["a", "a", "a", "b"], script);
  expect(total("KinesisRecordsPerPutRecordsRequest")).toEqual({ count: 3, sum: 2 + 2 + 1 });
  expect(total("UserRecordsPerPutRecordsRequest")).toEqual({ count: 3, sum: 4 + 4 + 3 });
});

test("an answer with too few results finishes its records as failed, and is in none of the errors", async () => {
  const { total, memory, counts } = await produce(["a", "b"], [{ reply: answer(stored(HERE)) }]);
  expect(counts).toMatchObject({ put: 0, failed: 2 });
  expect(total("UserRecordsPut", { shard: HERE })).toEqual({ count: 1, sum: 0 });
  for (const metric of ["ErrorsByCode", "AllErrors", "KinesisRecordsPut"])
    expect(memory.read(metric)).toBeUndefined();
  expect(total("RequestTime")?.count).toBe(1);
});

test("whatever happens, every metric of the catalogue is one that the program measures", async () => {
  const script = [
    { reply: FAILED },
    { reply: answer(THROTTLED, stored(THERE)) },
    { reply: FAILED, takesMs: 2_000 },
  ];
  const { memory } = await produce(["a", "b"], script, 1_000);
  expect(new Set(memory.allSnapshots.map(({ name }) => name))).toEqual(
    new Set(Object.keys(kplMetrics)),
  );
});
