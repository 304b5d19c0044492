import { defineMetrics, type MetricSnapshot, MetricsManager } from "@aiokpl/metrics-core";
import { ManualClock } from "@aiokpl/metrics-core/testing";
import { exampleSnapshots } from "@aiokpl/sink-testkit";
import { expect, test } from "vitest";
import { PrometheusSink } from "./prometheus-sink.ts";
import type { PrometheusSinkOptions } from "./prometheus-sink-options.ts";
import { valuesOf } from "./testing/parsed-text.ts";
import { decode, messagesOf, nestedIn, numberOf, signedIn, textOf } from "./testing/protobuf.ts";

const OPEN_METRICS = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8";
const PROTOBUF =
  "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;escaping=allow-utf-8";

function setUp(options: PrometheusSinkOptions = {}) {
  const warnings: string[] = [];
  const errors: string[] = [];
  const sink = new PrometheusSink({ onWarning: (message) => warnings.push(message), ...options });
  const clock = new ManualClock(Date.UTC(2030, 0, 1));
  const metrics = new MetricsManager({
    sink,
    clock,
    exportIntervalMs: 10_000,
    onError: (error) => errors.push(error.message),
  });
  const text = async (accept?: string): Promise<string> =>
    Buffer.from((await sink.render(accept)).body).toString();
  const values = async (): Promise<Record<string, number>> =>
    Object.fromEntries(valuesOf(await text()));
  return { sink, clock, metrics, warnings, errors, text, values };
}

test("a page has the closed windows and the open one, in plain text", async () => {
  const { clock, metrics, text } = setUp({ namespace: "shop" });
  await metrics.start();
  metrics.count("orders", 2, { country: "PT" });
  await clock.advance(10_000);
  metrics.count("orders", 3, { country: "PT" });
  metrics.gauge("queue.depth", 17);
  expect(await text()).toBe(`# HELP shop_orders_total orders
# TYPE shop_orders_total counter
shop_orders_total{country="PT"} 5
# HELP shop_queue_depth queue.depth
# TYPE shop_queue_depth gauge
shop_queue_depth 17
`);
  await metrics.close();
  expect(await text()).toContain('shop_orders_total{country="PT"} 5');
});

test("OpenMetrics has units, created times if they are asked for, and an end", async () => {
  const { metrics, text } = setUp({ created: true, classicBuckets: [1, 2.5] });
  metrics.declare(
    defineMetrics({ sent: { kind: "counter", unit: "By", description: 'Sent "out".\n' } }),
  );
  metrics.count("sent", 4);
  metrics.distribution("size", 2, { route: "/" });
  await metrics.flush();
  const start = 1893456000;
  expect(await text(OPEN_METRICS)).toBe(`# HELP sent_bytes Sent \\"out\\".\\n
# TYPE sent_bytes counter
# UNIT sent_bytes bytes
sent_bytes_total 4
sent_bytes_created ${start}
# HELP size size
# TYPE size histogram
size_bucket{route="/",le="1.0"} 0
size_bucket{route="/",le="2.5"} 1
size_bucket{route="/",le="+Inf"} 1
size_sum{route="/"} 2
size_count{route="/"} 1
size_created{route="/"} ${start}
# EOF
`);
  await metrics.close();
});

test("the classic buckets of a metric with thresholds are these, with exact counts in closed windows and the open one", async () => {
  const { clock, metrics, values } = setUp();
  metrics.declare(
    defineMetrics({ time: { kind: "distribution", unit: "ms", thresholds: [100, 300] } }),
  );
  await metrics.start();
  for (const ms of [99, 100, 100.1, 299.9]) metrics.distribution("time", ms);
  await clock.advance(10_000);
  for (const ms of [300, 300.1, 5_000]) metrics.distribution("time", ms);
  expect(await values()).toMatchObject({
    'time_milliseconds_bucket{le="100"}': 2,
    'time_milliseconds_bucket{le="300"}': 5,
    'time_milliseconds_bucket{le="+Inf"}': 7,
  });
  await metrics.close();
});

test("OpenMetrics has no sum of a histogram with bounds below zero, and plain text has", async () => {
  const { metrics, text } = setUp({ classicBuckets: [-1, 0, 1] });
  await metrics.start();
  metrics.distribution("delta", -2);
  expect(await text(OPEN_METRICS)).not.toContain("_sum");
  expect(await text()).toContain("delta_sum -2\ndelta_count 1\n");
  await metrics.close();
});

test("with UTF-8 names, a scraper that takes them gets names as they are, and others don't", async () => {
  const { metrics, text } = setUp({ utf8Names: true });
  await metrics.start();
  metrics.count("http.requests", 1, { "http.route": "/" });
  metrics.count("plain", 1);
  expect(await text(OPEN_METRICS)).toBe(`# HELP "http.requests" http.requests
# TYPE "http.requests" counter
{"http.requests_total","http.route"="/"} 1
# HELP plain plain
# TYPE plain counter
plain_total 1
# EOF
`);
  expect(await text()).toContain('http_requests_total{http_route="/"} 1');
  const message = messagesOf((await metricsPage(PROTOBUF)).body)[0];
  expect(message && textOf(message, 1)).toBe("http.requests_total");
  await metrics.close();

  async function metricsPage(accept: string) {
    const other = new PrometheusSink({ utf8Names: true });
    other.prepare(exampleSnapshots({ series: [{ name: "http.requests" }] }));
    return other.render(accept);
  }
});

test("protobuf has labels, start times, and histograms both classic and native", async () => {
  const { sink, metrics } = setUp({ classicBuckets: [1, 8] });
  await metrics.start();
  metrics.declare(
    defineMetrics({ size: { kind: "distribution", unit: "By", description: "Größe." } }),
  );
  for (const value of [1, 3, 4, 0, -6, 100]) metrics.distribution("size", value, { route: "ü" });
  const { contentType, body } = await sink.render(PROTOBUF);
  expect(contentType).toContain("encoding=delimited; escaping=allow-utf-8");
  const [family, ...others] = messagesOf(body);
  if (family === undefined) throw new Error("no family");
  expect(others).toEqual([]);
  expect([textOf(family, 1), textOf(family, 2), numberOf(family, 3), textOf(family, 5)]).toEqual([
    "size_bytes",
    "Größe.",
    4,
    "bytes",
  ]);
  const [metric = decode(new Uint8Array())] = nestedIn(family, 4);
  expect(nestedIn(metric, 1).map((label) => [textOf(label, 1), textOf(label, 2)])).toEqual([
    ["route", "ü"],
  ]);
  const [histogram = decode(new Uint8Array())] = nestedIn(metric, 7);
  expect([numberOf(histogram, 1), numberOf(histogram, 2)]).toEqual([6, 102]);
  expect(
    nestedIn(histogram, 3).map((bucket) => [numberOf(bucket, 1), numberOf(bucket, 2)]),
  ).toEqual([
    [3, 1],
    [5, 8],
  ]);
  expect(numberOf(histogram, 7)).toBe(1);
  const inBuckets = (deltas: readonly number[]): number => {
    let count = 0;
    return deltas.reduce((sum, delta) => sum + (count += delta), 0);
  };
  expect(inBuckets(signedIn(histogram, 13))).toBe(4);
  expect(inBuckets(signedIn(histogram, 10))).toBe(1);
  const [start = decode(new Uint8Array())] = nestedIn(histogram, 15);
  expect(numberOf(start, 1)).toBe(1893456000);
  await metrics.close();
});

test("without native histograms protobuf has classic ones alone", async () => {
  const { sink, metrics } = setUp({ nativeHistograms: false });
  await metrics.start();
  metrics.distribution("size", 3);
  const [family] = messagesOf((await sink.render(PROTOBUF)).body);
  const histograms = nestedIn(family ?? decode(new Uint8Array()), 4).flatMap((metric) =>
    nestedIn(metric, 7),
  );
  expect(histograms.map((histogram) => [...histogram.keys()].sort((a, b) => a - b))).toEqual([
    [1, 2, 3, 15],
  ]);
  await metrics.close();
});

test("a distribution of which one window had no histogram has classic buckets alone, so that no page is refused", async () => {
  const { sink } = setUp();
  const [snapshot] = exampleSnapshots({
    series: [{ name: "d", kind: "distribution", values: [1, 2] }],
  });
  if (snapshot === undefined) throw new Error("no snapshot");
  const { histogram: _, ...without } = snapshot;
  sink.prepare([snapshot]);
  sink.prepare([without]);
  const [family] = messagesOf((await sink.render(PROTOBUF)).body);
  const histograms = nestedIn(family ?? decode(new Uint8Array()), 4).flatMap((metric) =>
    nestedIn(metric, 7),
  );
  expect(histograms.map((histogram) => [numberOf(histogram, 1), histogram.has(13)])).toEqual([
    [4, false],
  ]);
});

test("a gauge that is neither in the newest closed window nor in the open one has ended", async () => {
  const { clock, sink, values } = setUp();
  let window = 0;
  const closeWith = (
    ...series: {
      readonly name: string;
      readonly kind: "gauge" | "counter";
      readonly values: readonly number[];
    }[]
  ) => {
    const windowStart = clock.wallTime() + 10_000 * window++;
    sink.prepare(exampleSnapshots({ series, windowStart, windowMs: 10_000 }));
  };
  closeWith(
    { name: "depth", kind: "gauge", values: [5] },
    { name: "jobs", kind: "counter", values: [1] },
  );
  expect(await values()).toEqual({ "depth{}": 5, "jobs_total{}": 1 });
  closeWith({ name: "depth", kind: "gauge", values: [7] });
  expect(await values()).toEqual({ "depth{}": 7, "jobs_total{}": 1 });
  closeWith();
  expect(await values()).toEqual({ "jobs_total{}": 1 });
  closeWith({ name: "depth", kind: "gauge", values: [2] });
  expect(await values()).toEqual({ "depth{}": 2, "jobs_total{}": 1 });
});

test("a level that is held is shown in all windows, until it is forgotten", async () => {
  const { clock, metrics, values } = setUp();
  await metrics.start();
  metrics.gauge("depth", 5);
  await clock.advance(60_000);
  expect(await values()).toEqual({ "depth{}": 5 });
  metrics.forget("depth");
  await clock.advance(20_000);
  expect(await values()).toEqual({});
  await metrics.close();
});

test("an observed gauge is read for the scrape, and a zero counter is there from the start", async () => {
  const { clock, metrics, values } = setUp();
  metrics.declare(defineMetrics({ failures: { kind: "counter", quiet: "zero", dimensions: [] } }));
  let level = 1;
  metrics.observe("level", () => level);
  await metrics.start();
  await clock.advance(10_000);
  expect(await values()).toEqual({ "failures_total{}": 0, "level{}": 1 });
  level = 2;
  await clock.advance(1_000);
  expect(await values()).toEqual({ "failures_total{}": 0, "level{}": 2 });
  await metrics.close();
});

test("gauges whose labels become equal are combined as the metric says", async () => {
  const { sink, values } = setUp();
  const gauges = (name: string, combine?: MetricSnapshot["combine"]): MetricSnapshot[] =>
    exampleSnapshots({
      series: ["x.y", "x_y"].map((dimension, i) => ({
        name,
        kind: "gauge" as const,
        dimensions: { [dimension]: "1" },
        values: [2 + 4 * i],
      })),
    }).map((snapshot) => ({ ...snapshot, ...(combine && { combine }) }));
  sink.prepare([
    ...gauges("in_flight"),
    ...gauges("load", "mean").map((snapshot, i) => ({ ...snapshot, levels: i === 0 ? 3 : 1 })),
    ...gauges("least", "min"),
    ...gauges("most", "max"),
  ]);
  expect(await values()).toEqual({
    'in_flight{x_y="1"}': 8,
    'load{x_y="1"}': 3,
    'least{x_y="1"}': 2,
    'most{x_y="1"}': 6,
  });
});

test("a counter that was forgotten ends, and starts anew if it is observed again", async () => {
  const { clock, metrics, text } = setUp({ created: true });
  await metrics.start();
  metrics.count("jobs", 1, { queue: "a" });
  metrics.count("jobs", 1, { queue: "b" });
  await clock.advance(10_000);
  metrics.count("jobs", 1, { queue: "a" });
  metrics.forget("jobs", { queue: "a" });
  expect(await text()).toContain('jobs_total{queue="a"} 2');
  await clock.advance(10_000);
  expect(await text()).not.toContain('queue="a"');
  expect(await text()).toContain('jobs_total{queue="b"} 1');
  metrics.count("jobs", 3, { queue: "a" });
  const page = await text(OPEN_METRICS);
  expect(page).toContain('jobs_total{queue="a"} 3');
  const created = /jobs_created\{queue="a"\} (\d+(\.\d+)?)/.exec(page)?.[1];
  expect(Number(created) * 1_000).toBeGreaterThan(clock.wallTime());
  await metrics.close();
});

test("a counter shows no fall in its last digit", async () => {
  const { clock, metrics, values } = setUp();
  await metrics.start();
  const shown: number[] = [];
  for (let i = 0; i < 200; i++) {
    metrics.count("c", 0.1 * (i % 7));
    shown.push((await values())["c_total{}"] ?? NaN);
    if (i % 3 === 0) await clock.advance(10_000);
    shown.push((await values())["c_total{}"] ?? NaN);
  }
  expect(shown).toEqual(shown.toSorted((a, b) => a - b));
  await metrics.close();
});

test("past the limit of series, observations are counted in one series of the metric", async () => {
  const { clock, metrics, values, warnings } = setUp({ maxSeries: 3 });
  await metrics.start();
  for (let i = 0; i < 5; i++) metrics.count("c", 1, { id: i });
  await clock.advance(10_000);
  expect(await values()).toEqual({
    'c_total{id="0"}': 1,
    'c_total{id="1"}': 1,
    'c_total{id="2"}': 1,
    'c_total{otel_metric_overflow="true"}': 2,
  });
  expect(warnings).toEqual([expect.stringContaining("option maxSeries")]);
  // An hour later they make room, in the order in which they were idle.
  await clock.advance(3_600_000);
  metrics.count("c", 1, { id: "new" });
  // Not before its window is closed, since an idle one may be observed in it, too.
  expect(Object.keys(await values())).not.toContain('c_total{id="new"}');
  await clock.advance(10_000);
  expect(await values()).toMatchObject({
    'c_total{id="new"}': 1,
    'c_total{otel_metric_overflow="true"}': 2,
  });
  expect(Object.keys(await values())).toHaveLength(4);
  await metrics.close();
});

test.each([
  [[["new"], ["a", "b"]], { a: 2, b: 2, overflow: 1 }],
  [[["b", "new"], [], ["a"], []], { a: 2, b: 2, overflow: 1 }],
  [[["a"], ["new"]], { a: 2, new: 1 }],
])(
  "at the limit a known series keeps its total in any part of a window: %j",
  async (parts, expected) => {
    const { sink, values } = setUp({ maxSeries: 2 });
    const part = (hour: number, ids: readonly string[]): readonly MetricSnapshot[] =>
      exampleSnapshots({
        series: ids.map((id) => ({ name: "c", kind: "counter", values: [1], dimensions: { id } })),
        windowStart: hour * 3_600_000,
        windowMs: 60_000,
      });
    sink.prepare(part(0, ["a", "b"]), { last: true });
    for (const [i, ids] of parts.entries())
      sink.prepare(part(2, ids), { last: i === parts.length - 1 });
    const shown = Object.entries(await values()).map(([name, value]) => [
      /id="(.*)"/.exec(name)?.[1] ?? "overflow",
      value,
    ]);
    expect(Object.fromEntries(shown)).toEqual(expected);
  },
);

test("what Prometheus has no place for is rejected, with the reason", async () => {
  const { metrics, errors } = setUp();
  metrics.gauge("orders_total", 1);
  metrics.count("orders");
  metrics.count("ok", 1, { le: "5" });
  metrics.count("メトリクス");
  expect(await metrics.close()).toMatchObject({ ok: false, rejected: 3 });
  expect(errors.join("\n")).toMatch(/"orders".*"orders_total"/s);
});

test.each([
  [{ port: -1 }, RangeError, "port is -1"],
  [{ port: "80" }, TypeError, "port is"],
  [{ host: "" }, RangeError, "host"],
  [{ path: "metrics" }, RangeError, "path"],
  [{ maxSeries: 0 }, RangeError, "maxSeries"],
  [{ classicBuckets: [2, 1] }, RangeError, "classicBuckets"],
  [{ commonLabels: { job: "a" } }, RangeError, 'commonLabels has "job"'],
  [{ commonLabels: { le: "a" } }, RangeError, 'commonLabels has "le"'],
  [{ commonLabels: { a: 1 } }, TypeError, "commonLabels.a is 1"],
  [{ created: "yes" }, TypeError, "created"],
  [{ lastScrapeMs: 1e9 }, RangeError, "lastScrapeMs"],
  [{ prefix: "a" }, TypeError, "option prefix does not exist"],
])("%j is refused at construction", (options, type, message) => {
  const create = (): unknown => new PrometheusSink(options as PrometheusSinkOptions);
  expect(create).toThrow(type);
  expect(create).toThrow(message);
});
