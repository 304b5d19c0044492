import { MetricsManager } from "@aiokpl/metrics-core";
import { ManualClock } from "@aiokpl/metrics-core/testing";
import { exampleEvents, exampleSnapshots } from "@aiokpl/sink-testkit";
import { type Meter, metrics as api } from "@opentelemetry/api";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import { afterEach, describe, expect, test } from "vitest";
import { SCOPE } from "./metric-data/scope.ts";
import { OpenTelemetrySink, type OpenTelemetrySinkOptions } from "./open-telemetry-sink.ts";

afterEach(() => {
  api.disable();
});

function sdk() {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ readers: [reader] });
  /** The newest points of each metric. */
  const collected = async () => {
    await provider.forceFlush();
    return new Map(
      (exporter.getMetrics().at(-1)?.scopeMetrics ?? [])
        .flatMap((scope) => scope.metrics)
        .map((metric) => [
          metric.descriptor.name,
          {
            ...metric.descriptor,
            points: metric.dataPoints.map(({ value, attributes }) => ({ value, attributes })),
          },
        ]),
    );
  };
  return { provider, exporter, collected };
}

function managerWith(options: OpenTelemetrySinkOptions) {
  const warnings: string[] = [];
  const errors: string[] = [];
  const sink = new OpenTelemetrySink({
    namespace: "",
    onWarning: (message) => warnings.push(message),
    ...options,
  });
  const metrics = new MetricsManager({
    sink,
    exportIntervalMs: 0,
    onError: (error) => errors.push(String(error)),
  });
  return { metrics, warnings, errors };
}

test("every observation reaches its instrument", async () => {
  const { provider, collected } = sdk();
  const sink = new OpenTelemetrySink({ meterProvider: provider });
  const metrics = new MetricsManager({
    sink,
    metrics: {
      orders: { kind: "counter", unit: "{order}", description: "Orders." },
      depth: { kind: "gauge" },
      latency: { kind: "distribution", unit: "ms" },
    },
  });
  metrics.put("orders", 2, { route: "/" });
  metrics.put("orders", 0.5, { route: "/" });
  metrics.put("depth", 9);
  metrics.put("depth", -4);
  for (const value of [1, 2, 6]) metrics.put("latency", value);
  expect(await metrics.close()).toMatchObject({ ok: true, delivered: 3 });
  const all = await collected();
  expect(all.get("orders")).toMatchObject({
    unit: "{order}",
    description: "Orders.",
    points: [{ value: 2.5, attributes: { route: "/" } }],
  });
  expect(all.get("depth")).toMatchObject({ unit: "", points: [{ value: -4 }] });
  expect(all.get("latency")).toMatchObject({
    unit: "ms",
    points: [{ value: { count: 3, sum: 9, min: 1, max: 6 } }],
  });
});

test("values that would spoil the SDK's totals do not reach it: NaN, infinities, a negative count", async () => {
  const { provider, collected } = sdk();
  const { metrics } = managerWith({ meterProvider: provider });
  for (const value of [NaN, Infinity, -Infinity, -1, 5]) metrics.count("c", value);
  for (const value of [NaN, -Infinity, 5]) metrics.gauge("g", value);
  for (const value of [NaN, Infinity, 5]) metrics.distribution("d", value);
  await metrics.close();
  // Nor where it did not go through a manager, which refuses it itself.
  const sink = new OpenTelemetrySink({ meterProvider: provider, namespace: "" });
  for (const event of exampleEvents())
    for (const value of [NaN, Infinity, -Infinity, ...(event.kind === "gauge" ? [] : [-1])])
      sink.record({
        ...event,
        name: { counter: "c", gauge: "g", distribution: "d" }[event.kind],
        value,
      });
  const all = await collected();
  const points = ["c", "g", "d"].map((name) => all.get(name)?.points);
  expect(points).toMatchObject([[{ value: 5 }], [{ value: 5 }], [{ value: { count: 1, sum: 5 } }]]);
});

test("negative values of a distribution are left out, counted as rejected and reported", async () => {
  const { provider, collected } = sdk();
  const { metrics, errors } = managerWith({ meterProvider: provider });
  for (const value of [-1, 5, -2, 0]) metrics.distribution("some", value);
  for (const value of [-1, -2]) metrics.distribution("all", value);
  expect(await metrics.flush()).toMatchObject({ delivered: 1, rejected: 2 });
  expect(metrics.stats().sinks[0]).toMatchObject({
    prepared: { observations: 6 },
    delivered: { observations: 2 },
    rejected: { observations: 4 },
  });
  expect(errors).toEqual([expect.stringContaining("histograms take no negative values")]);
  const all = await collected();
  expect([...all.keys()]).toEqual(["some"]);
  expect(all.get("some")?.points).toMatchObject([{ value: { count: 2, sum: 5 } }]);
  await metrics.close();
});

test("a value that stands for many is recorded so often, up to 1,000; what stands for more is counted as rejected", async () => {
  const { provider, collected } = sdk();
  const { metrics, errors } = managerWith({ meterProvider: provider });
  metrics.distribution("some", 2, {}, 1_000);
  metrics.distribution("some", 3, {}, 1_001);
  metrics.bind("some").putMany(-1, 5_000);
  metrics.distribution("all", 4, {}, 2 ** 32);
  metrics.distribution("none", 5);
  expect(await metrics.flush()).toMatchObject({ delivered: 2, rejected: 3 });
  metrics.distribution("some", 2, {}, 2);
  expect(await metrics.flush()).toMatchObject({ delivered: 1, rejected: 0 });
  expect(metrics.stats().sinks[0]).toMatchObject({
    prepared: { observations: 1_000 + 1_001 + 5_000 + 2 ** 32 + 1 + 2 },
    delivered: { observations: 1_000 + 1 + 2 },
    rejected: { observations: 1_001 + 5_000 + 2 ** 32 },
  });
  expect(errors).toEqual([
    expect.stringContaining("no negative values"),
    expect.stringContaining("stands for more than 1000"),
  ]);
  const all = await collected();
  expect(all.get("some")?.points).toMatchObject([{ value: { count: 1_002, sum: 2_004 } }]);
  expect(all.has("all")).toBe(false);
  await metrics.close();
});

test("an illegal name is rejected with the rule, and the SDK does not see it", async () => {
  const { provider, collected } = sdk();
  const { metrics, errors } = managerWith({ meterProvider: provider });
  metrics.count("größe");
  metrics.count("ok");
  expect(await metrics.close()).toMatchObject({ delivered: 1, rejected: 1 });
  expect([...(await collected()).keys()]).toEqual(["ok"]);
  expect(errors).toEqual([expect.stringContaining("does not allow the name")]);
});

test("fractions are kept, because instruments take doubles", async () => {
  const { provider, collected } = sdk();
  const { metrics } = managerWith({ meterProvider: provider });
  metrics.count("c", 1);
  metrics.count("c", 0.25);
  await metrics.close();
  expect((await collected()).get("c")?.points).toMatchObject([{ value: 1.25 }]);
});

test("boundaries are passed to the SDK as advice", async () => {
  const { provider, collected } = sdk();
  const { metrics } = managerWith({ meterProvider: provider, explicitBucketBoundaries: [1, 2] });
  metrics.distribution("d", 1.5);
  await metrics.close();
  expect((await collected()).get("d")?.points).toMatchObject([
    { value: { buckets: { boundaries: [1, 2], counts: [0, 1, 0] } } },
  ]);
});

test("a meter that is passed in is used, with its own scope", async () => {
  const { provider, exporter } = sdk();
  const { metrics } = managerWith({ meter: provider.getMeter("mine") });
  metrics.count("c");
  await metrics.close();
  await provider.forceFlush();
  expect(exporter.getMetrics().at(-1)?.scopeMetrics[0]?.scope.name).toBe("mine");
});

describe("no MeterProvider", () => {
  test("is reported with the fix; what was recorded is rejected; a provider that is registered later gets whole windows", async () => {
    const { provider, collected } = sdk();
    const { metrics, errors } = managerWith({});
    metrics.count("c", 1);
    metrics.count("c", 1);
    expect(await metrics.flush()).toMatchObject({ ok: false, rejected: 1 });
    expect(errors).toEqual([expect.stringContaining("no MeterProvider is registered")]);
    expect(errors[0]).toContain("start the SDK first, or pass the option meterProvider");
    metrics.count("c", 1);
    api.setGlobalMeterProvider(provider);
    // In the middle of a window that began without one: all of it is rejected, so that numbers agree.
    metrics.count("c", 1);
    expect(await metrics.flush()).toMatchObject({ rejected: 1 });
    metrics.count("c", 16);
    expect(await metrics.flush()).toMatchObject({ ok: true, delivered: 1 });
    expect((await collected()).get("c")?.points).toMatchObject([{ value: 16 }]);
    await metrics.close();
  });

  test("a window in parts is rejected as a whole, although a provider is registered between two of them", async () => {
    const { provider, collected } = sdk();
    const sink = new OpenTelemetrySink({ onWarning: () => {} });
    const record = (id: string): void => {
      const series = [{ name: "c", values: [1], dimensions: { id } }];
      for (const event of exampleEvents({ series })) sink.record(event);
    };
    const [first, second, next] = exampleSnapshots({
      series: ["1", "2", "3"].map((id) => ({ name: "c", values: [1], dimensions: { id } })),
    });
    if (first === undefined || second === undefined || next === undefined)
      throw new Error("no snapshots");
    record("1");
    record("2");
    const rejected = { snapshots: [], rejected: [{ reason: expect.stringContaining("no Meter") }] };
    expect(sink.prepare([first], { last: false })).toMatchObject(rejected);
    api.setGlobalMeterProvider(provider);
    record("3");
    expect(sink.prepare([second], { last: true })).toMatchObject(rejected);
    expect(sink.prepare([next], { last: true })).toEqual([next]);
    expect((await collected()).get("c")?.points).toMatchObject([{ attributes: { id: "3" } }]);
  });

  test("everything arrives if the SDK is registered after the sink and before the first observation", async () => {
    const { provider, collected } = sdk();
    const { metrics } = managerWith({});
    api.setGlobalMeterProvider(provider);
    metrics.count("c", 3);
    expect(await metrics.close()).toMatchObject({ ok: true });
    expect((await collected()).get("c")?.points).toMatchObject([{ value: 3 }]);
  });
});

describe("an SDK that is too old for gauges", () => {
  const meter = { createCounter: () => ({}), createHistogram: () => ({}) } as unknown as Meter;
  const meterProvider = { getMeter: () => meter };

  test("is refused by start(), with the version to update to", async () => {
    const { metrics } = managerWith({ meterProvider });
    await expect(metrics.start()).rejects.toThrow(
      "update @opentelemetry/sdk-metrics to 1.25 or later",
    );
    await metrics.close();
  });

  test("rejects every window if it is registered later", async () => {
    const { metrics, errors } = managerWith({});
    await metrics.start();
    api.setGlobalMeterProvider(meterProvider);
    metrics.count("c");
    expect(await metrics.flush()).toMatchObject({ ok: false, rejected: 1 });
    expect(errors.join()).toContain("update @opentelemetry/sdk-metrics to 1.25 or later");
    await metrics.close();
  });
});

test("instruments that return promises which reject harm nobody", async () => {
  const reject = () => Promise.reject(new Error("an async instrument"));
  const meter = {
    createCounter: () => ({ add: reject }),
    createGauge: () => ({ record: reject }),
    createHistogram: () => ({ record: reject }),
  } as unknown as Meter;
  const { metrics } = managerWith({ meter });
  metrics.count("c");
  metrics.gauge("g", 1);
  metrics.distribution("d", 1);
  // An unhandled rejection would fail the test run.
  expect(await metrics.close()).toMatchObject({ ok: true });
});

describe("two windows that the manager merges before it exports them", () => {
  /** Closes the windows while the sink is not open yet; then opens it and closes the manager. */
  async function afterCoalescing(
    options: OpenTelemetrySinkOptions,
    windows: readonly (readonly number[])[],
  ) {
    const sink = new OpenTelemetrySink({ namespace: "", onWarning: () => {}, ...options });
    let finishOpening = (): void => {};
    const opened = new Promise<void>((resolve) => (finishOpening = resolve));
    const clock = new ManualClock();
    const metrics = new MetricsManager({
      sink: Object.assign(sink, { open: () => opened }),
      clock,
      exportIntervalMs: 1_000,
      coalesceAfterSnapshots: 1,
      onError: () => {},
    });
    for (const values of windows) {
      for (const value of values) metrics.distribution("d", value);
      await clock.advance(1_000);
    }
    finishOpening();
    await metrics.close();
    const { prepared, delivered, rejected, pending, coalesced } = metrics.stats().sinks[0] ?? {};
    const counts = [prepared, delivered, rejected, pending].map((tally) => tally?.observations);
    return { counts, coalesced };
  }

  test("negative values are still counted as rejected, and only they", async () => {
    const { provider, collected } = sdk();
    const windows = [
      [-1, 5],
      [-2, 7],
    ];
    const { counts, coalesced } = await afterCoalescing({ meterProvider: provider }, windows);
    expect(counts).toEqual([4, 2, 2, 0]);
    expect(coalesced).toBe(1);
    expect((await collected()).get("d")?.points).toMatchObject([{ value: { count: 2, sum: 12 } }]);
  });

  test("without a MeterProvider everything is still counted as rejected", async () => {
    const windows = [
      [1, 2],
      [3, 4],
    ];
    expect(await afterCoalescing({}, windows)).toMatchObject({ counts: [4, 0, 4, 0] });
  });
});

test("prepare() returns the manager's own snapshots unless some observations were negative", async () => {
  const { provider } = sdk();
  const sink = new OpenTelemetrySink({ meterProvider: provider, namespace: "" });
  const [good, bad, unnamed] = exampleSnapshots({
    series: [
      { name: "good", kind: "distribution", values: [1, 2] },
      { name: "bad", kind: "distribution", values: [-1, -2] },
      { name: "größe" },
    ],
  });
  if (good === undefined || bad === undefined || unnamed === undefined)
    throw new Error("no window");
  expect(sink.prepare([good])).toEqual([good]);
  const prepared = sink.prepare([good, bad, unnamed]);
  expect(prepared).toEqual({
    snapshots: [good],
    rejected: [
      { snapshot: bad, reason: expect.stringContaining("take no negative values") },
      { snapshot: unnamed, reason: expect.stringContaining("does not allow the name") },
    ],
  });
});

test("names that differ only in case: one instrument, under the spelling that came first", async () => {
  const { provider, collected } = sdk();
  const { metrics, warnings } = managerWith({ meterProvider: provider });
  metrics.count("COUNTER", 1);
  metrics.count("counter", 2);
  expect(await metrics.close()).toMatchObject({ ok: true, rejected: 0 });
  expect([...(await collected()).values()]).toMatchObject([
    { name: "COUNTER", points: [{ value: 3 }] },
  ]);
  expect(warnings).toEqual([expect.stringContaining("reported as one metric")]);
});

test("beyond the limit of series, totals are preserved in the overflow series, with one warning", async () => {
  const { provider, collected } = sdk();
  const { metrics, warnings } = managerWith({ meterProvider: provider, maxSeriesPerMetric: 10 });
  for (let window = 0; window < 20; window++) {
    for (let i = 0; i < 500; i++) metrics.count("c", 1, { id: window * 500 + i });
    await metrics.flush();
    await provider.forceFlush();
  }
  const points = (await collected()).get("c")?.points ?? [];
  expect(points).toHaveLength(10);
  expect(points.reduce((all, { value }) => all + Number(value), 0)).toBe(10_000);
  expect(points).toContainEqual({ value: 9_991, attributes: { "otel.metric.overflow": true } });
  expect(warnings).toHaveLength(1);
  await metrics.close();
});

test("the manager's overflow series is marked, beside a series without dimensions", async () => {
  const { provider, collected } = sdk();
  const metrics = new MetricsManager({
    sink: new OpenTelemetrySink({ meterProvider: provider, namespace: "" }),
    maxSeriesPerMetric: 1,
    commonDimensions: { host: "h" },
    exportIntervalMs: 0,
    onError: () => {},
  });
  metrics.count("c", 1);
  metrics.count("c", 2, { id: 2 });
  await metrics.close();
  expect((await collected()).get("c")?.points).toEqual([
    { value: 1, attributes: { host: "h" } },
    { value: 2, attributes: { host: "h", "otel.metric.overflow": true } },
  ]);
});

test("a name with another kind is refused by the manager, and the SDK has one instrument", async () => {
  const { provider, collected } = sdk();
  const { metrics, errors } = managerWith({ meterProvider: provider });
  metrics.count("a", 1);
  metrics.gauge("a", 7);
  await metrics.close();
  expect([...(await collected()).values()]).toMatchObject([{ name: "a", points: [{ value: 1 }] }]);
  expect(errors).toEqual([expect.stringContaining("can't be recorded as a gauge")]);
});

test("an instrument of the user with the same name stays apart, because the scopes differ", async () => {
  const { provider, exporter } = sdk();
  provider.getMeter("user").createHistogram("a").record(1);
  const { metrics } = managerWith({ meterProvider: provider });
  metrics.count("a", 2);
  await metrics.close();
  expect(exporter.getMetrics().at(-1)?.scopeMetrics).toMatchObject([
    { scope: { name: "user" }, metrics: [{ descriptor: { name: "a" } }] },
    { scope: SCOPE, metrics: [{ descriptor: { name: "a" }, dataPoints: [{ value: 2 }] }] },
  ]);
});

test("recording and close do no harm after the provider was shut down", async () => {
  const { provider, collected } = sdk();
  const { metrics, errors } = managerWith({ meterProvider: provider });
  metrics.count("a", 1);
  expect((await collected()).get("a")?.points).toMatchObject([{ value: 1 }]);
  await provider.shutdown();
  metrics.count("a", 2);
  metrics.count("b", 2);
  expect(await metrics.close()).toMatchObject({ pending: 0 });
  expect(errors).toEqual([]);
});

test("close flushes the provider, and does not shut it down", async () => {
  const { provider, exporter, collected } = sdk();
  const { metrics } = managerWith({ meterProvider: provider });
  metrics.count("c");
  await metrics.close();
  expect(exporter.getMetrics()).toHaveLength(1);
  provider.getMeter("user").createCounter("own").add(1);
  expect((await collected()).get("own")?.points).toMatchObject([{ value: 1 }]);
  await provider.shutdown();
});

test.each([
  [{ meter: {} }, /meter is an object, must be an object with the method createCounter/],
  [{ meterProvider: 1 }, /meterProvider is 1, must be an object with the method getMeter/],
  [{ provider: 1 }, /option provider does not exist/],
  [{ namespace: 1 }, /namespace is 1, must be a string/],
])("wrong options throw: %o", (options, message) => {
  expect(() => new OpenTelemetrySink(options as object)).toThrow(message);
});
