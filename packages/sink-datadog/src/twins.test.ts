import { MetricsManager } from "@aiokpl/metrics-core";
import { ManualClock } from "@aiokpl/metrics-core/testing";
import { type IntakeServer, startIntakeServer } from "@aiokpl/sink-testkit";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { DatadogSinkOptions } from "./datadog-options.ts";
import { DatadogSink } from "./datadog-sink.ts";
import { fakeDatadog, storedBy } from "./testing/fake-datadog.ts";

const apiKey = "0123456789abcdef0123456789abcdef";
let intake: IntakeServer;
let clock: ManualClock;
beforeEach(async () => {
  intake = await startIntakeServer({ script: fakeDatadog });
  clock = new ManualClock(Math.floor(Date.now() / 60_000) * 60_000 - 600_000);
});
afterEach(() => intake.close());

interface ManagerOptions {
  readonly exportIntervalMs?: number;
  readonly sink?: Partial<DatadogSinkOptions>;
}

function managerTo({ exportIntervalMs = 1_000, sink = {} }: ManagerOptions = {}): MetricsManager {
  return new MetricsManager({
    clock,
    exportIntervalMs,
    sink: new DatadogSink({
      apiKey,
      baseUrl: intake.url,
      namespace: "",
      host: "h",
      onWarning: () => {},
      ...sink,
    }),
    onError: () => {},
  });
}

/** Returns the sum that Datadog shows for each name. */
function shown(): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { name, values } of storedBy(intake.accepted))
    for (const value of values) sums[name] = (sums[name] ?? 0) + value;
  return sums;
}

test("managers one after the other within a second add up", async () => {
  for (let i = 0; i < 5; i++) {
    const metrics = managerTo();
    metrics.count("orders");
    metrics.distribution("latency", 10);
    await clock.advance(10);
    expect(await metrics.close()).toMatchObject({ ok: true });
  }
  expect(shown()).toMatchObject({ orders: 5, "latency.count": 5, "latency.sum": 50 });
});

test("managers at once add up, in every window", async () => {
  const twins = [managerTo(), managerTo()];
  for (let i = 0; i < 30; i++) {
    for (const twin of twins) twin.count("orders");
    await clock.advance(100);
  }
  const results = await Promise.all(twins.map((twin) => twin.close()));
  expect(results).toMatchObject([{ ok: true }, { ok: true }]);
  expect(shown()).toEqual({ orders: 60 });
});

test("managers at once add up while Datadog is away and after it is back", async () => {
  const twins = [managerTo(), managerTo()];
  intake.respondWith({ reset: "mid-body", status: 202, body: '{"status":"ok"}' });
  for (let i = 0; i < 30; i++) {
    for (const twin of twins) twin.count("orders");
    await clock.advance(500);
    if (i % 10 === 9) await twins[i % 20 === 9 ? 0 : 1]?.flush();
  }
  intake.respondWith(fakeDatadog);
  for (const twin of twins) expect(await twin.close()).toMatchObject({ ok: true });
  const sums = storedBy(intake.requests).map(({ values: [value = NaN] }) => value);
  expect(sums.reduce((all, each) => all + each, 0)).toBe(60);
});

test("two copies of the package in one process add up", async () => {
  const first = managerTo();
  first.count("orders", 30);
  await clock.advance(10);
  await first.close();
  vi.resetModules();
  const copy = await import("./datadog-sink.ts");
  expect(copy.DatadogSink).not.toBe(DatadogSink);
  const options = { apiKey, baseUrl: intake.url, namespace: "", host: "h", onWarning: () => {} };
  const sink = new copy.DatadogSink(options);
  const second = new MetricsManager({ clock, sink });
  second.count("orders", 30);
  expect(await second.close()).toMatchObject({ ok: true });
  expect(shown()).toEqual({ orders: 60 });
});

test("a clock that is set back by 3 s loses nothing", async () => {
  const metrics = managerTo();
  for (let i = 0; i < 60; i++) {
    metrics.count("orders");
    await clock.advance(100);
    if (i === 29) clock.stepWall(-3_000);
  }
  expect(await metrics.close()).toMatchObject({ ok: true });
  expect(shown()).toEqual({ orders: 60 });
});

test("sinks of different accounts or with different instances do not add up", async () => {
  await using other = await startIntakeServer({ script: fakeDatadog });
  const sinks: readonly Partial<DatadogSinkOptions>[] = [
    {},
    { instance: "2" },
    { apiKey: "f".repeat(32) },
    { baseUrl: other.url },
  ];
  for (const sink of sinks) {
    const metrics = managerTo({ sink });
    metrics.count("orders");
    await clock.advance(10);
    await metrics.close();
  }
  const values = [...intake.accepted, ...other.accepted].map((each) => storedBy([each])[0]?.values);
  expect(values).toEqual([[1], [1], [1], [1]]);
});
