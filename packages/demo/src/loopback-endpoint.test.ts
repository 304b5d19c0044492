import { afterEach, expect, test } from "vitest";
import { encodeAggregate } from "./aggregated-record.ts";
import type { Fate } from "./fault-script.ts";
import { LoopbackEndpoint } from "./loopback-endpoint.ts";
import { shardIdOf, shardIndexOf } from "./partition.ts";
import { PutRecordsClient } from "./put-records-client.ts";

const SHARDS = 4;
const stops: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

function fate(kind: Fate["kind"], ...throttledShards: number[]): Fate {
  return { kind, latencyMs: 0, throttledShards: new Set(throttledShards) };
}

async function play(
  ...fates: Fate[]
): Promise<{ endpoint: LoopbackEndpoint; client: PutRecordsClient }> {
  const script = (function* (): Generator<Fate, never> {
    yield* fates;
    for (;;) yield fate("answer");
  })();
  const endpoint = await LoopbackEndpoint.start(script, SHARDS);
  const client = new PutRecordsClient(endpoint.url, "demo");
  stops.push(
    () => client.close(),
    () => endpoint.close(),
  );
  return { endpoint, client };
}

function entry(
  partitionKey: string,
  ...userRecords: string[]
): { partitionKey: string; data: Buffer } {
  const [first = "", ...others] = userRecords;
  if (others.length === 0) return { partitionKey, data: Buffer.from(first) };
  return {
    partitionKey,
    data: encodeAggregate(userRecords.map((data) => ({ partitionKey, data: Buffer.from(data) }))),
  };
}

test("records are stored in the shard of their key, in order, and user records are counted within aggregates", async () => {
  const { endpoint, client } = await play();
  const keys = ["a", "b", "c"];
  const reply = await client.putRecords([
    entry("a", "1"),
    entry("b", "2", "3"),
    entry("c", "\u0000"),
  ]);
  expect(reply).toEqual({
    kind: "answered",
    results: keys.map((key) => ({ kind: "stored", shardId: shardIdOf(shardIndexOf(key, SHARDS)) })),
  });
  expect(endpoint.counts).toEqual({
    requests: 1,
    failed: 0,
    reset: 0,
    throttled: 0,
    kinesisRecords: 3,
    userRecords: 4,
  });
});

test("a throttled shard's records fail one by one in an answered request", async () => {
  const hot = shardIndexOf("a", SHARDS);
  const cold = ["b", "c", "d", "e"].find((key) => shardIndexOf(key, SHARDS) !== hot) ?? "";
  const { endpoint, client } = await play(fate("answer", hot));
  expect(await client.putRecords([entry("a", "1"), entry(cold, "2")])).toEqual({
    kind: "answered",
    results: [
      { kind: "failed", code: "ProvisionedThroughputExceededException" },
      { kind: "stored", shardId: shardIdOf(shardIndexOf(cold, SHARDS)) },
    ],
  });
  expect(endpoint.counts).toMatchObject({ throttled: 1, userRecords: 1 });
});

test("a request that fails as a whole has the code of the exception or of the network error and stores nothing; the next one works", async () => {
  const { endpoint, client } = await play(fate("fail"), fate("reset"));
  expect(await client.putRecords([entry("a", "1")])).toEqual({
    kind: "failed",
    code: "InternalFailure",
  });
  expect(await client.putRecords([entry("a", "1")])).toEqual({
    kind: "failed",
    code: "ECONNRESET",
  });
  expect(await client.putRecords([entry("a", "1")])).toMatchObject({ kind: "answered" });
  expect(endpoint.counts).toMatchObject({ requests: 3, failed: 1, reset: 1, userRecords: 1 });
});

test("a request that is no PutRecords is refused, and a port where nobody listens gives a failed request", async () => {
  const { endpoint, client } = await play();
  const response = await fetch(endpoint.url, { method: "POST", body: '{"Records":[{}]}' });
  expect([response.status, await response.json()]).toEqual([
    400,
    { __type: "SerializationException" },
  ]);
  await endpoint.close();
  stops.splice(0);
  expect(await client.putRecords([entry("a", "1")])).toEqual({
    kind: "failed",
    code: "ECONNREFUSED",
  });
  client.close();
});
