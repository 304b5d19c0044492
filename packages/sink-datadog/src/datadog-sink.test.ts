import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { inspect, promisify } from "node:util";
import { MetricsManager, type MetricSnapshot } from "@aiokpl/metrics-core";
import { ManualClock } from "@aiokpl/metrics-core/testing";
import {
  exampleSnapshots,
  type IntakeAnswer,
  type IntakeRequest,
  type IntakeScript,
  type IntakeServer,
  refusedUrl,
  startIntakeServer,
} from "@aiokpl/sink-testkit";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { DatadogSinkOptions } from "./datadog-options.ts";
import { DatadogSink } from "./datadog-sink.ts";
import { fakeDatadog, isTo, refusal, seriesOf, storedBy } from "./testing/fake-datadog.ts";

const apiKey = "0123456789abcdef0123456789abcdef";
const { signal } = new AbortController();

let intake: IntakeServer;
let warnings: string[];
beforeEach(async () => {
  intake = await startIntakeServer({ script: fakeDatadog });
  warnings = [];
});
afterEach(() => intake.close());

function sinkTo(options: Partial<DatadogSinkOptions> = {}): DatadogSink {
  return new DatadogSink({
    apiKey,
    baseUrl: intake.url,
    namespace: "",
    host: "h",
    onWarning: (message) => warnings.push(message),
    ...options,
  });
}

function many(count: number, more: object = {}): readonly MetricSnapshot[] {
  const series = Array.from({ length: count }, (_, i) => ({ name: `m${i}`, values: [i], ...more }));
  return exampleSnapshots({ series });
}

/** Returns the values that Datadog has by name, added up over seconds. */
function stored(): Record<string, number> {
  const byName: Record<string, number> = {};
  for (const { name, values } of storedBy(intake.accepted))
    for (const value of values) byName[name] = (byName[name] ?? 0) + value;
  return byName;
}

/** Returns what a sink makes of a window that it is given at once. */
function preparedBy(
  sink: DatadogSink,
  window: readonly MetricSnapshot[],
): readonly MetricSnapshot[] {
  const all: MetricSnapshot[] = [];
  for (let part = window, more = true; more; part = []) {
    const prepared = sink.prepare(part, { last: true });
    all.push(...prepared.snapshots);
    more = prepared.more === true;
  }
  return all;
}

/** Returns the members in which two snapshots of one series may differ. */
function numbersOf(snapshot: MetricSnapshot | undefined): Partial<MetricSnapshot> {
  if (snapshot === undefined) return {};
  const { count, sum, min, max, last, windowStart, windowEnd } = snapshot;
  return { count, sum, min, max, last, windowStart, windowEnd };
}

/** Gives this answer once, and from then on answers as Datadog does. */
function once(answer: IntakeAnswer): IntakeScript {
  return (request, index) =>
    index === 0
      ? answer
      : typeof fakeDatadog === "function"
        ? fakeDatadog(request, index)
        : { status: 500 };
}

describe("the request", () => {
  test.each(["deflate", "gzip"] as const)(
    "is compressed with %s and carries the key",
    async (contentEncoding) => {
      await sinkTo({ contentEncoding }).export(many(200), { signal });
      const [request] = intake.accepted;
      expect(request?.headers).toMatchObject({
        "content-encoding": contentEncoding,
        "content-type": "text/json",
        "dd-api-key": apiKey,
      });
      expect(request?.path).toBe("/api/v1/series");
    },
  );

  test("is not compressed where it is small, unless it would exceed the limit then", async () => {
    await sinkTo().export(many(3), { signal });
    await sinkTo({ maxBatchCompressedBytes: 600 }).export(many(10), { signal });
    const encodings = intake.accepted.map(({ headers }) => headers["content-encoding"]);
    expect(encodings).toEqual([undefined, "deflate"]);
  });

  test("goes to a base URL with a path", async () => {
    await sinkTo({ baseUrl: `${intake.url}/datadog/` }).export(many(1), { signal });
    expect(intake.requests[0]?.path).toBe("/datadog/api/v1/series");
  });

  test("is never empty", async () => {
    expect(await sinkTo().export([], { signal })).toMatchObject({ retry: [], rejected: [] });
    expect(intake.requests).toHaveLength(0);
  });

  test("Batch: a request has at most maxBatchPoints, and a snapshot's points stay together", async () => {
    await sinkTo({ maxBatchPoints: 10 }).export(many(25, { kind: "distribution" }), { signal });
    // Each snapshot has four points, so two fit into a request of ten.
    expect(intake.accepted.map((each) => seriesOf(each).length)).toEqual([
      8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 4,
    ]);
    expect(Object.keys(stored())).toHaveLength(100);
  });

  test.each([
    ["raw", { maxBatchBytes: 2_000 }],
    ["compressed", { maxBatchCompressedBytes: 600 }],
  ] as [string, Partial<DatadogSinkOptions>][])(
    "Batch: %s bytes stay within the limit: a larger request is halved before it is sent",
    async (_, limits) => {
      const { retry, rejected } = await sinkTo(limits).export(many(200), { signal });
      expect([retry, rejected]).toEqual([[], []]);
      for (const { rawBody, body } of intake.requests) {
        expect(body.length).toBeLessThanOrEqual(limits.maxBatchBytes ?? Infinity);
        expect(rawBody.length).toBeLessThanOrEqual(limits.maxBatchCompressedBytes ?? Infinity);
      }
      expect(Object.keys(stored())).toHaveLength(200);
    },
  );

  test("Batch: a single series that is too large is rejected with its size", async () => {
    const dimensions = Object.fromEntries(
      Array.from({ length: 60 }, (_, i) => [`d${i}`, "x".repeat(100)]),
    );
    const snapshots = [
      ...many(3, { values: [1] }),
      ...exampleSnapshots({ series: [{ name: "large", dimensions }] }),
    ];
    const sink = sinkTo({ maxBatchBytes: 5_000 });
    expect(await sink.export(preparedBy(sink, snapshots), { signal })).toMatchObject({
      retry: [],
      rejected: [
        {
          snapshot: { name: "large" },
          reason: expect.stringMatching(/has \d+ bytes, at most 5000/),
        },
      ],
    });
    expect(Object.keys(stored())).toEqual(["m0", "m1", "m2"]);
    // The next requests are as full as before.
    await sink.export(many(40), { signal });
    expect(intake.accepted.slice(-1).flatMap(seriesOf)).toHaveLength(40);
  });
});

describe("names and tags", () => {
  test("Two series equal after normalisation: merged before sending, with one warning", async () => {
    const sink = sinkTo();
    for (let i = 0; i < 2; i++) {
      const window = exampleSnapshots({
        series: [
          { name: "a-b", dimensions: { Route: "X" }, values: [1] },
          { name: "a b", dimensions: { route: "x" }, values: [2] },
        ],
      });
      const prepared = preparedBy(sink, window);
      expect(prepared).toMatchObject([{ name: "a_b", sum: 3, dimensions: [["route", "x"]] }]);
    }
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/several series are merged because they are one at Datadog/);
  });

  test("Two series equal after normalisation: common tags, unit and overflow flag do not keep them apart", () => {
    const sink = sinkTo({ tags: { env: "prod" } });
    const series = [
      { name: "a", dimensions: { env: "Prod" }, unit: "ms" },
      { name: "a", dimensions: { host: "h" } },
      { name: "a" },
    ];
    const window = exampleSnapshots({ series });
    const [alone] = preparedBy(
      sink,
      window.slice(2).map((each) => ({ ...each, overflow: true })),
    );
    const [together, ...more] = preparedBy(sink, window);
    expect(more).toEqual([]);
    // The queue merges only equal series, so those that are one at Datadog must be equal here.
    expect(alone).toEqual({ ...together, ...numbersOf(alone) });
  });

  test("Type conflict: the second kind is rejected, and the first is delivered", async () => {
    const sink = sinkTo();
    const window = exampleSnapshots({
      series: [
        { name: "a-b", values: [1] },
        { name: "a b", kind: "gauge", values: [2] },
      ],
    });
    const { rejected } = await sink.export(preparedBy(sink, window), { signal });
    expect(rejected).toMatchObject([
      {
        snapshot: { kind: "gauge" },
        reason: "the name a_b at Datadog already belongs to the counter a_b",
      },
    ]);
    expect(stored()).toEqual({ a_b: 1 });
  });

  test("common tags and the instance are on every series, and a series' own host wins over the sink's", async () => {
    const sink = sinkTo({ tags: { Env: "Prod", team: "" }, instance: "worker-1" });
    const window = exampleSnapshots({
      series: [
        { name: "a", dimensions: { shard: "1" } },
        { name: "b", dimensions: { host: "other" } },
      ],
    });
    await sink.export(preparedBy(sink, window), { signal });
    expect(storedBy(intake.accepted)).toMatchObject([
      { tags: ["env:prod", "instance:worker-1", "shard:1"], host: "h" },
      { tags: ["env:prod", "instance:worker-1"], host: "other" },
    ]);
  });

  test("zeros of quiet counters are sent with an instance only: without, they would overwrite other processes' counts", async () => {
    for (const [instance, expected] of [
      [undefined, { orders: 2 }],
      ["1", { failures: 0, orders: 2 }],
    ] as const) {
      const fresh = await startIntakeServer({ script: fakeDatadog });
      const clock = new ManualClock(Math.floor(Date.now() / 60_000) * 60_000);
      const metrics = new MetricsManager({
        clock,
        sink: sinkTo({ baseUrl: fresh.url, instance }),
        metrics: { failures: { kind: "counter", quiet: "zero" }, orders: { kind: "counter" } },
      });
      metrics.count("orders", 2);
      expect(await metrics.close()).toMatchObject({ ok: true });
      const values = storedBy(fresh.accepted).map(({ name, values: [value] }) => [name, value]);
      expect(Object.fromEntries(values)).toEqual(expected);
      await fresh.close();
    }
  });

  test("NaN, ±Infinity, non-number, unsafe: the manager refuses it, and the rest arrives", async () => {
    const metrics = new MetricsManager({ sink: sinkTo(), onError: () => {} });
    for (const value of [NaN, Infinity, -Infinity, "5" as unknown as number]) {
      metrics.count("orders", value);
      metrics.gauge("depth", value);
      metrics.distribution("latency", value);
    }
    metrics.gauge("depth", Number.MAX_VALUE);
    expect(await metrics.close()).toMatchObject({ ok: true, delivered: 1 });
    expect(stored()).toEqual({ depth: Number.MAX_VALUE });
  });

  test("Name: empty or too long is rejected, and the rest arrives", async () => {
    const [good, other] = many(2);
    if (good === undefined || other === undefined) throw new Error("no snapshots");
    const bad = [
      { ...other, name: "" },
      { ...other, name: "x".repeat(201) },
    ];
    expect(await sinkTo().export([good, ...bad], { signal })).toMatchObject({
      rejected: bad.map((snapshot) => ({ snapshot })),
    });
    expect(stored()).toEqual({ m0: 0 });
  });
});

describe("Same series and second", () => {
  test("two flushes in one second add up, in counts and in distributions", async () => {
    const clock = new ManualClock(Math.floor(Date.now() / 1_000) * 1_000 - 60_000);
    const metrics = new MetricsManager({ clock, sink: sinkTo(), exportIntervalMs: 0 });
    for (let i = 1; i <= 5; i++) {
      metrics.count("orders", i);
      metrics.gauge("depth", i);
      metrics.distribution("latency", i);
      await clock.advance(300);
      expect(await metrics.flush()).toMatchObject({ ok: true });
    }
    await metrics.close();
    const seconds = new Map<string, number[]>();
    for (const { name, values } of storedBy(intake.accepted))
      seconds.set(name, [...(seconds.get(name) ?? []), ...values]);
    // Four windows begin in the first second and three end in it; a gauge is stamped with its window's end.
    expect(Object.fromEntries(seconds)).toEqual({
      orders: [10, 5],
      depth: [3, 5],
      "latency.count": [4, 1],
      "latency.sum": [10, 5],
      "latency.min": [1, 5],
      "latency.max": [4, 5],
    });
  });

  test("an empty export forgets nothing: a second window of the same second is still added to the first", async () => {
    const windowStart = Math.floor(Date.now() / 1_000) * 1_000 - 60_000;
    const series = [{ name: "a", values: [3] }];
    const [first, second] = exampleSnapshots({ series, windowStart, windowMs: 400, windows: 2 });
    if (first === undefined || second === undefined) throw new Error("no snapshots");
    const sink = sinkTo();
    for (const snapshots of [[first], [], [second]]) await sink.export(snapshots, { signal });
    expect(stored()).toEqual({ a: 6 });
  });

  test("two windows of one second in one export are one point", async () => {
    const windowStart = Math.floor(Date.now() / 1_000) * 1_000 - 60_000;
    const snapshots = exampleSnapshots({
      series: [{ name: "a", values: [3] }],
      windowStart,
      windowMs: 400,
      windows: 2,
    });
    await sinkTo().export(snapshots, { signal });
    expect(intake.accepted.flatMap(seriesOf)).toMatchObject([
      { points: [[windowStart / 1_000, 6]] },
    ]);
  });

  test("a window whose write had no answer is not counted again after it was merged into an earlier one", async () => {
    const clock = new ManualClock(Math.floor(Date.now() / 60_000) * 60_000 - 30 * 60_000);
    const metrics = new MetricsManager({
      clock,
      sink: sinkTo(),
      exportIntervalMs: 60_000,
      coalesceAfterSnapshots: 4,
      onError: () => {},
    });
    // Datadog stores every request but its answers get lost. Meanwhile the queue grows and merges windows.
    intake.respondWith({ reset: "mid-body", status: 202, body: '{"status":"ok"}' });
    for (let i = 0; i < 12; i++) {
      metrics.count("orders", 1);
      await clock.advance(60_000);
      expect(await metrics.flush()).toMatchObject({ ok: false });
    }
    intake.respondWith(fakeDatadog);
    expect(await metrics.close()).toMatchObject({ ok: true });
    const sums = storedBy(intake.requests).map(({ values }) => values[0] ?? NaN);
    expect(sums.reduce((all, each) => all + each, 0)).toBe(12);
  });
});

describe("every fault script", () => {
  const fates = {
    ok: [true, { status: 202, body: '{"status":"ok"}' }],
    throttle: [false, refusal(429, "Later")],
    unavailable: [false, refusal(503, "Later")],
    error: [false, refusal(500, "No")],
    "error after all": [true, refusal(502, "No")],
    "too large": [false, refusal(413, "Payload too big")],
    "lost before": [false, { reset: "before" }],
    "lost after": [true, { status: 202, body: '{"status":"ok"}', reset: "mid-body" }],
    "cut short": [true, { status: 202, body: '{"status":"ok"}', truncate: 5 }],
    stranger: [false, { status: 200, body: "<html>" }],
  } as const satisfies Readonly<Record<string, readonly [isStored: boolean, IntakeAnswer]>>;
  const fate = fc.constantFrom(...(Object.keys(fates) as (keyof typeof fates)[]));
  const window = fc.record({
    ms: fc.integer({ min: 1, max: 1_500 }),
    fates: fc.array(fate, { maxLength: 4 }),
  });

  test(
    "totals at Datadog equal the puts, with many flushes in one second",
    {
      timeout: 60_000,
    },
    async () => {
      const windows = fc.array(window, { minLength: 1, maxLength: 20 });
      const coalesceAfter = fc.integer({ min: 3, max: 12 });
      const maxBatchPoints = fc.integer({ min: 1, max: 50 });
      await fc.assert(
        fc.asyncProperty(
          windows,
          coalesceAfter,
          maxBatchPoints,
          async (steps, coalesce, points) => {
            const stored: IntakeRequest[] = [];
            let left: (keyof typeof fates)[] = [];
            intake.respondWith((request) => {
              const next = left.shift() ?? "ok";
              const names = new Set(seriesOf(request).map(({ metric }) => metric.split(".")[0]));
              // A single series that is too large would be rejected, and the totals would not add up.
              const [isStored, answer] =
                fates[next === "too large" && names.size === 1 ? "ok" : next];
              if (isStored) stored.push(request);
              return answer;
            });
            const clock = new ManualClock(Math.floor(Date.now() / 60_000) * 60_000 - 1_800_000);
            // Each run has an account of its own, because sinks of one account add up.
            const own = randomUUID().replaceAll("-", "");
            const sink = sinkTo({ maxBatchPoints: points, apiKey: own });
            const metrics = new MetricsManager({
              clock,
              sink,
              exportIntervalMs: 0,
              coalesceAfterSnapshots: coalesce,
              onError: () => {},
            });
            for (const [i, { ms, fates: next }] of steps.entries()) {
              metrics.count("orders", 1);
              metrics.distribution("latency", i);
              metrics.gauge("depth", i);
              left = [...next];
              await clock.advance(ms);
              await metrics.flush();
            }
            left = [];
            expect(await metrics.close()).toMatchObject({ ok: true });
            const all = storedBy(stored);
            const sum = (name: string): number =>
              all
                .filter((each) => each.name === name)
                .reduce((total, { values: [value = NaN] }) => total + value, 0);
            const puts = steps.length;
            expect({
              orders: sum("orders"),
              count: sum("latency.count"),
              sum: sum("latency.sum"),
              depth: all.filter(({ name }) => name === "depth").at(-1)?.values,
            }).toEqual({
              orders: puts,
              count: puts,
              sum: (puts * (puts - 1)) / 2,
              depth: [puts - 1],
            });
          },
        ),
        { numRuns: 40 },
      );
    },
  );
});

describe("what Datadog refuses", () => {
  const refuseSome =
    (bad: (name: string) => boolean): IntakeScript =>
    (request) =>
      seriesOf(request).some(({ metric }) => bad(metric))
        ? refusal(400, "Payload is not in the expected format")
        : { status: 202, body: '{"status":"ok"}' };

  test("400: the bad series is found by halving and rejected with Datadog's words, and the rest arrives", async () => {
    intake.respondWith(refuseSome((name) => name === "m77"));
    const { rejected, retry } = await sinkTo().export(many(300), { signal });
    expect(rejected).toMatchObject([
      {
        snapshot: { name: "m77" },
        reason: expect.stringContaining("Payload is not in the expected format"),
      },
    ]);
    expect(retry).toEqual([]);
    expect(Object.keys(stored())).toHaveLength(299);
    expect(intake.requests.length).toBeLessThan(25);
  });

  test("400 to every request: the search is bounded and nothing is lost", async () => {
    intake.respondWith(refuseSome(() => true));
    const { rejected = [], retry = [], cause } = await sinkTo().export(many(300), { signal });
    expect(intake.requests.length).toBeLessThan(40);
    expect(rejected.length + retry.length).toBe(300);
    expect(String(cause)).toContain("Payload is not in the expected format");
  });

  test("413: the request is halved down to one series, which is rejected", async () => {
    intake.respondWith((request) =>
      seriesOf(request).length > 2 || seriesOf(request).some(({ metric }) => metric === "m3")
        ? refusal(413, "Payload too big")
        : { status: 202, body: '{"status":"ok"}' },
    );
    const { rejected, retry } = await sinkTo().export(many(8), { signal });
    expect([rejected, retry]).toMatchObject([[{ snapshot: { name: "m3" } }], []]);
    expect(Object.keys(stored())).toHaveLength(7);
  });

  test("413 from a proxy with a smaller limit: later exports keep to that limit", async () => {
    intake.respondWith((request) =>
      seriesOf(request).length > 300
        ? refusal(413, "Request Entity Too Large")
        : { status: 202, body: '{"status":"ok"}' },
    );
    const sink = sinkTo();
    const snapshots = many(1_200);
    await sink.export(snapshots, { signal });
    const before = intake.requests.length;
    expect(await sink.export(snapshots, { signal })).toMatchObject({ retry: [], rejected: [] });
    expect(intake.requests.length - before).toBe(4);
  });

  test("413 from a proxy that is gone: after a while requests are as large as before", async () => {
    const clock = new ManualClock(Date.now());
    const sink = sinkTo();
    await sink.open({
      now: () => clock.wallTime(),
      snapshots: () => [],
      series: () => [],
      exportIntervalMs: 0,
    });
    intake.respondWith((request) =>
      seriesOf(request).length > 300
        ? refusal(413, "Request Entity Too Large")
        : { status: 202, body: '{"status":"ok"}' },
    );
    await sink.export(many(1_200), { signal });
    intake.respondWith({ status: 202, body: '{"status":"ok"}' });
    const requestsOf = async (): Promise<number> => {
      const before = intake.requests.length;
      await sink.export(many(1_200), { signal });
      return intake.requests.length - before;
    };
    const requests = [await requestsOf()];
    for (let i = 0; i < 3; i++) {
      await clock.advance(600_000);
      requests.push(await requestsOf());
    }
    expect(requests).toEqual([4, 2, 1, 1]);
  });

  test("413 for one series that is too large: later requests stay nearly as full", async () => {
    intake.respondWith((request) =>
      seriesOf(request).some(({ metric }) => metric === "m3")
        ? refusal(413, "Payload too big")
        : { status: 202, body: '{"status":"ok"}' },
    );
    const sink = sinkTo();
    await sink.export(many(300), { signal });
    const before = intake.requests.length;
    await sink.export(many(303).slice(4), { signal });
    expect(intake.requests.length - before).toBe(3);
  });

  test("413 to every request: the search is bounded and nothing is lost", async () => {
    intake.respondWith(refusal(413, "Payload too big"));
    const { rejected = [], retry = [], cause } = await sinkTo().export(many(300), { signal });
    expect(intake.requests.length).toBeLessThan(40);
    expect(rejected.length + retry.length).toBe(300);
    expect(String(cause)).toContain("Payload too big");
  });

  test("no error contains the key, even where the answer repeats it", async () => {
    for (const status of [400, 403, 413, 200, 202]) {
      const body = status === 202 ? JSON.stringify({ errors: [apiKey] }) : `no: ${apiKey}`;
      intake.respondWith({ status, body });
      const { cause, rejected } = await sinkTo().export(many(1), { signal });
      expect(inspect([cause, rejected, warnings], { depth: 9 })).not.toContain(apiKey);
    }
    expect(warnings).toEqual([expect.stringContaining("***")]);
  });

  test.each([
    [401, "API key"],
    [403, "API key"],
    [404, "site"],
    [301, "baseUrl"],
    [402, "answered 402"],
  ])("%i: kept, reported with a hint, and retried after a minute", async (status, hint) => {
    intake.respondWith(refusal(status, "No"));
    const snapshots = many(3);
    const { retry, rejected, retryAfterMs, cause } = await sinkTo().export(snapshots, { signal });
    expect([retry, rejected]).toEqual([snapshots, []]);
    expect(retryAfterMs).toBeGreaterThanOrEqual(60_000);
    expect(String(cause)).toContain(hint);
    expect(String(cause)).not.toContain(apiKey);
    expect(intake.requests).toHaveLength(1);
  });

  test.each([
    [429, { "x-ratelimit-reset": "7", "retry-after": "3" }, 7_000],
    [429, { "x-ratelimit-reset": "1", "retry-after": "5" }, 5_000],
    [429, { "x-ratelimit-reset": "soon" }, undefined],
    [408, {}, undefined],
    [503, { "retry-after": "4" }, 4_000],
    [500, {}, undefined],
    [502, {}, undefined],
  ])("%i with %o: retried after %s ms", async (status, headers, retryAfterMs) => {
    intake.respondWith(refusal(status, "Later", headers));
    const snapshots = many(3);
    const result = await sinkTo().export(snapshots, { signal });
    expect(result).toMatchObject({ retry: snapshots, uncertain: [], rejected: [] });
    expect(result.retryAfterMs).toBe(retryAfterMs);
  });

  test("202 with errors[]: delivered, with one warning", async () => {
    intake.respondWith({ status: 202, body: '{"errors":["a tag was odd"]}' });
    const sink = sinkTo();
    for (let i = 0; i < 2; i++)
      expect(await sink.export(many(1), { signal })).toMatchObject({ retry: [], rejected: [] });
    expect(warnings).toEqual(['sink "datadog": Datadog took a request and said: a tag was odd']);
  });

  test("on close each warning that was repeated is told with its count", async () => {
    const sink = sinkTo();
    for (let i = 0; i < 3; i++)
      preparedBy(sink, exampleSnapshots({ series: [{ name: "a-b" }, { name: "a b" }] }));
    expect(warnings).toHaveLength(1);
    await sink.close();
    expect(warnings).toEqual([warnings[0], `${warnings[0]} (2 times more)`]);
  });

  test("an onWarning that throws does not disturb delivery", async () => {
    intake.respondWith({ status: 202, body: '{"errors":["a tag was odd"]}' });
    const sink = sinkTo({
      tags: { env: "::" },
      onWarning: () => {
        throw new Error("from the program");
      },
    });
    const series = [{ name: "a-b" }, { name: "a b" }];
    const prepared = preparedBy(sink, exampleSnapshots({ series }));
    expect(prepared).toHaveLength(1);
    expect(await sink.export(prepared, { signal })).toMatchObject({ retry: [], rejected: [] });
    expect(intake.requests).toHaveLength(1);
  });

  test("a 200 that is not Datadog's is no delivery", async () => {
    intake.respondWith({ status: 200, body: "<html>Log in to the Wi-Fi</html>" });
    const snapshots = many(1);
    expect(await sinkTo().export(snapshots, { signal })).toMatchObject({ retry: snapshots });
  });
});

describe("Unknown outcome", () => {
  test("counts are sent again and count once", async () => {
    intake.respondWith(once({ status: 202, body: '{"status":"ok"}', reset: "before" }));
    const sink = sinkTo();
    const snapshots = many(2);
    const first = await sink.export(snapshots, { signal });
    expect(first).toMatchObject({ retry: snapshots, uncertain: [] });
    await sink.export(snapshots, { signal });
    expect(storedBy(intake.requests).map(({ values }) => values)).toEqual([[0], [1]]);
  });

  test.each([
    ["at-least-once", "uncertain"],
    ["at-most-once", "rejected"],
  ] as const)("distributions, %s: they are %s", async (distributionDelivery, list) => {
    intake.respondWith(once({ status: 202, body: '{"status":"ok"}', reset: "before" }));
    const sink = sinkTo({ distributions: "distribution", distributionDelivery });
    const result = await sink.export(many(2, { kind: "distribution" }), { signal });
    expect(result[list]).toHaveLength(2);
    if (list === "rejected")
      expect(result.rejected?.[0]?.reason).toContain("forbids sending it again");
    expect([
      ...(result.retry ?? []),
      ...(result.uncertain ?? []),
      ...(result.rejected ?? []),
    ]).toHaveLength(2);
  });

  test("Request timeout: ends at requestTimeoutMs with an error that says so", async () => {
    intake.respondWith({ hang: true });
    const { retry, cause } = await sinkTo({ requestTimeoutMs: 100 }).export(many(2), { signal });
    expect(retry).toHaveLength(2);
    expect(String(cause)).toContain("did not answer within 100 ms");
  });

  test("a refused connection: everything is retried and nothing is uncertain, distributions included", async () => {
    const sink = sinkTo({ baseUrl: await refusedUrl(), distributions: "distribution" });
    const snapshots = many(2, { kind: "distribution" });
    const { retry, uncertain, cause } = await sink.export(snapshots, { signal });
    expect([retry, uncertain]).toEqual([snapshots, []]);
    expect(String(cause)).toContain("ECONNREFUSED");
  });

  test("Shutdown: on abort the export resolves with what was not taken", async () => {
    intake.respondWith({ hang: true });
    const controller = new AbortController();
    const distributions = exampleSnapshots({ series: [{ name: "d", kind: "distribution" }] });
    const snapshots = [...many(1), ...distributions];
    const sink = sinkTo({ distributions: "distribution" });
    const exported = sink.export(snapshots, { signal: controller.signal });
    await intake.request(1);
    controller.abort();
    expect((await exported).retry).toHaveLength(2);
  });

  test("Shutdown: distributions are not uncertain where the abort came before the request", async () => {
    const controller = new AbortController();
    const sink = sinkTo({ distributions: "distribution", distributionDelivery: "at-most-once" });
    const snapshots = many(2, { kind: "distribution" });
    const exported = sink.export(snapshots, { signal: controller.signal });
    controller.abort();
    expect(await exported).toMatchObject({ retry: snapshots, uncertain: [], rejected: [] });
    expect(intake.requests).toHaveLength(0);
  });
});

describe("First use", () => {
  test.each([
    ["a wrong key", { status: 403, body: '{"errors":["Forbidden"]}' }, /apiKey \(DD_API_KEY\)/],
    ["a wrong path", { status: 404 }, /check site and baseUrl \(DD_SITE, DD_URL\)/],
    ["nobody there", undefined, /ECONNREFUSED.*check site and baseUrl \(DD_SITE, DD_URL\)/],
  ] as const)("%s: the error says within two seconds what to check", async (_, answer, hint) => {
    if (answer !== undefined) intake.respondWith(answer);
    const baseUrl = answer === undefined ? await refusedUrl() : intake.url;
    const errors: string[] = [];
    const onError = ({ message, cause }: Error): void =>
      void errors.push(`${message} ${String(cause)}`);
    const metrics = new MetricsManager({ sink: sinkTo({ baseUrl }), onError });
    metrics.count("orders");
    await metrics.start();
    const start = performance.now();
    const { ok } = await metrics.flush({ timeoutMs: 2_000 });
    expect([ok, performance.now() - start < 2_000]).toEqual([false, true]);
    expect(errors.join()).toMatch(hint);
    await metrics.close({ timeoutMs: 0 });
  });

  test("without a namespace, names arrive as they are", async () => {
    const metrics = new MetricsManager({ sink: sinkTo({ namespace: undefined }) });
    metrics.count("orders");
    await metrics.close();
    expect(stored()).toEqual({ orders: 1 });
  });
});

describe("Age", () => {
  const hours = 3_600_000;
  const at = (windowStart: number, kind: "counter" | "distribution" = "counter") =>
    exampleSnapshots({ series: [{ name: "a", kind }], windowStart });

  test("older than an hour, or more than ten minutes ahead: rejected before sending", async () => {
    const now = Date.now();
    const snapshots = [...at(now - hours), ...at(now + hours / 6), ...at(now - hours / 2)];
    const { rejected } = await sinkTo().export(snapshots, { signal });
    expect(rejected).toMatchObject([
      { snapshot: snapshots[0], reason: expect.stringContaining("the last hour only") },
      { snapshot: snapshots[1], reason: expect.stringContaining("is the clock right?") },
    ]);
    expect(intake.accepted.flatMap(seriesOf)).toHaveLength(1);
  });

  test("is judged by the clock of the manager", async () => {
    const clock = new ManualClock(Date.now() - 20 * hours);
    intake.respondWith({ status: 202, body: '{"status":"ok"}' });
    const metrics = new MetricsManager({ clock, sink: sinkTo(), onError: () => {} });
    metrics.count("orders");
    await clock.advance(1_000);
    expect(await metrics.close()).toMatchObject({ ok: true, delivered: 1 });
  });

  test("a gauge is as old as the end of its window", async () => {
    const windowStart = Date.now() - hours;
    const series = [{ name: "a", kind: "gauge" as const }, { name: "b" }];
    const snapshots = exampleSnapshots({ series, windowStart, windowMs: hours / 6 });
    const { rejected } = await sinkTo().export(snapshots, { signal });
    expect(rejected).toMatchObject([{ snapshot: { name: "b" } }]);
    expect(stored()).toEqual({ a: expect.any(Number) });
  });

  test("historical: counts and gauges of any age are sent, true distributions never", async () => {
    intake.respondWith({ status: 202, body: '{"status":"ok"}' });
    const sink = sinkTo({ historical: true, distributions: "distribution" });
    expect(sink.maxAgeMs).toBeUndefined();
    const snapshots = [
      ...at(Date.now() - 48 * hours),
      ...at(Date.now() - 48 * hours, "distribution"),
    ];
    const { rejected } = await sink.export(snapshots, { signal });
    expect(rejected).toMatchObject([{ snapshot: { kind: "distribution" } }]);
    expect(intake.accepted.flatMap(seriesOf)).toHaveLength(1);
  });

  test("a clock that is off by more than a minute causes a warning", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 120_000 });
    try {
      await sinkTo().export(many(1), { signal });
    } finally {
      vi.useRealTimers();
    }
    expect(warnings).toEqual([
      expect.stringContaining("clock differs from Datadog's by more than a minute"),
    ]);
  });
});

describe("true distributions", () => {
  test("are chosen by the name that the program uses", async () => {
    const sink = sinkTo({ namespace: "shop", distributions: { "size.b": "distribution" } });
    const window = exampleSnapshots({
      series: [
        { name: "size.b", kind: "distribution", values: [1, 2, 2] },
        { name: "latency", kind: "distribution", values: [3] },
      ],
    });
    await sink.export(preparedBy(sink, window), { signal });
    expect(intake.accepted.filter(isTo("distribution_points")).flatMap(seriesOf)).toMatchObject([
      {
        metric: "shop.size.b",
        type: "distribution",
        points: [[expect.any(Number), [1, expect.any(Number), 2]]],
      },
    ]);
    expect(intake.accepted.filter(isTo("series")).flatMap(seriesOf)[0]?.metric).toBe(
      "shop.latency.count",
    );
  });

  test("with more values than maxDistributionValues aggregates are sent, with a warning", async () => {
    const sink = sinkTo({ distributions: "distribution", maxDistributionValues: 2 });
    const window = exampleSnapshots({
      series: [{ name: "a", kind: "distribution", values: [1, 2, 3] }],
    });
    await sink.export(window, { signal });
    expect(stored()).toEqual({ "a.count": 3, "a.sum": 6, "a.min": 1, "a.max": 3 });
    expect(warnings).toHaveLength(1);
  });

  test("many values go in few requests", async () => {
    const values = Array.from({ length: 40_000 }, (_, i) => i % 100);
    const series = ["a", "b", "c"].map((name) => ({ name, kind: "distribution" as const, values }));
    await sinkTo({ distributions: "distribution" }).export(exampleSnapshots({ series }), {
      signal,
    });
    expect(intake.accepted.map((each) => seriesOf(each).length)).toEqual([2, 1]);
    expect(storedBy(intake.accepted).map(({ values: { length } }) => length)).toEqual([
      40_000, 40_000, 40_000,
    ]);
  });
});

describe("DEBUG env, console noise, global state", () => {
  test("nothing is printed with DEBUG set, and DatadogSink ignores DD_SITE", async () => {
    const source = `
      import logger from "loglevel";
      import { exampleSnapshots } from "@aiokpl/sink-testkit";
      import { DatadogSink } from ${JSON.stringify(new URL("datadog-sink.ts", import.meta.url).href)};
      const sink = new DatadogSink({ apiKey: "${apiKey}", baseUrl: "${intake.url}", distributions: "distribution" });
      const { signal } = new AbortController();
      logger.setLevel("error");
      const series = [{ name: "a" }, { name: "b", kind: "distribution" }];
      for (let i = 0; i < 3; i++) await sink.export(exampleSnapshots({ series }), { signal });
      if (logger.getLevel() !== logger.levels.ERROR) console.log("the level of the logger has changed");`;
    intake.respondWith(once(refusal(400, "No")));
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      ["--disable-warning=ExperimentalWarning", "--input-type=module", "--eval", source],
      {
        cwd: fileURLToPath(new URL("..", import.meta.url)),
        env: { ...process.env, DEBUG: "*", DD_SITE: "nowhere.invalid" },
      },
    );
    expect([stdout, stderr]).toEqual(["", ""]);
    expect(intake.accepted.length).toBeGreaterThan(3);
  });

  test("Two processes, one host: a process that is one of several and has no instance causes a warning", async () => {
    vi.stubEnv("NODE_APP_INSTANCE", "0");
    try {
      await sinkTo({ instance: "0" }).open();
      await sinkTo({ tags: { instance: "0" } }).open();
      expect(warnings).toEqual([]);
      await sinkTo().open();
    } finally {
      vi.unstubAllEnvs();
    }
    expect(warnings).toEqual([expect.stringContaining("set the option instance")]);
  });
});

describe("options", () => {
  test.each([
    ["No API key", { apiKey: undefined }, /apiKey is undefined, must be a string/],
    ["empty", { apiKey: " " }, /apiKey is empty/],
    [
      "an application key",
      { apiKey: "0123456789abcdef".repeat(2) + "01234567" },
      /looks like an application key/,
    ],
    ["a client token", { apiKey: `pub${apiKey}` }, /looks like a client token/],
    ["a short key", { apiKey: "abc" }, /has only 3 characters/],
    [
      "a key with a space in it",
      { apiKey: `${apiKey} ${apiKey}` },
      /has characters that an API key can't have/,
    ],
    ["Bad site", { site: "us5", baseUrl: undefined }, /^site must be a Datadog site such as/],
    ["Bad URL", { baseUrl: "ftp://x" }, /baseUrl is "ftp:\/\/x", must be an http or https URL/],
    ["URL with a query", { baseUrl: "https://h/?a=b" }, /^baseUrl must have no query/],
    ["long URL", { baseUrl: `https://h/${"/".repeat(5_000)}x` }, /baseUrl has 5011 characters/],
    ["plain http", { baseUrl: "http://intake.example" }, /must begin with https:.*allowPlainHttp/],
    ["plain http", { baseUrl: "http://127.0.0.1.example" }, /must begin with https:/],
    ["allowPlainHttp", { allowPlainHttp: 1 }, /allowPlainHttp is 1, must be true or false/],
    ["both", { site: "datadoghq.eu" }, /site can't be combined with baseUrl/],
    ["namespace", { namespace: "1st" }, /namespace is "1st", must begin with a letter/],
    ["unknown", { hots: "h" }, /option hots does not exist/],
    [
      "percentiles",
      { percentiles: [95] },
      /percentiles is \[95\], must be a list of numbers from 0 to 1/,
    ],
    ["tags", { tags: { a: 1 } }, /tags.a is 1, must be a string/],
    ["tags.host", { tags: { host: "h" } }, /tags.host is an option of its own/],
    ["tags.Host", { tags: { Host: "h" } }, /tags.Host is an option of its own/],
    ["distributions", { distributions: "sketch" }, /distributions is "sketch", must be one of/],
    ["distributions by name", { distributions: { a: "x" } }, /distributions.a is "x"/],
    [
      "batch",
      { maxBatchPoints: 10_001 },
      /maxBatchPoints is 10001, must be a whole number from 1 to 10000/,
    ],
    ["historical", { historical: 1 }, /historical is 1, must be true or false/],
  ])("%s: throws, naming the option, its value and the rule", (_, options, message) => {
    expect(() => sinkTo(options as Partial<DatadogSinkOptions>)).toThrow(message);
  });

  test("no error contains what may be a credential", () => {
    for (const options of [
      { apiKey: [apiKey] as unknown as string },
      { baseUrl: "https://me:hunter2@proxy.example" },
      { baseUrl: "me:hunter2@proxy.example:8126" },
      { baseUrl: "https://proxy.example/?key=hunter2" },
      { baseUrl: undefined, site: apiKey },
      { baseUrl: undefined, site: "hunter2 hunter2" },
    ])
      expect(() => sinkTo(options)).toThrow(
        expect.objectContaining({ message: expect.not.stringMatching(/0123456789|hunter2/) }),
      );
  });

  test("two tags that become one cause a warning, and the option instance wins over a tag", async () => {
    const sink = sinkTo({ tags: { Env: "a", env: "b", Instance: "z" }, instance: "1" });
    expect(warnings).toEqual([
      'sink "datadog": the option tags has several values for the tag env: only b is sent',
    ]);
    await sink.export(many(1), { signal });
    expect(storedBy(intake.accepted)).toMatchObject([{ tags: ["env:b", "instance:1"] }]);
  });

  test("a tag of which nothing can be sent causes a warning", () => {
    sinkTo({ tags: { env: "::" } });
    expect(warnings).toEqual([
      'sink "datadog": the dimension env is left out: no character of its value is allowed in a tag',
    ]);
  });

  test.each([
    "http://localhost:8126",
    "http://127.9.9.9",
    "http://[::1]:80",
    "http://dd.localhost",
    "https://intake.example",
  ])("the key may go to %s", (baseUrl) => {
    expect(() => sinkTo({ baseUrl })).not.toThrow();
  });

  test("allowPlainHttp lets the key go to any host unencrypted", () => {
    const baseUrl = "http://intake.example";
    expect(() => sinkTo({ baseUrl, allowPlainHttp: true })).not.toThrow();
  });

  test("a site that is none of Datadog's causes a warning, and a known one does not", () => {
    sinkTo({ site: "datadoghq.eu", baseUrl: undefined });
    expect(warnings).toEqual([]);
    sinkTo({ site: "datadoghq.example", baseUrl: undefined });
    expect(warnings).toEqual([
      expect.stringContaining('the site "datadoghq.example" is none of Datadog\'s that are known'),
    ]);
  });

  test.each([
    { site: "a-".repeat(50_000), baseUrl: undefined },
    { site: `${"a.".repeat(50_000)}!`, baseUrl: undefined },
    { site: `https://${"/".repeat(80_000)}x`, baseUrl: undefined },
    { baseUrl: `https://h${"/".repeat(80_000)}x` },
    { baseUrl: `https://h/${"#".repeat(80_000)}x` },
    { apiKey: `${" ".repeat(80_000)}x${" ".repeat(80_000)}` },
    { namespace: "a".repeat(80_000) },
    { tags: { [":".repeat(80_000)]: `${":".repeat(80_000)}x` } },
    { host: "_".repeat(80_000) },
    { instance: ":".repeat(80_000) },
  ] as Partial<DatadogSinkOptions>[])("long text as an option takes a moment (%#)", (options) => {
    const start = performance.now();
    try {
      sinkTo(options);
    } catch (error) {
      expect(error).toBeInstanceOf(RangeError);
    }
    expect(performance.now() - start).toBeLessThan(500);
  });

  test.each(["datadoghq.eu", "https://app.datadoghq.eu/", "US5.datadoghq.com", "api.ddog-gov.com"])(
    "the site %s is accepted",
    (site) => {
      expect(() => sinkTo({ site, baseUrl: undefined })).not.toThrow();
    },
  );
});
