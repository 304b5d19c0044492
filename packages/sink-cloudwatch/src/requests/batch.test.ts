import { CloudWatchClient, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import type { MetricSnapshot } from "@aiokpl/metrics-core";
import { exampleSnapshots, startIntakeServer } from "@aiokpl/sink-testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { batchLength, bodyBytes, envelopeBytes, Item } from "./batch.ts";
import { jsonBytes } from "./json-bytes.ts";

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
  "the computed size of a body is exact to the byte, whatever text and numbers it has",
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
          const MetricData = batch.map(({ datum }) => datum);
          await client.send(new PutMetricDataCommand({ Namespace: namespace, MetricData }));
          // No separator follows the last datum.
          const bytes = bodyBytes(batch, envelopeBytes(namespace)) - 1;
          expect(intake.requests.at(-1)?.rawBody.byteLength).toBe(bytes);
        },
      ),
      { numRuns: 100 },
    );
    client.destroy();
  },
);

test("too many datums or bytes are split in order, and each request is as full as it may be", () => {
  const all = items(3_000);
  const size = (from: number, to: number) =>
    all.slice(from, to).reduce((sum, { datum }) => sum + jsonBytes(datum), 50);
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1_000 }),
      fc.integer({ min: 200, max: 300_000 }),
      (maxDatums, maxBytes) => {
        for (let start = 0; start < all.length;) {
          const length = batchLength(all, start, { maxDatums, maxBytes }, 50);
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
