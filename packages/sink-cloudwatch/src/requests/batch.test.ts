import { CloudWatchClient, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import type { MetricSnapshot } from "@aiokpl/metrics-core";
import { exampleSnapshots, startIntakeServer } from "@aiokpl/sink-testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { batchLength, bodyBytes, bodyOf, envelopeBytes, Item } from "./batch.ts";

function items(count: number) {
  const series = Array.from({ length: count }, (_, i) => ({
    name: `metric "${i}" \\`,
    kind: "counter" as const,
    dimensions: { stream: "orders", shard: String(i) },
    values: [i, i / 7, 1e21 * i, 1e-9 * i],
  }));
  return exampleSnapshots({ series }).map(itemOf);
}

function itemOf(source: MetricSnapshot): Item {
  return new Item(source, { percentiles: true, storageResolution: 1 });
}

test(
  "a body says what the SDK would say, and its size is exact to the byte, whatever text and numbers it has",
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
          const batch = all
            .flatMap(([each, windowStart]) =>
              exampleSnapshots({ series: [each] }).map((snapshot) => ({
                ...snapshot,
                windowStart,
              })),
            )
            .map(itemOf);
          const MetricData = batch.map(({ written }) => written.datum);
          await client.send(new PutMetricDataCommand({ Namespace: namespace, MetricData }));
          const sent = intake.requests.at(-1);
          const body = bodyOf(batch, namespace);
          expect(JSON.parse(body.toString())).toEqual(JSON.parse(sent?.text ?? ""));
          // No separator follows the last datum.
          const bytes = bodyBytes(batch, envelopeBytes(namespace)) - 1;
          expect([body.byteLength, sent?.rawBody.byteLength]).toEqual([bytes, bytes]);
        },
      ),
      { numRuns: 100 },
    );
    client.destroy();
  },
);

const { signal } = new AbortController();

test("too many datums or bytes are split in order, and each request is as full as it may be", async () => {
  const all = items(3_000);
  const size = (from: number, to: number) => bodyBytes(all.slice(from, to), 50);
  const limits = { envelopeBytes: 50, signal };
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 1_000 }),
      fc.integer({ min: 200, max: 300_000 }),
      async (maxDatums, maxBytes) => {
        for (let start = 0; start < all.length;) {
          const length = await batchLength(all, start, { maxDatums, maxBytes }, limits);
          const end = start + length;
          expect(length).toBeGreaterThan(0);
          expect(length).toBeLessThanOrEqual(maxDatums);
          if (length > 1) expect(size(start, end)).toBeLessThanOrEqual(maxBytes);
          if (length < maxDatums && end < all.length)
            expect(size(start, end + 1)).toBeGreaterThan(maxBytes);
          start = end;
        }
      },
    ),
    { numRuns: 50 },
  );
});

test("others get their turn while a large request is filled", async () => {
  const values = Array.from({ length: 300 }, (_, i) => Math.exp(i / 30));
  const series = Array.from({ length: 1_000 }, (_, i) => ({
    name: `m${i}`,
    kind: "distribution" as const,
    values,
  }));
  const all = exampleSnapshots({ series }).map(itemOf);
  let turns = 0;
  let filling = true;
  const count = (): void => {
    turns++;
    if (filling) setImmediate(count);
  };
  setImmediate(count);
  await batchLength(
    all,
    0,
    { maxDatums: 1_000, maxBytes: Infinity },
    { envelopeBytes: 50, signal },
  );
  filling = false;
  expect(turns).toBeGreaterThan(1);
});

test("an abort ends the filling of a request", async () => {
  const aborted = AbortSignal.abort();
  const limits = { maxDatums: 1_000, maxBytes: 1_000_000 };
  const length = await batchLength(items(1_000), 0, limits, { envelopeBytes: 50, signal: aborted });
  expect(length).toBe(1);
});
