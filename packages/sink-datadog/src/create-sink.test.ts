import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { MetricsManager } from "@aiokpl/metrics-core";
import { startIntakeServer } from "@aiokpl/sink-testkit";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createSink } from "./create-sink.ts";
import { fakeDatadog, storedBy } from "./testing/fake-datadog.ts";

const apiKey = "0123456789abcdef0123456789abcdef";
beforeEach(() => {
  vi.stubEnv("DD_API_KEY", apiKey);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

test("delivers with the host and tags from the environment", async () => {
  await using intake = await startIntakeServer({ script: fakeDatadog });
  const env = {
    DD_URL: intake.url,
    DD_HOSTNAME: "web-1",
    DD_ENV: "prod",
    DD_SERVICE: "shop",
    DD_VERSION: "1.2",
    DD_TAGS: "team:a, env:ignored region:eu",
    NODE_APP_INSTANCE: "4",
  };
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  const metrics = new MetricsManager({ sink: createSink({ namespace: "shop" }) });
  metrics.count("orders", 5);
  expect(await metrics.close()).toMatchObject({ ok: true });
  expect(storedBy(intake.accepted)).toMatchObject([
    {
      name: "shop.orders",
      values: [5],
      host: "web-1",
      tags: ["env:prod", "instance:4", "region:eu", "service:shop", "team:a", "version:1.2"],
    },
  ]);
});

test("the percentiles are sent, and without a namespace names arrive as they are", async () => {
  await using intake = await startIntakeServer({ script: fakeDatadog });
  vi.stubEnv("DD_URL", intake.url);
  const metrics = new MetricsManager({ sink: createSink({ percentiles: [0.5, 0.95] }) });
  for (const value of [1, 2, 3]) metrics.distribution("latency", value);
  await metrics.close();
  const stored = storedBy(intake.accepted).map(({ name, values }) => [name, values[0]]);
  expect(Object.fromEntries(stored)).toMatchObject({
    "latency.median": expect.closeTo(2, 1),
    "latency.95percentile": 3,
  });
});

test("a wrong percentile makes open() reject", async () => {
  const sink = createSink({ percentiles: [95] });
  const host = { snapshots: () => [], series: () => [], now: Date.now, exportIntervalMs: 0 };
  await expect(sink.open?.(host)).rejects.toThrow(/percentiles is \[95\]/);
});

test("the option instance wins over the environment", async () => {
  await using intake = await startIntakeServer({ script: fakeDatadog });
  vi.stubEnv("DD_URL", intake.url);
  vi.stubEnv("NODE_APP_INSTANCE", "4");
  const metrics = new MetricsManager({ sink: createSink({ instance: "blue" }) });
  metrics.count("orders");
  await metrics.close();
  expect(storedBy(intake.accepted)).toMatchObject([{ tags: ["instance:blue"] }]);
});

test("two workers of a cluster don't overwrite each other", async () => {
  await using intake = await startIntakeServer({ script: fakeDatadog });
  const source = `
    const cluster = require("node:cluster");
    if (cluster.isPrimary) { cluster.fork(); cluster.fork(); }
    else (async () => {
      const { MetricsManager } = await import("@aiokpl/metrics-core");
      const { createSink } = await import(${JSON.stringify(new URL("create-sink.ts", import.meta.url).href)});
      const metrics = new MetricsManager({ sink: createSink() });
      metrics.count("orders", 10);
      await metrics.close();
      process.exit();
    })();`;
  const folder = await mkdtemp(join(tmpdir(), "cluster-"));
  try {
    await mkdir(join(folder, "node_modules", "@aiokpl"), { recursive: true });
    const core = fileURLToPath(new URL("../../metrics-core", import.meta.url));
    await symlink(core, join(folder, "node_modules", "@aiokpl", "metrics-core"));
    await writeFile(join(folder, "main.cjs"), source);
    const child = fork(join(folder, "main.cjs"), {
      env: { ...process.env, DD_URL: intake.url, DD_HOSTNAME: "h" },
      execArgv: ["--disable-warning=ExperimentalWarning"],
    });
    expect(await once(child, "exit")).toEqual([0, null]);
  } finally {
    await rm(folder, { recursive: true });
  }
  const stored = storedBy(intake.accepted);
  expect(new Set(stored.map(({ tags }) => tags[0]))).toEqual(
    new Set(["instance:worker-1", "instance:worker-2"]),
  );
  expect(stored.map(({ values }) => values)).toEqual([[10], [10]]);
});

test.each([
  ["DD_API_KEY", "", /DD_API_KEY is not set/],
  ["DD_API_KEY", `${apiKey}01234567`, /looks like an application key/],
  ["DD_SITE", "us5", /site must be a Datadog site/],
  ["DD_URL", "http://intake.example", /baseUrl must begin with https/],
  ["DD_URL", "intake", /baseUrl is "intake"/],
])("%s=%s makes open() reject for good", async (name, value, message) => {
  vi.stubEnv(name, value);
  const sink = createSink();
  await expect(
    sink.open?.({ snapshots: () => [], series: () => [], now: Date.now, exportIntervalMs: 0 }),
  ).rejects.toThrow(message);
  await expect(
    sink.open?.({ snapshots: () => [], series: () => [], now: Date.now, exportIntervalMs: 0 }),
  ).rejects.toMatchObject({
    retryable: false,
  });
});
