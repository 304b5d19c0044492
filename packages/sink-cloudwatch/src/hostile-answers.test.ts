import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { exampleSnapshots, startIntakeServer } from "@aiokpl/sink-testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CloudWatchSink } from "./cloudwatch-sink.ts";
import { refusal } from "./testing/fake-cloudwatch.ts";
import { type HostileServer, hostileBodies, startHostileServer } from "./testing/hostile-server.ts";

const MEGABYTE = 2 ** 20;
const region = "eu-west-1";
const credentials = { accessKeyId: "key", secretAccessKey: "secret" };
const snapshots = exampleSnapshots({ series: [{ name: "a" }] });
const { signal } = new AbortController();

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

function liveBytes(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** After what was closed has gone, too. */
async function settledBytes(): Promise<number> {
  for (let i = 0; i < 5; i++) {
    collectGarbage();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return liveBytes();
}

let server: HostileServer;
beforeAll(async () => {
  server = await startHostileServer();
});
afterAll(() => server[Symbol.asyncDispose]());

function sinkTo(endpoint: string): CloudWatchSink {
  return new CloudWatchSink({ endpoint, region, credentials, requestTimeoutMs: 500 });
}

test.each(
  hostileBodies.flatMap((body) => [200, 400, 500].map((status) => [status, body] as const)),
)(
  "an answer of %i with a hostile body, %s, costs at most 8 MB, leaves nothing, and its connection is closed",
  async (status, body) => {
    const sink = sinkTo(server.url(status, body));
    await sink.open();
    // What is loaded and compiled once is not counted.
    await sink.export(snapshots, { signal });
    const before = liveBytes();
    const writtenBefore = await server.written();
    let most = 0;
    const sampler = setInterval(() => (most = Math.max(most, liveBytes())), 20);
    const { retry = [], uncertain = [], cause } = await sink.export(snapshots, { signal });
    clearInterval(sampler);
    expect(retry.length + uncertain.length).toBe(1);
    expect(String(cause).length).toBeLessThan(1_000);
    expect(Math.max(most, liveBytes()) - before).toBeLessThan(8 * MEGABYTE);
    // This waits until the server has seen the end of each connection.
    const written = (await server.written()) - writtenBefore;
    expect(written).toBeLessThan(64 * MEGABYTE);
    await sink.close();
    expect(liveBytes() - before).toBeLessThan(MEGABYTE);
  },
);

test("what an error quotes is a copy: two hundred errors don't keep their answers", async () => {
  const long = "The value for MetricData is invalid. ".repeat(1_500);
  await using intake = await startIntakeServer({ script: refusal("Whatever", long) });
  const sink = sinkTo(intake.url);
  const errors: unknown[] = [];
  for (let i = 0; i < 200; i++) {
    const { cause } = await sink.export(snapshots, { signal });
    errors.push(cause);
    expect(String(cause).length).toBeLessThan(700);
  }
  await sink.close();
  await intake.close();
  const withErrors = await settledBytes();
  expect(errors.splice(0)).toHaveLength(200);
  expect(withErrors - (await settledBytes())).toBeLessThan(2 * MEGABYTE);
});

test("a refusal that names so many datums that it is cut still rejects those it could name", async () => {
  const many = exampleSnapshots({
    series: Array.from({ length: 1_000 }, (_, i) => ({ name: `m${i}` })),
  });
  const line = (i: number) =>
    `The value ${"9".repeat(60)} for parameter MetricData.member.${i}.Value is invalid.`;
  const words = many.map((_, i) => line(i + 1)).join("\n");
  expect(words.length).toBeGreaterThan(65_536);
  await using intake = await startIntakeServer({
    script: [refusal("InvalidParameterValueException", words), { body: "{}" }],
  });
  const { rejected = [], retry } = await sinkTo(intake.url).export(many, { signal });
  expect(rejected.length).toBeGreaterThan(500);
  expect(rejected[0]?.reason).toContain("InvalidParameterValueException");
  expect(rejected[0]?.reason.length).toBeLessThan(700);
  expect(retry).toEqual([]);
});
