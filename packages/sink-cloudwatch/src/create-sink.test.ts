import { startIntakeServer } from "@aiokpl/sink-testkit";
import { MetricsManager } from "@aiokpl/metrics-core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createSink } from "./create-sink.ts";
import { datumsOf, fakeCloudWatch } from "./testing/fake-cloudwatch.ts";

const before = { ...process.env };
beforeEach(() => {
  Object.assign(process.env, {
    AWS_REGION: "eu-west-1",
    AWS_ACCESS_KEY_ID: "key",
    AWS_SECRET_ACCESS_KEY: "secret",
  });
});
afterEach(() => {
  process.env = { ...before };
});

test.each(["AWS_ENDPOINT_URL_CLOUDWATCH", "AWS_ENDPOINT_URL"])(
  "the sink sends to %s, with the options of the environment",
  async (variable) => {
    await using intake = await startIntakeServer({ script: fakeCloudWatch });
    process.env[variable] = intake.url;
    process.env["AIOKPL_CLOUDWATCH_DIMENSION_SETS"] = "stream;";
    process.env["AIOKPL_CLOUDWATCH_STORAGE_RESOLUTION"] = "1";
    process.env["AIOKPL_CLOUDWATCH_PERCENTILES"] = "false";
    const metrics = new MetricsManager({ sink: createSink({ namespace: "shop" }) });
    metrics.distribution("a", 5, { stream: "s", shard: 1 });
    expect(await metrics.close()).toMatchObject({ ok: true, delivered: 2 });
    expect(intake.accepted.flatMap(datumsOf)).toMatchObject([
      {
        StorageResolution: 1,
        Dimensions: [{ Name: "stream", Value: "s" }],
        StatisticValues: { Sum: 5 },
      },
      { StatisticValues: { Sum: 5 } },
    ]);
  },
);

test("AIOKPL_CLOUDWATCH_DIMENSION_SETS=kpl makes the KPL's series", async () => {
  await using intake = await startIntakeServer({ script: fakeCloudWatch });
  process.env["AWS_ENDPOINT_URL"] = intake.url;
  process.env["AIOKPL_CLOUDWATCH_DIMENSION_SETS"] = "kpl";
  const metrics = new MetricsManager({ sink: createSink() });
  metrics.count("UserRecordsPut", 1, { stream: "s", shard: "0" });
  expect(await metrics.close()).toMatchObject({ ok: true, delivered: 3 });
});

test.each([
  [{}, undefined, "aiokpl"],
  [{ namespace: "" }, undefined, "aiokpl"],
  [{ namespace: "" }, "from-environment", "from-environment"],
  [{}, "from-environment", "from-environment"],
  [{ namespace: "shop" }, "from-environment", "shop"],
  [{}, "", "aiokpl"],
])(
  "with %j and AIOKPL_CLOUDWATCH_NAMESPACE %j the namespace is %s",
  async (options, value, expected) => {
    await using intake = await startIntakeServer({ script: fakeCloudWatch });
    process.env["AWS_ENDPOINT_URL"] = intake.url;
    if (value !== undefined) process.env["AIOKPL_CLOUDWATCH_NAMESPACE"] = value;
    const metrics = new MetricsManager({ sink: createSink(options) });
    metrics.count("a");
    expect(await metrics.close()).toMatchObject({ ok: true });
    expect(JSON.parse(intake.accepted[0]?.text ?? "")).toMatchObject({ Namespace: expected });
  },
);

test("an empty variable counts as not set", async () => {
  await using intake = await startIntakeServer({ script: fakeCloudWatch });
  process.env["AWS_ENDPOINT_URL"] = intake.url;
  for (const name of ["DIMENSION_SETS", "STORAGE_RESOLUTION", "PERCENTILES", "VERIFY_TLS"])
    process.env[`AIOKPL_CLOUDWATCH_${name}`] = "";
  const metrics = new MetricsManager({ sink: createSink() });
  metrics.count("a", 1, { stream: "s" });
  expect(await metrics.close()).toMatchObject({ ok: true, delivered: 1 });
  const Dimensions = [{ Name: "stream", Value: "s" }];
  expect(intake.accepted.flatMap(datumsOf)).toMatchObject([{ Dimensions }]);
});

test.each([
  ["AIOKPL_CLOUDWATCH_PERCENTILES", "yes"],
  ["AIOKPL_CLOUDWATCH_VERIFY_TLS", "0"],
  ["AIOKPL_CLOUDWATCH_VERIFY_TLS", "wJalrXUtnFEMI/K7MDENG"],
  ["AIOKPL_CLOUDWATCH_STORAGE_RESOLUTION", "30"],
  ["AIOKPL_CLOUDWATCH_NAMESPACE", ":wJalrXUtnFEMI/K7MDENG"],
])(
  "never throws: where %s is %j, open() rejects and names the variable without its value",
  async (variable, value) => {
    process.env[variable] = value;
    const sink = createSink();
    const opened = sink.open?.({
      snapshots: () => [],
      series: () => [],
      now: Date.now,
      exportIntervalMs: 0,
    });
    await expect(opened).rejects.toMatchObject({
      retryable: false,
      message: expect.stringContaining(variable),
    });
    if (value.length > 3)
      await expect(opened).rejects.toMatchObject({ message: expect.not.stringContaining(value) });
  },
);
