import { MockOtlpServer, type OtlpMetric } from "@elastic/mockotlpserver";
import { startIntakeServer } from "@aiokpl/sink-testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createConsumer, packTarballs, type Tarballs } from "./consumer.ts";

/** The application: no line of it knows a vendor. */
const APPLICATION = `
import { MetricsManager } from "@aiokpl/metrics-core";
import { createSink } from "metrics-sink";

const metrics = new MetricsManager({ sink: createSink({ namespace: "shop" }) });
for (let i = 1; i <= 100; i++) {
  metrics.count("orders", 2, { country: "PT" });
  metrics.distribution("latency", i, { route: "/" });
}
metrics.gauge("depth", 3);
metrics.gauge("depth", 17);
const { ok, delivered } = await metrics.close();
console.error(JSON.stringify({ ok, delivered }));
`;

let tarballs: Tarballs;
beforeAll(async () => {
  tarballs = await packTarballs();
});
afterAll(() => tarballs[Symbol.asyncDispose]());

/** Runs the application with this package as its metrics-sink; resolves with what it printed to standard output. */
async function runWith(
  sink: string,
  env: Readonly<Record<string, string>>,
  vendor: Readonly<Record<string, string>> = {},
): Promise<string> {
  await using consumer = await createConsumer();
  await consumer.write("main.mjs", APPLICATION);
  await consumer.install({
    "@aiokpl/metrics-core": `file:${tarballs.of("@aiokpl/metrics-core")}`,
    "metrics-sink": `file:${tarballs.of(sink)}`,
    ...vendor,
  });
  const { stdout, stderr } = await consumer.run(process.execPath, ["main.mjs"], env);
  expect(JSON.parse(stderr.trim().split("\n").at(-1) ?? "")).toEqual({ ok: true, delivered: 3 });
  return stdout;
}

test("to the console", async () => {
  const stdout = await runWith("@aiokpl/metrics-core", {});
  expect(stdout).toMatch(/orders +country=PT +100 +200 /);
  expect(stdout).toMatch(/latency .*route=\/ +100 +5,050 /);
  expect(stdout).toMatch(/depth .*last 17/);
});

test("to CloudWatch", async () => {
  await using intake = await startIntakeServer({ script: { status: 200, body: "{}" } });
  await runWith("@aiokpl/sink-cloudwatch", {
    AWS_ENDPOINT_URL_CLOUDWATCH: intake.url,
    AWS_REGION: "eu-west-1",
    AWS_ACCESS_KEY_ID: "key",
    AWS_SECRET_ACCESS_KEY: "secret",
  });
  const bodies = intake.requests.map(({ text }) => JSON.parse(text));
  expect(bodies.map(({ Namespace }) => Namespace)).toEqual(["shop"]);
  const datums = new Map(
    bodies.flatMap(({ MetricData }) => MetricData).map((datum) => [datum.MetricName, datum]),
  );
  expect(datums.get("orders")).toMatchObject({
    Dimensions: [{ Name: "country", Value: "PT" }],
    StatisticValues: { SampleCount: 100, Sum: 200 },
  });
  const { Values, Counts } = datums.get("latency");
  const sum = (numbers: readonly number[]) => numbers.reduce((all, each) => all + each, 0);
  expect(sum(Counts)).toBe(100);
  expect(sum(Values.map((value: number, i: number) => value * Counts[i]))).toBeCloseTo(5_050, 6);
  expect([Math.min(...Values), Math.max(...Values)]).toEqual([1, 100]);
  expect(datums.get("depth")).toMatchObject({ StatisticValues: { SampleCount: 2, Maximum: 17 } });
});

test("to OpenTelemetry", async () => {
  const exported: OtlpMetric[] = [];
  const server = new MockOtlpServer({
    services: ["http"],
    httpHostname: "127.0.0.1",
    httpPort: 0,
    onMetrics: ({ resourceMetrics }) =>
      exported.push(
        ...resourceMetrics.flatMap(({ scopeMetrics }) =>
          scopeMetrics.flatMap(({ metrics }) => metrics),
        ),
      ),
  });
  await server.start();
  try {
    const vendor = {
      "@opentelemetry/api": "^1.10.0",
      "@opentelemetry/exporter-metrics-otlp-proto": "^0.301.0",
    };
    await runWith(
      "@aiokpl/sink-otel",
      { OTEL_EXPORTER_OTLP_ENDPOINT: server.httpUrl.href },
      vendor,
    );
  } finally {
    await server.close();
  }
  const byName = new Map(exported.map((metric) => [metric.name, metric]));
  expect([...byName.keys()].sort()).toEqual(["shop.depth", "shop.latency", "shop.orders"]);
  expect(byName.get("shop.orders")?.sum?.dataPoints[0]?.asDouble).toBe(200);
  expect(byName.get("shop.depth")?.gauge?.dataPoints[0]?.asDouble).toBe(17);
  const [latency] = byName.get("shop.latency")?.exponentialHistogram?.dataPoints ?? [];
  expect([Number(latency?.count), latency?.sum, latency?.min, latency?.max]).toEqual([
    100, 5_050, 1, 100,
  ]);
});

test("to Datadog", async () => {
  await using intake = await startIntakeServer({
    script: { status: 202, body: '{"status":"ok"}' },
  });
  await runWith("@aiokpl/sink-datadog", {
    DD_API_KEY: "0123456789abcdef0123456789abcdef",
    DD_URL: intake.url,
    DD_HOSTNAME: "host-1",
  });
  const series = intake.requests.flatMap(({ text }) => JSON.parse(text).series);
  const values = new Map(series.map(({ metric, points: [[, value]] }) => [metric, value]));
  expect(Object.fromEntries(values)).toMatchObject({
    "shop.orders": 200,
    "shop.depth": 17,
    "shop.latency.count": 100,
    "shop.latency.sum": 5_050,
    "shop.latency.min": 1,
    "shop.latency.max": 100,
  });
});
