import { CloudWatchClient, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import type { MetricSnapshot } from "@aiokpl/metrics-core";
import { exampleSnapshots, startIntakeServer } from "@aiokpl/sink-testkit";
import { WorkTurn } from "@aiokpl/metrics-core/sink";
import fc from "fast-check";
import { expect, test } from "vitest";
import { toDatum } from "../datums/to-datum.ts";
import { BodyMemory } from "./body-memory.ts";
import { type FillOptions, fillRequest } from "./fill-request.ts";

const { signal } = new AbortController();
const datums = { percentiles: true, storageResolution: 1 } as const;
const unlimited = { maxDatums: Infinity, maxBytes: Infinity };

/** All of them in one request, or what the options say. */
function fill(
  snapshots: readonly MetricSnapshot[],
  { start = 0, ...options }: Partial<FillOptions & { readonly start: number }> = {},
) {
  return fillRequest(snapshots, start, {
    limits: unlimited,
    namespace: "shop",
    datums,
    memory: new BodyMemory(),
    turn: new WorkTurn(),
    signal,
    ...options,
  });
}

function counters(count: number) {
  const series = Array.from({ length: count }, (_, i) => ({
    name: `metric "${i}" \\`,
    kind: "counter" as const,
    dimensions: { stream: "orders", shard: String(i) },
    values: [i, i / 7, 1e21 * i, 1e-9 * i],
  }));
  return exampleSnapshots({ series });
}

function distributions(count: number) {
  const values = Array.from({ length: 300 }, (_, i) => Math.exp(i / 30));
  const kind = "distribution" as const;
  return exampleSnapshots({
    series: Array.from({ length: count }, (_, i) => ({ name: `m${i}`, kind, values })),
  });
}

test(
  "a body is what the SDK would write, whatever text and numbers it has",
  { timeout: 30_000 },
  async () => {
    await using intake = await startIntakeServer({ script: { status: 200, body: "{}" } });
    const credentials = { accessKeyId: "key", secretAccessKey: "secret" };
    const client = new CloudWatchClient({
      endpoint: intake.url,
      region: "eu-west-1",
      credentials,
      disableRequestCompression: true,
    });
    const text = fc.string({ unit: "binary", minLength: 1, maxLength: 20 });
    const series = fc.record({
      name: text,
      kind: fc.constantFrom("counter", "gauge", "distribution"),
      unit: fc.constantFrom("ms", "1", "By/s"),
      dimensions: fc.dictionary(text, text, { maxKeys: 3 }),
      values: fc.array(fc.double({ min: 0, max: 2 ** 360, noNaN: true }), {
        minLength: 1,
        maxLength: 300,
      }),
    });
    const time = fc.integer({ min: 1, max: 2e12 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(series, time), { minLength: 1, maxLength: 5 }),
        text,
        async (all, namespace) => {
          const snapshots = all.flatMap(([each, windowStart]) =>
            exampleSnapshots({ series: [each] }).map((snapshot) => ({
              ...snapshot,
              windowStart,
            })),
          );
          const MetricData = snapshots.map((snapshot) => toDatum(snapshot, datums));
          await client.send(new PutMetricDataCommand({ Namespace: namespace, MetricData }));
          const sent = intake.requests.at(-1);
          const { length, body } = await fill(snapshots, { namespace });
          expect(length).toBe(snapshots.length);
          expect(JSON.parse(body.toString())).toEqual(JSON.parse(sent?.text ?? ""));
          expect(body.byteLength).toBe(sent?.rawBody.byteLength);
        },
      ),
      { numRuns: 100 },
    );
    client.destroy();
  },
);

test("too many datums or bytes are split in order, and each request is as full as it may be", async () => {
  const all = counters(3_000);
  const sizeOf = (datum: unknown) => Buffer.byteLength(`,${JSON.stringify(datum)}`);
  const datumsIn = (body: Buffer): unknown[] => JSON.parse(body.toString()).MetricData;
  const expected = datumsIn((await fill(all)).body);
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 1_000 }),
      fc.integer({ min: 200, max: 300_000 }),
      async (maxDatums, maxBytes) => {
        for (let start = 0; start < all.length;) {
          const limits = { maxDatums, maxBytes };
          const { length, body } = await fill(all, { start, limits });
          const end = start + length;
          expect(length).toBeGreaterThan(0);
          expect(length).toBeLessThanOrEqual(maxDatums);
          expect(datumsIn(body)).toEqual(expected.slice(start, end));
          if (length > 1) expect(body.byteLength).toBeLessThanOrEqual(maxBytes);
          if (length < maxDatums && end < all.length)
            expect(body.byteLength + sizeOf(expected[end])).toBeGreaterThan(maxBytes);
          start = end;
        }
      },
    ),
    { numRuns: 30 },
  );
});

test("each body is whole, whichever sizes the bodies before it had", async () => {
  const memory = new BodyMemory();
  for (const count of [1, 30, 3, 300, 299, 1]) {
    const { body } = await fill(counters(count), { memory });
    expect(JSON.parse(body.toString()).MetricData).toHaveLength(count);
  }
});

test("others get their turn while a large request is filled", async () => {
  let turns = 0;
  let filling = true;
  const count = (): void => {
    turns++;
    if (filling) setImmediate(count);
  };
  const all = distributions(1_000);
  setImmediate(count);
  await fill(all);
  filling = false;
  expect(turns).toBeGreaterThan(1);
});

test("an abort ends the filling of a request", async () => {
  expect((await fill(counters(1_000), { signal: AbortSignal.abort() })).length).toBe(1);
});
