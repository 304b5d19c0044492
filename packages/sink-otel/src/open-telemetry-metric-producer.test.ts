import { type MetricSnapshot, MetricsManager } from "@aiokpl/metrics-core";
import { ManualClock } from "@aiokpl/metrics-core/testing";
import { exampleSnapshots } from "@aiokpl/sink-testkit";
import {
  AggregationTemporality,
  type CollectionResult,
  DataPointType,
  InMemoryMetricExporter,
  MeterProvider,
  MetricReader,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  OpenTelemetryMetricProducer,
  type OpenTelemetryMetricProducerOptions,
} from "./open-telemetry-metric-producer.ts";
import { SCOPE } from "./metric-data/scope.ts";
import { churn } from "./testing/churn.ts";

/** A reader that collects when the test asks it to. */
class ManualReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

function setUp(options: OpenTelemetryMetricProducerOptions = {}) {
  const warnings: string[] = [];
  const producer = new OpenTelemetryMetricProducer({
    namespace: "",
    onWarning: (message) => warnings.push(message),
    ...options,
  });
  const clock = new ManualClock(Math.floor(Date.now() / 60_000) * 60_000);
  const errors: unknown[] = [];
  const metrics = new MetricsManager({
    clock,
    sink: producer,
    exportIntervalMs: 10_000,
    onError: (error) => errors.push(error),
  });
  return { producer, clock, metrics, warnings, errors };
}

interface Shown {
  readonly value: unknown;
  readonly startTime: readonly number[];
  readonly endTime: readonly number[];
  readonly attributes: Readonly<Record<string, unknown>>;
}

function shown({ resourceMetrics }: CollectionResult): Record<string, readonly Shown[]> {
  return Object.fromEntries(
    resourceMetrics.scopeMetrics
      .flatMap((scope) => scope.metrics)
      .map(({ descriptor, dataPoints }) => [descriptor.name, dataPoints as readonly Shown[]]),
  );
}

test("a reader sees the sum of the closed windows and the open one", async () => {
  const { producer, clock, metrics } = setUp();
  await metrics.start();
  metrics.count("orders", 2);
  expect(shown(await producer.collect())["orders"]).toMatchObject([{ value: 2 }]);
  await clock.advance(10_000);
  metrics.count("orders", 3);
  metrics.distribution("latency", 8);
  const now = shown(await producer.collect());
  expect(now["orders"]).toMatchObject([{ value: 5 }]);
  expect(now["latency"]).toMatchObject([{ value: { count: 1, sum: 8, min: 8, max: 8 } }]);
  expect(await metrics.close()).toMatchObject({ ok: true });
  expect(shown(await producer.collect())["orders"]).toMatchObject([{ value: 5 }]);
});

test("values, buckets, starts and ends never decrease, whatever is recorded, closed and collected in between", async () => {
  const step = fc.oneof(
    fc.record({ put: fc.double({ min: 1e-9, max: 1e9, noNaN: true }), series: fc.nat(3) }),
    fc.record({ advance: fc.integer({ min: 1, max: 15_000 }) }),
    fc.record({ stepWall: fc.integer({ min: -30_000, max: 30_000 }) }),
    fc.constant("collect" as const),
    fc.constant("flush" as const),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 60 }),
      fc.constantFrom(undefined, [0.001, 1, 3, 10, 1_000]),
      async (steps, explicitBucketBoundaries) => {
        const { producer, clock, metrics } = setUp({ explicitBucketBoundaries });
        await metrics.start();
        const before = new Map<string, readonly number[]>();
        const starts = new Map<string, readonly number[]>();
        let recorded = 0;
        const check = async (): Promise<void> => {
          const result = await producer.collect();
          expect(result.errors).toEqual([]);
          let total = 0;
          for (const [name, points] of Object.entries(shown(result)))
            for (const { value, attributes, startTime, endTime } of points) {
              const key = `${name} ${JSON.stringify(attributes)}`;
              const numbers = [
                (endTime[0] ?? NaN) + (endTime[1] ?? NaN) / 1e9,
                ...(typeof value === "number" ? [value] : numbersOf(value as object)),
              ];
              expect(startTime).toEqual(starts.get(key) ?? startTime);
              starts.set(key, startTime);
              const last = before.get(key) ?? numbers.map(() => -Infinity);
              for (const [i, each] of numbers.entries())
                expect(each).toBeGreaterThanOrEqual(last[i] ?? -Infinity);
              before.set(key, numbers);
              if (typeof value !== "number") total += (value as { count: number }).count;
            }
          expect(total).toBe(recorded);
        };
        for (const each of steps) {
          if (each === "collect") await check();
          else if (each === "flush") await metrics.flush();
          else if ("advance" in each) await clock.advance(each.advance);
          else if ("stepWall" in each) clock.stepWall(each.stepWall);
          else {
            recorded++;
            metrics.count("c", each.put, { series: each.series });
            metrics.distribution("d", each.put, { series: each.series });
          }
        }
        await check();
        await metrics.close();
        await check();
      },
    ),
    { numRuns: 300 },
  );
});

test("no explicit bucket shrinks when a histogram becomes coarser in the open window", async () => {
  const { producer, metrics } = setUp({ explicitBucketBoundaries: [3] });
  await metrics.start();
  metrics.distribution("d", 2.9);
  expect(shown(await producer.collect())["d"]).toMatchObject([
    { value: { buckets: { counts: [1, 0] } } },
  ]);
  metrics.distribution("d", 1e300);
  expect(shown(await producer.collect())["d"]).toMatchObject([
    { value: { buckets: { counts: [1, 1] } } },
  ]);
  await metrics.close();
});

/** A histogram's count and sum, and how many values are at most each boundary. */
function numbersOf(value: object): readonly number[] {
  const {
    count,
    sum = 0,
    buckets,
  } = value as {
    count: number;
    sum?: number;
    buckets?: { counts: number[] };
  };
  let below = 0;
  return [count, sum, ...(buckets?.counts ?? []).map((each) => (below += each))];
}

test("totals do not decrease while a window is on its way from the manager", async () => {
  const { producer } = setUp();
  const collected: unknown[] = [];
  const clock = new ManualClock();
  const metrics = new MetricsManager({
    clock,
    sink: [
      {
        // Comes before the producer, when the window is neither open nor folded.
        prepare(window) {
          void producer.collect().then((result) => collected.push(shown(result)["orders"]));
          return window;
        },
        export: async () => {},
      },
      producer,
    ],
    exportIntervalMs: 10_000,
  });
  await metrics.start();
  metrics.count("orders", 5);
  expect(shown(await producer.collect())["orders"]).toMatchObject([{ value: 5 }]);
  await clock.advance(10_000);
  expect(collected).toMatchObject([[{ value: 5 }]]);
  await metrics.close();
});

test("collect() with faulty windows never rejects, never decreases, and leaves a user's own counter intact", async () => {
  const { producer } = setUp({
    nameOf: (name) => {
      if (name === "poison") throw new Error("no");
      return name;
    },
    onWarning: () => {
      throw new Error("no warning either");
    },
    maxSeriesPerMetric: 2,
  });
  const windows = [1, 2, 3].map((value) =>
    exampleSnapshots({
      series: [
        { name: "a", values: [value] },
        { name: "poison" },
        { name: "a", values: [value], dimensions: { id: "more than the limit" } },
      ],
    }),
  );
  const faults: readonly (() => unknown)[] = [
    () => windows[1],
    () => {
      throw new Error("no window today");
    },
    () => [...(windows[1] ?? []), null],
    () => 7,
    () => [{ name: "a", kind: "counter", unit: "1", dimensions: [] }],
  ];
  let fault: () => unknown = () => [];
  await producer.open({
    snapshots: () => fault() as MetricSnapshot[],
    series: () => fault() as MetricSnapshot[],
    now: Date.now,
    exportIntervalMs: 0,
  });
  expect(producer.prepare(windows[0] ?? [])).toMatchObject({
    snapshots: [],
    rejected: [{ snapshot: { name: "poison" }, reason: expect.stringContaining("nameOf threw") }],
  });

  const reader = new ManualReader({ metricProducers: [producer] });
  const provider = new MeterProvider({ readers: [reader] });
  const own = provider.getMeter("user").createCounter("own");
  for (const [i, each] of faults.entries()) {
    fault = each;
    own.add(1);
    const result = await reader.collect();
    const { own: users, a = [] } = shown(result);
    expect(users).toMatchObject([{ value: i + 1 }]);
    expect(a.map(({ value }) => value)).toEqual([3, 3]);
    // The last one is of numbers that are none, of which nothing comes.
    expect(result.errors).toHaveLength([0, 1, 1, 1, 0][i] ?? NaN);
  }
  await provider.shutdown();
});

test("with two readers and two producers, each reader sees everything", async () => {
  const producers = [0, 1].map(() => new OpenTelemetryMetricProducer({ namespace: "" }));
  const readers = producers.map((each) => new ManualReader({ metricProducers: [each] }));
  const provider = new MeterProvider({ readers });
  const metrics = new MetricsManager({ sink: producers, exportIntervalMs: 0 });
  await metrics.start();
  for (let total = 1; total <= 3; total++) {
    metrics.count("orders");
    for (const reader of readers)
      expect(shown(await reader.collect())["orders"]).toMatchObject([{ value: total }]);
    await metrics.flush();
  }
  await metrics.close();
  await provider.shutdown();
});

test("without metrics there is no scope, so that a reader may skip the export", async () => {
  const { producer } = setUp();
  expect((await producer.collect()).resourceMetrics.scopeMetrics).toEqual([]);
});

test("behind a push reader, kinds and scope arrive, and totals are cumulative", async () => {
  const { producer, metrics } = setUp();
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, metricProducers: [producer] });
  const provider = new MeterProvider({ readers: [reader] });
  metrics.count("orders", 2, { route: "/" });
  metrics.gauge("depth", 5);
  metrics.distribution("latency", 8);
  await metrics.close();
  await provider.shutdown();
  const [scope] = exporter.getMetrics().at(-1)?.scopeMetrics ?? [];
  expect(scope?.scope).toEqual(SCOPE);
  expect(scope?.metrics).toMatchObject([
    {
      dataPointType: DataPointType.SUM,
      isMonotonic: true,
      aggregationTemporality: AggregationTemporality.CUMULATIVE,
      dataPoints: [{ value: 2, attributes: { route: "/" } }],
    },
    { dataPointType: DataPointType.GAUGE, dataPoints: [{ value: 5 }] },
    { dataPointType: DataPointType.EXPONENTIAL_HISTOGRAM },
  ]);
});

test("10,000 series over 20 windows stay within the limit, and totals are exact", async () => {
  const { producer, clock, metrics, warnings } = setUp({ maxSeriesPerMetric: 100 });
  await metrics.start();
  for (let window = 0; window < 20; window++) {
    for (let i = 0; i < 500; i++) metrics.count("c", 1, { id: window * 500 + i });
    if (window % 2 === 0) await producer.collect();
    await clock.advance(10_000);
  }
  const points = shown(await producer.collect())["c"] ?? [];
  expect(points).toHaveLength(100);
  expect(points.reduce((all, { value }) => all + Number(value), 0)).toBe(10_000);
  expect(warnings).toEqual([expect.stringContaining("c has 100 series, its limit")]);
  await metrics.close();
});

test("names that differ only in case: one metric, under the spelling that came first", async () => {
  const { producer, metrics, warnings } = setUp();
  metrics.count("COUNTER", 1);
  metrics.count("counter", 2);
  expect(await metrics.close()).toMatchObject({ ok: true, rejected: 0 });
  expect(shown(await producer.collect())).toMatchObject({ COUNTER: [{ value: 3 }] });
  expect(warnings).toEqual([expect.stringContaining("reported as one metric")]);
});

test("ends move with the manager's clock", async () => {
  const { producer, clock, metrics } = setUp();
  await metrics.start();
  metrics.count("orders");
  const endOf = async (): Promise<number> => {
    const [orders] = shown(await producer.collect())["orders"] ?? [];
    return (orders?.endTime[0] ?? NaN) * 1_000;
  };
  const before = clock.wallTime();
  expect(await endOf()).toBe(before);
  await clock.advance(3_600_000);
  expect(await endOf()).toBe(before + 3_600_000);
  clock.stepWall(-1_800_000);
  expect(await endOf()).toBe(before + 3_600_000);
  await metrics.close();
});

test("100 new pods an hour: the live ones are shown, and every observation was shown once", async () => {
  const { producer, clock, metrics } = setUp({ maxSeriesPerMetric: 300 });
  await metrics.start();
  const last = new Map<string, number>();
  for (let window = 0; window < 25 * 6; window++) {
    const live = await churn(metrics, clock, window);
    const points = shown(await producer.collect())["requests"] ?? [];
    expect(points.length).toBeLessThanOrEqual(300);
    const ids = points.map(({ attributes }) => JSON.stringify(attributes));
    expect(ids).toEqual(expect.arrayContaining(live.map((pod) => JSON.stringify({ pod }))));
    for (const [i, { value, startTime }] of points.entries())
      last.set(`${ids[i]} ${startTime.join()}`, Number(value));
  }
  const recorded = 25 * 6 * 100;
  expect([...last.values()].reduce((all, each) => all + each, 0)).toBe(recorded);
  await metrics.close();
});

test("three minutes without collect() give one warning, and its count on close", async () => {
  const { producer, clock, metrics, warnings } = setUp();
  await metrics.start();
  await clock.advance(170_000);
  await producer.collect();
  await clock.advance(170_000);
  expect(warnings).toEqual([]);
  await clock.advance(400_000);
  expect(warnings).toEqual([expect.stringContaining("no reader has collected")]);
  await metrics.close();
  expect(warnings).toHaveLength(2);
  expect(warnings[1]).toMatch(/no reader has collected .* \(\d+ times more\)$/);
});

test("an illegal name is rejected and reported", async () => {
  const { metrics, errors } = setUp();
  metrics.count("größe");
  metrics.count("ok");
  expect(await metrics.close()).toMatchObject({ ok: false, rejected: 1 });
  expect(String(errors[0])).toContain("does not allow the name");
});

test("a gauge is shown until it is in neither the newest closed window nor the open one", async () => {
  const { producer, clock, metrics } = setUp();
  await metrics.start();
  metrics.add("in_flight", 3);
  metrics.gauge("depth", 1);
  metrics.count("orders", 2);
  for (let i = 0; i < 10; i++) {
    await clock.advance(10_000);
    const now = shown(await producer.collect());
    expect(now["in_flight"]).toMatchObject([{ value: 3 }]);
    expect(now["depth"]).toMatchObject([{ value: 1 }]);
  }
  metrics.forget("depth");
  metrics.forget("in_flight");
  metrics.gauge("depth", 7);
  // The newest closed window still has one of them, the open one the other.
  expect(Object.keys(shown(await producer.collect())).toSorted()).toEqual([
    "depth",
    "in_flight",
    "orders",
  ]);
  await clock.advance(10_000);
  const now = shown(await producer.collect());
  expect(Object.keys(now).toSorted()).toEqual(["depth", "orders"]);
  expect(now["depth"]).toMatchObject([{ value: 7 }]);
  await metrics.close();
});

test("a forgotten counter or distribution is not shown any more, and one that comes again starts anew", async () => {
  const { producer, clock, metrics } = setUp();
  await metrics.start();
  metrics.count("orders", 2, { shop: "a" });
  metrics.count("orders", 3, { shop: "b" });
  metrics.distribution("latency", 1);
  await clock.advance(10_000);
  const before = shown(await producer.collect())["orders"]?.[0];
  metrics.forget("orders", { shop: "a" });
  metrics.distribution("latency", 2);
  metrics.forget("latency");
  // What the open window has is shown, and delivered.
  expect(shown(await producer.collect())).toMatchObject({
    orders: [{ value: 3 }],
    latency: [{ value: { count: 2 } }],
  });
  await clock.advance(10_000);
  expect(shown(await producer.collect())).not.toHaveProperty("latency");
  metrics.count("orders", 1, { shop: "a" });
  const orders = shown(await producer.collect())["orders"] ?? [];
  const again = orders.find(({ attributes }) => attributes["shop"] === "a");
  expect(again).toMatchObject({ value: 1 });
  expect(again?.startTime[0]).toBeGreaterThan(before?.startTime[0] ?? 0);
  await metrics.close();
});
