import { MetricsManager, type MetricSnapshot, quantile, type SinkHost } from "@aiokpl/metrics-core";
import { ManualClock } from "@aiokpl/metrics-core/testing";
import { exampleSnapshots } from "@aiokpl/sink-testkit";
import { MockOtlpServer } from "@elastic/mockotlpserver";
import { context, createContextKey } from "@opentelemetry/api";
import { AsyncLocalStorage } from "node:async_hooks";
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-proto";
import {
  AggregationTemporality,
  ConsoleMetricExporter,
  type DataPoint,
  DataPointType,
  InMemoryMetricExporter,
  InstrumentType,
  type MetricData,
  type PushMetricExporter,
  type ResourceMetrics,
} from "@opentelemetry/sdk-metrics";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { OpenTelemetryExporterSinkOptions } from "./options/exporter-sink-options.ts";
import { OpenTelemetryExporterSink } from "./open-telemetry-exporter-sink.ts";
import { SCOPE } from "./metric-data/scope.ts";
import { churn } from "./testing/churn.ts";
import {
  attributesOf,
  inBuckets,
  metricsOf,
  pointsOf,
  type WirePoint,
  type WireRequest,
} from "./testing/otlp.ts";

type Answer = "taken" | "failed" | "throws" | "hangs" | "late" | "twice" | Error;

/** An exporter that answers as the test says, and keeps what it accepted. */
class ScriptedExporter implements PushMetricExporter {
  readonly calls: ResourceMetrics[] = [];
  readonly taken: ResourceMetrics[] = [];
  answer: Answer = "taken";
  running = 0;
  mostRunning = 0;
  ends: string[] = [];
  settle: () => void = () => {};

  export(
    metrics: ResourceMetrics,
    callback: (result: { code: number; error?: Error }) => void,
  ): void {
    this.calls.push(metrics);
    this.mostRunning = Math.max(this.mostRunning, ++this.running);
    const settle = (code: number, error?: Error): void => {
      this.running--;
      if (code === 0) this.taken.push(metrics);
      callback(error === undefined ? { code } : { code, error });
    };
    const { answer } = this;
    if (answer instanceof Error) settle(1, answer);
    else if (answer === "failed") settle(1);
    else if (answer === "throws") {
      this.running--;
      throw new Error("thrown");
    } else if (answer === "late") this.settle = () => settle(0);
    else if (answer !== "hangs") settle(0);
    if (answer === "twice") callback({ code: 1 });
  }
  async forceFlush(): Promise<void> {
    this.ends.push("flushed");
  }
  async shutdown(): Promise<void> {
    this.ends.push("shut down");
  }
}

const { signal } = new AbortController();
let exporter: ScriptedExporter;
let warnings: string[];
beforeEach(() => {
  exporter = new ScriptedExporter();
  warnings = [];
});

function sinkTo(
  options: Partial<OpenTelemetryExporterSinkOptions> = {},
): OpenTelemetryExporterSink {
  return new OpenTelemetryExporterSink({
    exporter,
    namespace: "",
    onWarning: (message) => warnings.push(message),
    ...options,
  });
}

const start = Math.floor(Date.now() / 60_000) * 60_000 - 600_000;

/** A manager whose clock stands still. */
function hostAt(now: number): SinkHost {
  return { now: () => now, snapshots: () => [], series: () => [], exportIntervalMs: 60_000 };
}

function windowOf(
  index: number,
  ...series: {
    name: string;
    kind?: MetricSnapshot["kind"];
    values?: number[];
    dimensions?: Record<string, string>;
  }[]
) {
  return exampleSnapshots({ series, windowStart: start + index * 60_000 });
}

function pointsIn(request: ResourceMetrics | undefined): readonly DataPoint<unknown>[] {
  return metricsIn(request).flatMap(({ dataPoints }): readonly DataPoint<unknown>[] => dataPoints);
}

function metricsIn(request: ResourceMetrics | undefined): readonly MetricData[] {
  return request?.scopeMetrics.flatMap(({ metrics }) => metrics) ?? [];
}

/** The values of a metric's points, request by request. */
function sums(name = "a"): unknown[] {
  return exporter.taken.map((each) =>
    metricsIn(each)
      .filter(({ descriptor }) => descriptor.name === name)
      .flatMap(({ dataPoints }) => dataPoints.map(({ value }) => value)),
  );
}

describe("delta", () => {
  test("each series of a window has one point, with the window's start and end", async () => {
    const sink = sinkTo({ temporality: "delta" });
    for (let i = 0; i < 3; i++)
      await sink.export(windowOf(i, { name: "a", values: [i] }), { signal });
    expect(sums()).toEqual([[0], [1], [2]]);
    const times = exporter.taken.flatMap((each) =>
      metricsIn(each).flatMap(({ dataPoints }) =>
        dataPoints.map(({ startTime, endTime }) => [startTime, endTime]),
      ),
    );
    const at = (index: number) => [(start + index * 60_000) / 1_000, 0];
    expect(times).toEqual([0, 1, 2].map((i) => [at(i), at(i + 1)]));
    expect(sink.wantsEmptyWindows).toBe(false);
  });

  test("several windows of a series in one export make one point", async () => {
    const snapshots = [0, 1, 2].flatMap((i) => windowOf(i, { name: "a", values: [i + 1] }));
    await sinkTo({ temporality: "delta" }).export(snapshots, { signal });
    expect(sums()).toEqual([[6]]);
  });

  test.each([
    ["failed", "uncertain"],
    ["throws", "uncertain"],
    [Object.assign(new Error("No"), { code: 400 }), "retry"],
    [Object.assign(new Error("Slow down"), { code: 429 }), "retry"],
    [Object.assign(new Error("Broken"), { code: 500 }), "uncertain"],
    [Object.assign(new Error("refused"), { code: "ECONNREFUSED" }), "retry"],
    [Object.assign(new Error("reset"), { code: "ECONNRESET" }), "uncertain"],
    [new Error("Export failed with retryable status"), "retry"],
    [new Error("Request timed out"), "uncertain"],
  ] as const)("exporter result FAILED: %s is %s, with its cause", async (answer, list) => {
    exporter.answer = answer;
    const snapshots = windowOf(0, { name: "a" });
    const result = await sinkTo({ temporality: "delta" }).export(snapshots, { signal });
    expect(result[list]).toEqual(snapshots);
    expect(result.cause).toBeInstanceOf(Error);
  });

  test("FAILED 400 with delta: the hint names the option temporality", async () => {
    exporter.answer = Object.assign(new Error("Bad Request"), {
      code: 400,
      data: "invalid temporality",
    });
    const { cause } = await sinkTo({ temporality: "delta" }).export(windowOf(0, { name: "a" }), {
      signal,
    });
    expect(String(cause)).toMatch(
      /400 Bad Request: invalid temporality; .* see the option temporality/,
    );
  });

  test("after a 413 the request is halved until it fits", async () => {
    const fits = vi.spyOn(exporter, "export");
    fits.mockImplementation((metrics, callback) => {
      const points = metricsIn(metrics).flatMap(({ dataPoints }) => dataPoints as unknown[]);
      if (points.length > 2)
        callback({ code: 1, error: Object.assign(new Error("large"), { code: 413 }) });
      else {
        exporter.taken.push(metrics);
        callback({ code: 0 });
      }
    });
    const series = Array.from({ length: 9 }, (_, i) => ({ name: `a${i}` }));
    const { retry, rejected } = await sinkTo({ temporality: "delta" }).export(
      windowOf(0, ...series),
      { signal },
    );
    expect([retry, rejected]).toEqual([[], []]);
    expect(exporter.taken.flatMap(metricsIn)).toHaveLength(9);
  });
});

describe("cumulative", () => {
  test("totals have a constant start, and idle series are repeated", async () => {
    const sink = sinkTo();
    expect(sink.wantsEmptyWindows).toBe(true);
    await sink.export(windowOf(0, { name: "a", values: [1] }, { name: "b", values: [5] }), {
      signal,
    });
    await sink.open(hostAt(start + 180_000));
    await sink.export(windowOf(1, { name: "a", values: [2] }), { signal });
    sink.prepare([]);
    await sink.export([], { signal });
    expect([sums("a"), sums("b")]).toEqual([
      [[1], [3], [3]],
      [[5], [5], [5]],
    ]);
    const points = exporter.taken.flatMap(pointsIn);
    expect(new Set(points.map(({ startTime }) => startTime[0]))).toEqual(new Set([start / 1_000]));
    const ends = exporter.taken.map((each) => metricsIn(each)[0]?.dataPoints[0]?.endTime[0] ?? NaN);
    expect(ends).toEqual([60, 120, 180].map((seconds) => start / 1_000 + seconds));
  });

  test("a window in parts is empty only if all its parts are: idle series are not reported past data that is on its way", async () => {
    const sink = sinkTo();
    await sink.open(hostAt(start + 180_000));
    await sink.export(windowOf(0, { name: "a", values: [1] }), { signal });
    const data = windowOf(1, { name: "a", values: [2] });
    expect(sink.prepare(data, { last: false })).toEqual(data);
    expect(sink.prepare([], { last: true })).toEqual([]);
    await sink.export([], { signal });
    await sink.export(data, { signal });
    sink.prepare([], { last: false });
    sink.prepare([], { last: true });
    await sink.export([], { signal });
    const ends = exporter.taken.map((each) => metricsIn(each)[0]?.dataPoints[0]?.endTime[0] ?? NaN);
    expect(ends).toEqual([60, 60, 120, 180].map((seconds) => start / 1_000 + seconds));
    expect(sums()).toEqual([[1], [1], [3], [3]]);
  });

  test("totals change only when the exporter reports success, so they are exact after any failure", async () => {
    const sink = sinkTo();
    let queue: readonly MetricSnapshot[] = [];
    const answers: Answer[] = [
      "taken",
      "failed",
      "throws",
      new Error("Request timed out"),
      "taken",
      "failed",
      "taken",
    ];
    for (const [i, answer] of answers.entries()) {
      exporter.answer = answer;
      queue = [
        ...queue,
        ...windowOf(
          i,
          { name: "a", values: [1] },
          { name: "h", kind: "distribution", values: [i] },
        ),
      ];
      const { retry = [], uncertain } = await sink.export(queue, { signal });
      expect(uncertain).toEqual([]);
      queue = retry;
    }
    expect(queue).toEqual([]);
    expect(sums("a")).toEqual([[1], [5], [7]]);
    expect(sums("h").at(-1)).toMatchObject([{ count: 7, sum: 21, min: 0, max: 6 }]);
  });

  test("a failed export of idle series is reported, and changes nothing", async () => {
    const sink = sinkTo();
    await sink.export(windowOf(0, { name: "a", values: [1] }), { signal });
    exporter.answer = "failed";
    await expect(sink.export([], { signal })).rejects.toThrow("the exporter failed");
    exporter.answer = "taken";
    await sink.export(windowOf(1, { name: "a", values: [2] }), { signal });
    expect(sums()).toEqual([[1], [3]]);
  });

  test("the manager's overflow series keeps its common dimensions, and so stays apart from the sink's", async () => {
    const sink = sinkTo({ maxSeriesPerMetric: 2 });
    const [a, b, c] = windowOf(
      0,
      { name: "a", values: [1], dimensions: { id: "1" } },
      { name: "a", values: [2], dimensions: { id: "2" } },
      { name: "a", values: [4], dimensions: { host: "h" } },
    );
    if (a === undefined || b === undefined || c === undefined) throw new Error("no snapshots");
    for (const snapshots of [[a], [a, { ...c, overflow: true as const }], [b]])
      await sink.export(snapshots, { signal });
    const points = pointsIn(exporter.taken.at(-1));
    expect(points.map(({ attributes, value }) => [attributes, value])).toEqual(
      expect.arrayContaining([
        [{ id: "1" }, 2],
        [{ host: "h", "otel.metric.overflow": true }, 4],
        [{ "otel.metric.overflow": true }, 2],
      ]),
    );
  });

  test("beyond the limit of series, totals are preserved in the overflow series, with one warning per metric", async () => {
    const sink = sinkTo({ maxSeriesPerMetric: 10 });
    for (let window = 0; window < 20; window++) {
      const series = Array.from({ length: 500 }, (_, i) => ({
        name: "a",
        values: [1],
        dimensions: { id: `${window * 500 + i}` },
      }));
      await sink.export(windowOf(window, ...series), { signal });
    }
    const points = pointsIn(exporter.taken.at(-1));
    expect(points).toHaveLength(10);
    expect(points.reduce((all, { value }) => all + Number(value), 0)).toBe(10_000);
    expect(
      points.filter(({ attributes }) => attributes["otel.metric.overflow"] === true),
    ).toMatchObject([{ value: 9_991 }]);
    expect(warnings).toHaveLength(1);
  });

  test("100 new pods an hour: the live ones are reported, and every observation was reported once", async () => {
    const clock = new ManualClock(start);
    const metrics = new MetricsManager({
      clock,
      sink: sinkTo({ maxSeriesPerMetric: 300 }),
      exportIntervalMs: 600_000,
    });
    const last = new Map<string, number>();
    for (let window = 0; window < 25 * 6; window++) {
      const live = await churn(metrics, clock, window);
      // Exports start a little late, so that a fleet does not call in step.
      await metrics.flush();
      const points = pointsIn(exporter.taken.at(-1));
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

  test("a histogram that begins with zeros gets its scale from the values that follow", async () => {
    const sink = sinkTo();
    await sink.export(windowOf(0, { name: "h", kind: "distribution", values: [0, 0] }), { signal });
    await sink.export(windowOf(1, { name: "h", kind: "distribution", values: [1, 2, 3, 4] }), {
      signal,
    });
    const [point] = sums("h").at(-1) as { scale: number; zeroCount: number }[];
    expect(point?.scale).toBeGreaterThan(4);
    expect(point?.zeroCount).toBe(2);
  });
});

describe("which temporality", () => {
  test.each([
    [AggregationTemporality.DELTA, false],
    [AggregationTemporality.CUMULATIVE, true],
  ])("the exporter's own selection, %i", async (selected, isCumulative) => {
    const memory = new InMemoryMetricExporter(selected);
    const sink = sinkTo({ exporter: memory });
    expect(sink.wantsEmptyWindows).toBe(isCumulative);
    for (let i = 0; i < 2; i++)
      await sink.export(windowOf(i, { name: "a", values: [1] }), { signal });
    const [metric] = metricsIn(memory.getMetrics().at(-1));
    expect(metric).toMatchObject({
      aggregationTemporality: selected,
      dataPointType: DataPointType.SUM,
      isMonotonic: true,
      dataPoints: [{ value: isCumulative ? 2 : 1 }],
    });
  });

  test("the exporter is asked with the SDK's names of instrument types", () => {
    const asked: unknown[] = [];
    const asking = Object.assign(new ScriptedExporter(), {
      selectAggregationTemporality: (type: InstrumentType) => {
        asked.push(type);
        return AggregationTemporality.DELTA;
      },
    });
    expect(sinkTo({ exporter: asking }).wantsEmptyWindows).toBe(false);
    expect(new Set(asked)).toEqual(
      new Set([InstrumentType.COUNTER, InstrumentType.GAUGE, InstrumentType.HISTOGRAM]),
    );
  });

  test("the SDK's own exporters are accepted", () => {
    for (const each of [new ConsoleMetricExporter(), new InMemoryMetricExporter(0)])
      expect(() => sinkTo({ exporter: each })).not.toThrow();
  });
});

describe("a series that ends", () => {
  /** What the exporter was given by each export, by the metric's name. */
  const shownBy = (request: ResourceMetrics | undefined): Record<string, unknown> =>
    Object.fromEntries(
      metricsIn(request).map(({ descriptor, dataPoints }) => [
        descriptor.name,
        dataPoints.map(({ value }) => value),
      ]),
    );

  test("a gauge is in every window with its level until it is forgotten, a counter's total too", async () => {
    const clock = new ManualClock(start);
    const metrics = new MetricsManager({ clock, sink: sinkTo(), exportIntervalMs: 60_000 });
    metrics.add("in_flight", 3);
    metrics.count("orders", 2);
    metrics.count("kept", 1);
    const window = async (): Promise<Record<string, unknown>> => {
      await metrics.flush();
      await clock.advance(1_000);
      return shownBy(exporter.taken.at(-1));
    };
    for (let i = 0; i < 10; i++)
      expect(await window()).toEqual({ in_flight: [3], kept: [1], orders: [2] });
    metrics.forget("in_flight");
    metrics.forget("orders");
    expect(await window()).toEqual({ kept: [1] });
    expect(exporter.taken).toHaveLength(11);
    // It starts anew, after its end.
    metrics.count("orders", 5);
    expect(await window()).toEqual({ kept: [1], orders: [5] });
    const [orders] = metricsIn(exporter.taken.at(-1)).filter(
      (each) => each.descriptor.name === "orders",
    );
    const [before] = metricsIn(exporter.taken[9]).filter(
      (each) => each.descriptor.name === "orders",
    );
    expect(orders?.dataPoints[0]?.startTime[0]).toBeGreaterThan(
      before?.dataPoints[0]?.startTime[0] ?? 0,
    );
    await metrics.close();
  });

  test("a forgotten total stays until what is new of it was sent", async () => {
    const clock = new ManualClock(start);
    const metrics = new MetricsManager({
      clock,
      sink: sinkTo(),
      exportIntervalMs: 60_000,
      onError: () => {},
    });
    metrics.count("orders", 2);
    metrics.count("kept", 1);
    await metrics.flush();
    exporter.answer = "failed";
    metrics.count("orders", 3);
    metrics.forget("orders");
    await metrics.flush();
    exporter.answer = "taken";
    await clock.advance(1_000);
    await metrics.flush();
    expect(exporter.taken.map(shownBy)).toContainEqual({ kept: [1], orders: [5] });
    await clock.advance(1_000);
    metrics.count("kept", 1);
    await metrics.flush();
    expect(shownBy(exporter.taken.at(-1))).toEqual({ kept: [2] });
    await metrics.close();
  });
});

describe("the mapping", () => {
  test("kinds, units, descriptions, attributes, scope and resource arrive", async () => {
    const snapshots = exampleSnapshots({
      series: [
        { name: "c", values: [2, 3], unit: "By", dimensions: { route: "/", host: "h" } },
        { name: "g", kind: "gauge", values: [9, -4] },
        { name: "h", kind: "distribution", values: [1, 2, 4], unit: "ms" },
      ],
    }).map((each) => ({ ...each, description: `about ${each.name}` }));
    await sinkTo({ namespace: "shop", resource: { "service.name": "shop" } }).export(snapshots, {
      signal,
    });
    const [request] = exporter.taken;
    expect(request?.resource.attributes).toEqual({ "service.name": "shop" });
    expect(request?.scopeMetrics[0]?.scope).toEqual(SCOPE);
    const sorted = metricsIn(request).toSorted((a, b) =>
      a.descriptor.name < b.descriptor.name ? -1 : 1,
    );
    expect(sorted).toMatchObject([
      {
        descriptor: { name: "shop.c", unit: "By", description: "about c", valueType: 1 },
        dataPoints: [{ value: 5, attributes: { route: "/", host: "h" } }],
      },
      {
        descriptor: { name: "shop.g", unit: "" },
        dataPointType: DataPointType.GAUGE,
        dataPoints: [{ value: -4 }],
      },
      {
        descriptor: { name: "shop.h", unit: "ms" },
        dataPointType: DataPointType.EXPONENTIAL_HISTOGRAM,
        dataPoints: [{ value: { count: 3, sum: 7, min: 1, max: 4, zeroCount: 0 } }],
      },
    ]);
  });

  test("a negative value of a distribution is kept in the negative buckets, and the sum is left out", async () => {
    await sinkTo().export(windowOf(0, { name: "h", kind: "distribution", values: [-2, 3] }), {
      signal,
    });
    const [[value] = []] = sums("h") as object[][];
    expect(value).toMatchObject({ count: 2, min: -2, max: 3, negative: { bucketCounts: [1] } });
    expect(value).not.toHaveProperty("sum");
  });

  test("explicit buckets count all windows", async () => {
    const sink = sinkTo({ explicitBucketBoundaries: [0, 10, 100] });
    await sink.export(windowOf(0, { name: "h", kind: "distribution", values: [-1, 0, 5, 50] }), {
      signal,
    });
    await sink.export(windowOf(1, { name: "h", kind: "distribution", values: [5, 500] }), {
      signal,
    });
    expect(metricsIn(exporter.taken.at(-1))).toMatchObject([
      {
        dataPointType: DataPointType.HISTOGRAM,
        dataPoints: [
          { value: { count: 6, buckets: { boundaries: [0, 10, 100], counts: [2, 2, 1, 1] } } },
        ],
      },
    ]);
  });

  test("a distribution without a histogram has one bucket", async () => {
    const [snapshot] = windowOf(0, { name: "h", kind: "distribution", values: [1, 2] });
    if (snapshot === undefined) throw new Error("no snapshot");
    const { histogram: _, ...bare } = snapshot;
    await sinkTo({ temporality: "delta" }).export([bare], { signal });
    expect(sums("h")).toMatchObject([[{ count: 2, buckets: { boundaries: [], counts: [2] } }]]);
  });

  test("an illegal name is rejected with the rule, and the rest arrives", async () => {
    const snapshots = windowOf(0, { name: "größe" }, { name: "a" });
    const { rejected } = await sinkTo().export(snapshots, { signal });
    expect(rejected).toMatchObject([
      {
        snapshot: { name: "größe" },
        reason: expect.stringContaining("The option nameOf can replace it"),
      },
    ]);
    expect(sums()).toHaveLength(1);
  });

  test.each(["delta", "cumulative"] as const)(
    "names that differ only in case, %s: one metric, under the spelling that came first",
    async (temporality) => {
      const metrics = new MetricsManager({ sink: sinkTo({ temporality }), exportIntervalMs: 0 });
      metrics.count("COUNTER", 1);
      metrics.count("counter", 2);
      expect(await metrics.close()).toMatchObject({ ok: true, rejected: 0 });
      expect(metricsIn(exporter.taken[0]).map(({ descriptor }) => descriptor.name)).toEqual([
        "COUNTER",
      ]);
      expect(sums("COUNTER")).toEqual([[3]]);
      expect(warnings).toEqual([expect.stringContaining("reported as one metric")]);
    },
  );

  test.each(["delta", "cumulative"] as const)(
    "gauges whose names differ only in case, %s: their combined level, each as it was last",
    async (temporality) => {
      const level = (name: string, value: number) => ({
        name,
        kind: "gauge" as const,
        values: [value],
      });
      await sinkTo({ temporality }).export(
        [...windowOf(0, level("LEVEL", 9), level("level", 7)), ...windowOf(1, level("LEVEL", 5))],
        { signal },
      );
      expect(pointsIn(exporter.taken[0]).map(({ value }) => value)).toEqual([12]);
    },
  );

  test("names that differ only in case, and another kind: the later metric is rejected", async () => {
    const { rejected } = await sinkTo().export(
      windowOf(0, { name: "a" }, { name: "A", kind: "gauge" }),
      { signal },
    );
    expect(rejected).toMatchObject([
      {
        snapshot: { name: "A" },
        reason: expect.stringContaining('already belongs to "a", a counter'),
      },
    ]);
  });

  test("a dimension named __proto__ arrives as an attribute", async () => {
    const dimensions = JSON.parse('{ "__proto__": "x", "id": "1" }');
    await sinkTo().export(windowOf(0, { name: "a", dimensions }), { signal });
    const [point] = pointsIn(exporter.taken[0]);
    expect(Object.entries(point?.attributes ?? {})).toEqual([
      ["__proto__", "x"],
      ["id", "1"],
    ]);
  });

  test("an illegal unit is left out", async () => {
    const snapshots = exampleSnapshots({
      series: [
        { name: "a", unit: "x".repeat(64) },
        { name: "b", unit: "µs" },
      ],
    });
    await sinkTo().export(snapshots, { signal });
    expect(metricsIn(exporter.taken[0]).map(({ descriptor }) => descriptor.unit)).toEqual(["", ""]);
  });
});

describe("an exporter that misbehaves", () => {
  test("a callback without a result and an async export() that rejects: the outcome is uncertain", async () => {
    const snapshots = windowOf(0, { name: "a" });
    for (const exporting of [
      (_: unknown, callback: (result: { code: number }) => void) =>
        setImmediate(() => Reflect.apply(callback, undefined, [])),
      () => Promise.reject(new Error("rejected")),
    ]) {
      const odd = Object.assign(new ScriptedExporter(), { export: exporting });
      const sink = sinkTo({ exporter: odd, temporality: "delta" });
      const result = await sink.export(snapshots, { signal });
      expect(result).toMatchObject({ uncertain: snapshots, retry: [], cause: expect.any(Error) });
    }
  });

  test("promises where none belong, which reject: the outcome is uncertain, and nobody else hears of them", async () => {
    const rejected = (): never => Promise.reject(new Error("async")) as never;
    const sink = sinkTo({
      exporter: {
        export: (_, callback) => callback(rejected()),
        selectAggregationTemporality: rejected,
        forceFlush: async () => {},
        shutdown: async () => {},
      },
    });
    const snapshots = windowOf(0, { name: "a" });
    // An unhandled rejection would fail the test run.
    expect(await sink.export(snapshots, { signal })).toMatchObject({ retry: snapshots });
  });

  test("only the first callback counts", async () => {
    exporter.answer = "twice";
    expect(await sinkTo().export(windowOf(0, { name: "a" }), { signal })).toMatchObject({
      retry: [],
      uncertain: [],
    });
  });

  test("an exporter that never answers is called again on the third attempt, and nothing is lost", async () => {
    const sink = sinkTo();
    const snapshots = windowOf(0, { name: "a", values: [1] });
    exporter.answer = "hangs";
    const aborting = async () => {
      const controller = new AbortController();
      const result = sink.export(snapshots, { signal: controller.signal });
      setImmediate(() => controller.abort());
      return result;
    };
    expect(await aborting()).toMatchObject({ retry: snapshots });
    const second = await aborting();
    expect(second.retry).toEqual(snapshots);
    expect(String(second.cause)).toContain("has not answered the previous call");
    expect(exporter.calls).toHaveLength(1);
    exporter.answer = "taken";
    expect(await sink.export(snapshots, { signal })).toMatchObject({ retry: [] });
    expect(sums()).toEqual([[1]]);
  });

  test("an exporter that never answers: an idle window fails too, and does not count as a recovery", async () => {
    const sink = sinkTo();
    exporter.answer = "hangs";
    for (const snapshots of [windowOf(0, { name: "a", values: [1] }), []]) {
      const controller = new AbortController();
      const result = sink.export(snapshots, { signal: controller.signal }).then(
        () => "resolved",
        (error: unknown) => String(error),
      );
      setImmediate(() => controller.abort());
      expect(await result).toMatch(snapshots.length > 0 ? "resolved" : /has not answered/);
    }
  });

  test.each(["delta", "cumulative"] as const)(
    "a success that comes too late, %s: counted once",
    async (temporality) => {
      const sink = sinkTo({ temporality });
      const snapshots = windowOf(0, { name: "a", values: [1] });
      exporter.answer = "late";
      const controller = new AbortController();
      const exported = sink.export(snapshots, { signal: controller.signal });
      await new Promise(setImmediate);
      controller.abort();
      const { retry = [], uncertain = [] } = await exported;
      expect([...retry, ...uncertain]).toEqual(snapshots);
      const again = sink.export([...snapshots, ...windowOf(1, { name: "a", values: [10] })], {
        signal,
      });
      exporter.answer = "taken";
      exporter.settle();
      expect(await again).toMatchObject({ retry: [], uncertain: [] });
      const values = sums().flat().map(Number);
      expect(temporality === "delta" ? values.reduce((a, b) => a + b) : values.at(-1)).toBe(11);
      expect(exporter.mostRunning).toBe(1);
    },
  );
});

describe("behind a manager", () => {
  const managerOf = (options: Partial<OpenTelemetryExporterSinkOptions> = {}) =>
    new MetricsManager({
      sink: sinkTo({ temporality: "delta", ...options }),
      exportIntervalMs: 0,
      onError: () => {},
    });
  const untilCalled = async (): Promise<void> => {
    while (exporter.running === 0) await new Promise(setImmediate);
  };

  test("flushes during an export wait for it, and share one more export", async () => {
    const metrics = managerOf();
    exporter.answer = "late";
    metrics.count("a", 1);
    const first = metrics.flush();
    await untilCalled();
    metrics.count("a", 2);
    const second = metrics.flush();
    metrics.count("a", 4);
    const third = metrics.flush();
    exporter.answer = "taken";
    exporter.settle();
    for (const each of [first, second, third]) expect(await each).toMatchObject({ ok: true });
    expect(sums()).toEqual([[1], [6]]);
    expect(exporter.mostRunning).toBe(1);
    await metrics.close();
  });

  test("close during an export waits for it, exports the last window, flushes and shuts down", async () => {
    const metrics = managerOf({ ownsExporter: true });
    exporter.answer = "late";
    metrics.count("a", 1);
    const flushed = metrics.flush();
    await untilCalled();
    metrics.count("a", 2);
    const closed = metrics.close();
    metrics.count("a", 4);
    exporter.answer = "taken";
    exporter.settle();
    expect(await closed).toMatchObject({ ok: true, pending: 0 });
    expect(await flushed).toMatchObject({ ok: true });
    expect(sums()).toEqual([[1], [2]]);
    expect(exporter.ends).toEqual(["flushed", "shut down"]);
    expect(exporter.mostRunning).toBe(1);
  });
});

describe("lifecycle", () => {
  test.each([
    ["an exporter that was passed in", {}, ["flushed"]],
    ["one that was given to the sink", { ownsExporter: true }, ["flushed", "shut down"]],
    ["one that the option's function made", { exporter: () => exporter }, ["flushed", "shut down"]],
  ])("close: %s", async (_, options, ends) => {
    const sink = sinkTo(options);
    await sink.open();
    await sink.close({ signal });
    expect(exporter.ends).toEqual(ends);
  });

  test("close shuts the exporter down even if it can't flush, and reports that", async () => {
    const sink = sinkTo({ ownsExporter: true });
    exporter.forceFlush = () => Promise.reject(new Error("no flush"));
    await expect(sink.close({ signal })).rejects.toThrow("no flush");
    expect(exporter.ends).toEqual(["shut down"]);
  });

  test("tracing is suppressed around export()", async () => {
    const storage = new AsyncLocalStorage<ReturnType<typeof context.active>>();
    context.setGlobalContextManager({
      active: () => storage.getStore() ?? ROOT,
      with: (active, fn, self, ...args) => storage.run(active, () => fn.call(self, ...args)),
      bind: (_, target) => target,
      enable() {
        return this;
      },
      disable() {
        return this;
      },
    } as Parameters<typeof context.setGlobalContextManager>[0]);
    const key = createContextKey("OpenTelemetry SDK Context Key SUPPRESS_TRACING");
    const seen: unknown[] = [];
    const noting: PushMetricExporter = {
      export(_, callback) {
        seen.push(context.active().getValue(key));
        callback({ code: 0 });
      },
      forceFlush: async () => {},
      shutdown: async () => {},
    };
    try {
      await sinkTo({ exporter: noting }).export(windowOf(0, { name: "a" }), { signal });
    } finally {
      context.disable();
    }
    expect(seen).toEqual([true]);
  });

  test.each([
    [
      { exporter: undefined },
      /exporter is undefined, must be an object with the method export\(\)/,
    ],
    [{ exporter: {} }, /must be an object with the method export\(\)/],
    [{ temporality: "both" }, /temporality is "both", must be one of/],
    [{ ownsExporter: 1 }, /ownsExporter is 1/],
    [{ resource: { a: 1 } }, /resource\["a"\] is 1, must be a string/],
    [{ explicitBucketBoundaries: [2, 1] }, /explicitBucketBoundaries is \[2,1\]/],
    [{ maxSeriesPerMetric: 1 }, /maxSeriesPerMetric is 1, must be a whole number from 2/],
    [{ namespace: "é" }, /namespace is "é", must be "" or the beginning of a legal name/],
    [{ nameOf: "x" }, /nameOf is "x", must be a function/],
    [{ exporters: [] }, /option exporters does not exist/],
  ])("wrong options throw: %o", (options, message) => {
    expect(() => sinkTo(options as object)).toThrow(message);
  });
});

const ROOT = context.active();

describe("mockotlpserver, an independent receiver", () => {
  const requests: WireRequest[] = [];
  let server: MockOtlpServer;
  let port = 0;
  const listen = async (): Promise<void> => {
    // Its channel is the process's, so one that was closed would still hear of requests.
    const own = new MockOtlpServer({
      services: ["http"],
      httpHostname: "127.0.0.1",
      httpPort: port,
      logLevel: "warn",
      onMetrics: (request) => server === own && requests.push(request),
    });
    server = own;
    await server.start();
    port = Number(server.httpUrl.port);
  };
  beforeEach(async () => {
    requests.length = 0;
    port = 0;
    await listen();
  });
  afterEach(() => server.close());

  const pointsNamed = (name: string): readonly WirePoint[] =>
    requests.flatMap((request) =>
      metricsOf(request)
        .filter((each) => each.name === name)
        .flatMap(pointsOf),
    );

  test.each(["delta", "cumulative"] as const)(
    "%s: a level that was moved once is in each window until it is forgotten, and so are a counter's zeros",
    async (temporality) => {
      const clock = new ManualClock(start);
      const otlp = new OTLPMetricExporter({ url: `${server.httpUrl.href}v1/metrics` });
      const metrics = new MetricsManager({
        clock,
        sink: sinkTo({ exporter: otlp, ownsExporter: true, temporality }),
        exportIntervalMs: 0,
        metrics: {
          in_flight: { kind: "gauge" },
          failures: { kind: "counter", quiet: "zero", dimensions: [] },
        },
      });
      metrics.add("in_flight", 7);
      metrics.count("failures", 2);
      // The thirteenth window is the one that close() ends.
      for (let window = 0; window < 12; window++) {
        if (window === 10) metrics.count("failures", 5);
        if (window === 10) expect(metrics.forget("in_flight")).toBe(1);
        await clock.advance(60_000);
        expect(await metrics.flush()).toMatchObject({ ok: true });
      }
      await metrics.close();
      const valuesOf = (name: string) => pointsNamed(name).map(({ asDouble }) => asDouble);
      expect(valuesOf("in_flight")).toEqual(Array(10).fill(7));
      expect(valuesOf("failures")).toEqual(
        temporality === "delta"
          ? [2, ...Array(9).fill(0), 5, 0, 0]
          : [...Array(10).fill(2), ...Array(3).fill(7)],
      );
    },
  );

  test.each(["delta", "cumulative"] as const)(
    "%s: totals are exact although the server is away for several windows",
    { timeout: 30_000 },
    async (temporality) => {
      const clock = new ManualClock(start);
      const otlp = new OTLPMetricExporter({
        url: `${server.httpUrl.href}v1/metrics`,
        timeoutMillis: 500,
      });
      const sink = sinkTo({ exporter: otlp, ownsExporter: true, temporality, namespace: "shop" });
      const metrics = new MetricsManager({ clock, sink, exportIntervalMs: 0, onError: () => {} });
      const values: number[] = [];
      for (let window = 0; window < 8; window++) {
        if (window === 2) await server.close();
        if (window === 5) await listen();
        for (let i = 0; i < 100; i++) {
          const value = Math.exp((i * 37) % 11) + window;
          values.push(value);
          metrics.count("orders", 2, { country: "PT" });
          metrics.distribution("latency", value, { route: "/" });
          metrics.distribution("drift", (i % 3) - 1);
        }
        await clock.advance(60_000);
        await metrics.flush();
      }
      expect(await metrics.close()).toMatchObject({ ok: true, pending: 0, rejected: 0 });

      const orders = pointsNamed("shop.orders");
      const latency = pointsNamed("shop.latency");
      const isDelta = temporality === "delta";
      const last = isDelta ? latency : latency.slice(-1);
      const total = (points: readonly WirePoint[], of: (point: WirePoint) => unknown): number =>
        (isDelta ? points : points.slice(-1)).reduce((all, point) => all + Number(of(point)), 0);
      expect(total(orders, ({ asDouble }) => asDouble)).toBe(1_600);
      expect(total(latency, ({ count }) => count)).toBe(800);
      expect(total(latency, ({ sum }) => sum)).toBeCloseTo(
        values.reduce((a, b) => a + b),
        6,
      );
      expect(Math.min(...last.map(({ min = NaN }) => min))).toBe(Math.min(...values));
      expect(Math.max(...last.map(({ max = NaN }) => max))).toBe(Math.max(...values));
      // 34 of −1, 33 of 0 and 33 of 1 a window; with negative values there is no sum.
      const drift = pointsNamed("shop.drift");
      expect(total(drift, ({ zeroCount }) => zeroCount)).toBe(264);
      for (const { min, max, sum, ...point } of drift) {
        expect([min, max, sum ?? null]).toEqual([-1, 1, null]);
        expect(inBuckets(point)).toBe(Number(point.count));
      }
      for (const point of latency) {
        expect(inBuckets(point)).toBe(Number(point.count));
        expect(attributesOf(point)).toEqual({ route: "/" });
      }
      for (const points of [orders, latency, drift])
        for (const [i, { startTimeUnixNano, timeUnixNano }] of points.entries()) {
          const before = points[i - 1];
          expect(nanos(timeUnixNano)).toBeGreaterThan(nanos(startTimeUnixNano));
          if (before === undefined)
            expect(nanos(startTimeUnixNano)).toBe(BigInt(start) * 1_000_000n);
          else if (isDelta) expect(nanos(startTimeUnixNano)).toBe(nanos(before.timeUnixNano));
          else {
            expect(nanos(startTimeUnixNano)).toBe(nanos(before.startTimeUnixNano));
            expect(point(points, i)).toBeGreaterThanOrEqual(point(points, i - 1));
          }
        }
      const scopes = requests.flatMap(({ resourceMetrics = [] }) =>
        resourceMetrics.flatMap(({ scopeMetrics = [] }) => scopeMetrics.map(({ scope }) => scope)),
      );
      expect(new Set(scopes.map((scope) => JSON.stringify(scope)))).toEqual(
        new Set([JSON.stringify(SCOPE)]),
      );
    },
  );

  function nanos(time: number | string): bigint {
    return BigInt(String(time));
  }

  function point(points: readonly WirePoint[], index: number): number {
    const { asDouble, count } = points[index] ?? {};
    return Number(asDouble ?? count);
  }

  test("the median lies between min and max in the histogram that arrived", async () => {
    const otlp = new OTLPMetricExporter({ url: `${server.httpUrl.href}v1/metrics` });
    const [snapshot] = windowOf(0, {
      name: "h",
      kind: "distribution",
      values: [1, 2, 3, 50, 1_000],
    });
    if (snapshot === undefined) throw new Error("no snapshot");
    await sinkTo({ exporter: otlp }).export([snapshot], { signal });
    await otlp.shutdown();
    const [{ scale = NaN, positive, min = NaN, max = NaN } = {} as WirePoint] = pointsNamed("h");
    let left = 3;
    let index = Number(positive?.offset) - 1;
    for (const each of positive?.bucketCounts ?? []) {
      index++;
      left -= Number(each);
      if (left <= 0) break;
    }
    const upper = 2 ** ((index + 1) * 2 ** -scale);
    expect(min).toBeLessThanOrEqual(upper);
    expect(upper).toBeLessThanOrEqual(max);
    expect(upper / (quantile(snapshot, 0.5) ?? NaN)).toBeCloseTo(1, 1);
  });
});
