import { inspect } from "node:util";
import { MetricsManager } from "@aiokpl/metrics-core";
import { refusedUrl } from "@aiokpl/sink-testkit";
import { expect, test } from "vitest";
import { CloudWatchSink } from "./cloudwatch-sink.ts";

const region = "eu-west-1";
const credentials = { accessKeyId: "key", secretAccessKey: "secret" };

test.each([
  ["whose port nobody listens on", async () => refusedUrl(), /ECONNREFUSED/],
  [
    "whose name has two addresses, and nobody listens on either",
    async () => (await refusedUrl()).replace("127.0.0.1", "localhost"),
    /ECONNREFUSED/,
  ],
  ["whose host does not exist", async () => "http://nobody.invalid:1", /ENOTFOUND|EAI_AGAIN/],
])("an endpoint %s is reported with its cause within two seconds", async (_, endpoint, words) => {
  let report: (error: Error) => void = () => {};
  const reported = new Promise<Error>((resolve) => (report = resolve));
  const metrics = new MetricsManager({
    sink: new CloudWatchSink({
      endpoint: await endpoint(),
      region,
      credentials,
      onWarning: () => {},
    }),
    exportIntervalMs: 0,
    onError: (error) => report(error),
  });
  await metrics.start();
  metrics.count("a");
  const start = performance.now();
  const flushed = metrics.flush({ timeoutMs: 5_000 });
  expect((await reported).message).toMatch(words);
  expect(performance.now() - start).toBeLessThan(2_000);
  const { sinks } = metrics.stats();
  expect(sinks[0]?.lastError?.message).toMatch(words);
  const result = await metrics.close({ timeoutMs: 300 });
  expect(inspect(result.sinks[0]?.error)).toMatch(words);
  await flushed;
});
