import { CloudWatchClient, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { exampleSnapshots, startIntakeServer } from "@aiokpl/sink-testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { batchLength, envelopeBytes } from "./batch.ts";
import { jsonBytes, toDatum } from "./to-datum.ts";

function items(count: number, kind: "counter" | "distribution" = "counter") {
  const series = Array.from({ length: count }, (_, i) => ({
    name: `metric "${i}" \\`,
    kind,
    unit: "ms",
    dimensions: { stream: "orders", shard: String(i) },
    values: [i, i / 7, 1e21 * i, 1e-9 * i],
  }));
  return exampleSnapshots({ series, windowMs: 60_123 }).map((source) => ({
    source,
    datum: toDatum(source, { percentiles: true, storageResolution: 1 }),
  }));
}

test("the size of a body is known to the byte", async () => {
  await using intake = await startIntakeServer({ script: { status: 200, body: "{}" } });
  const credentials = { accessKeyId: "key", secretAccessKey: "secret" };
  const client = new CloudWatchClient({
    endpoint: intake.url,
    region: "eu-west-1",
    credentials,
    disableRequestCompression: true,
  });
  const batch = [...items(50), ...items(50, "distribution")];
  await client.send(
    new PutMetricDataCommand({ Namespace: "a/b", MetricData: batch.map(({ datum }) => datum) }),
  );
  client.destroy();
  const bytes = batch.reduce((all, { datum }) => all + jsonBytes(datum), envelopeBytes("a/b"));
  // The last datum has no separator after it.
  expect(intake.requests.map(({ text }) => Buffer.byteLength(text))).toEqual([bytes - 1]);
});

test(">1000 datums or too many bytes: split in order, each request as full as it may be", () => {
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
