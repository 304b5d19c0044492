import { describe, expect, test, vi } from "vitest";
import type { MetricSnapshot } from "../contract/metric-snapshot.ts";
import type { MetricEvent } from "../contract/metric-event.ts";
import type { ExportResult, MetricsSink, SinkHost } from "../contract/metrics-sink.ts";
import { MetricsManager } from "../metrics-manager.ts";
import type { MetricsManagerOptions } from "../metrics-manager-options.ts";
import type { MetricsError } from "../problems/metrics-error.ts";
import { ManualClock } from "../windows/manual-clock.ts";

const MINUTE_MS = 60_000;

function setUp(sink: Partial<MetricsSink> & object, options: MetricsManagerOptions = {}) {
  const clock = new ManualClock();
  const errors: MetricsError[] = [];
  const metrics: MetricsManager = new MetricsManager({
    clock,
    sink: { name: "odd", export: async () => {}, ...sink },
    exportIntervalMs: 0,
    onError: (error) => errors.push(error),
    ...options,
  });
  return { clock, metrics, errors, codes: () => errors.map(({ code }) => code) };
}

const withMessage = (message: unknown): Error =>
  Object.defineProperty(new Error(), "message", { value: message });

function oddThings(): readonly unknown[] {
  const { proxy, revoke } = Proxy.revocable(new Error("gone"), {});
  revoke();
  const cyclic = new Error("cyclic");
  cyclic.cause = cyclic;
  return [
    withMessage(Symbol("s")),
    withMessage(Object.create(null)),
    proxy,
    cyclic,
    null,
    undefined,
  ];
}

describe("whatever is thrown, the program goes on and learns of it", () => {
  const places = ["export", "cause", "open", "close", "prepare", "record", "observe"] as const;
  test.each(places)("from %s", async (place) => {
    for (const thrown of oddThings()) {
      const raise = (): never => {
        // oxlint-disable-next-line no-throw-literal -- it is what is tested
        throw thrown;
      };
      const cause: MetricsSink["export"] = async (snapshots) => ({
        retry: snapshots,
        cause: thrown,
      });
      const own =
        place === "cause" ? { export: cause } : place === "observe" ? {} : { [place]: raise };
      const { clock, metrics, errors } = setUp(own);
      if (place === "observe") metrics.observe("o", raise);
      metrics.count("a");
      const flushed = metrics.flush();
      await clock.advance(MINUTE_MS);
      await flushed;
      const closed = metrics.close();
      await clock.advance(10_000);
      expect(await closed).toBeDefined();
      expect(clock.pendingTimers()).toBe(0);
      expect(errors.length).toBeGreaterThan(0);
      expect(errors.every(({ message }) => message.length > 10)).toBe(true);
    }
  });
});

describe("an export whose result is none", () => {
  test.each([[[]], [5], ["ok"], [false], [new Set()], [{ failed: [] }]])(
    "%j is a fault of the sink, and its snapshots are retried as possibly duplicated",
    async (result) => {
      let isFaulty = true;
      const { metrics, errors } = setUp({
        export: async () => (isFaulty ? (result as ExportResult) : undefined),
      });
      metrics.count("a", 3);
      expect(await metrics.flush()).toMatchObject({ delivered: 0, pending: 1 });
      expect(errors[0]).toMatchObject({ code: "invalid_result", sink: "odd" });
      isFaulty = false;
      expect(await metrics.flush()).toMatchObject({ delivered: 1 });
      expect(metrics.stats().sinks[0]).toMatchObject({
        possiblyDuplicated: { snapshots: 1 },
        delivered: { snapshots: 1 },
      });
    },
  );
});

test("what prepare() returned is not booked if its count is negative", async () => {
  const { metrics, codes } = setUp({
    prepare: (window) => window.map((snapshot) => ({ ...snapshot, count: -5 })),
  });
  metrics.count("a");
  expect(await metrics.flush()).toMatchObject({ delivered: 0, rejected: 1, pending: 0 });
  expect(metrics.stats().sinks[0]).toMatchObject({
    prepared: { snapshots: 1, observations: 1 },
    rejected: { snapshots: 1, observations: 1 },
    delivered: { observations: 0 },
  });
  expect(codes()).toEqual(["prepare_failed"]);
});

describe("what an export left uncertain", () => {
  test("is retried as it was, alone and first, until its outcome is known", async () => {
    const offered: (readonly MetricSnapshot[])[] = [];
    const answers: ((snapshots: readonly MetricSnapshot[]) => ExportResult | void)[] = [
      (snapshots) => ({ uncertain: snapshots.slice(1, 3), retry: snapshots.slice(0, 1) }),
      (snapshots) => ({ retry: snapshots }),
    ];
    const { clock, metrics } = setUp(
      {
        export: async (snapshots) => {
          offered.push(snapshots);
          return answers[offered.length - 1]?.(snapshots);
        },
      },
      { coalesceAfterSnapshots: 1 },
    );
    for (const i of [1, 2, 3, 4]) metrics.count("a", i, { i });
    await metrics.flush();
    await clock.advance(1);
    for (const i of [1, 2, 3, 4]) metrics.count("a", i, { i });
    await metrics.flush();
    expect(offered[1]).toEqual(offered[0]?.slice(1, 3));
    expect(await metrics.flush()).toMatchObject({ pending: 0 });
    expect(offered[2]).toEqual(offered[1]);
    expect(offered[3]?.map(({ sum }) => sum)).toEqual([2, 2, 3, 4]);
    expect(metrics.stats().sinks[0]).toMatchObject({
      delivered: { observations: 8 },
      possiblyDuplicated: { snapshots: 2 },
    });
  });
});

test("a gauge at the largest number is coalesced like any other series", async () => {
  let isDown = true;
  const { clock, metrics } = setUp(
    {
      export: async () => {
        if (isDown) throw new Error("down");
      },
    },
    { coalesceAfterSnapshots: 10 },
  );
  for (let i = 0; i < 600; i++) {
    metrics.gauge("a", Number.MAX_VALUE);
    await metrics.flush();
    await clock.advance(1_000);
  }
  expect(metrics.stats().sinks[0]?.pending.snapshots).toBeLessThanOrEqual(11);
  isDown = false;
  await metrics.flush();
  const observations = 600 + metrics.stats().held;
  expect(metrics.stats().sinks[0]).toMatchObject({ delivered: { observations } });
});

describe("flush() where a window closes", () => {
  test.each(["observe", "prepare", "onError"] as const)(
    "from %s makes an attempt that delivers the window, and closes no other",
    async (place) => {
      const results: Promise<unknown>[] = [];
      const flush = (): void => void (results.length < 3 && results.push(metrics.flush()));
      const { clock, metrics } = setUp(
        {
          prepare: (window) => {
            if (place === "prepare") flush();
            return window;
          },
        },
        { exportIntervalMs: MINUTE_MS, ...(place === "onError" ? { onError: flush } : {}) },
      );
      metrics.observe("o", () => {
        if (place === "observe") flush();
        return place === "onError" ? [[NaN], [NaN]] : 1;
      });
      metrics.count("a");
      await clock.advance(MINUTE_MS);
      expect(results.length).toBeGreaterThan(0);
      expect(await results[0]).toMatchObject({ ok: true, pending: 0 });
      expect(metrics.stats()).toMatchObject({ windows: 1, sinks: [{ pending: { snapshots: 0 } }] });
      await metrics.close();
    },
  );

  test("from onError, for ever, with an observer that always fails, closes a window per tick", async () => {
    const { clock, metrics } = setUp(
      {},
      { exportIntervalMs: MINUTE_MS, onError: () => void metrics.flush() },
    );
    metrics.observe("o", () => [[NaN], [NaN], [NaN]]);
    await clock.advance(3.5 * MINUTE_MS);
    expect(metrics.stats().windows).toBe(3);
    await metrics.close();
  });
});

test.each(["prepare", "onError"] as const)(
  "flush() from %s while a window closes is answered for that window, and not for the next one",
  async (place) => {
    let flushed: Promise<unknown> | undefined;
    const flush = (): void => void (flushed ??= metrics.flush());
    const clock = new ManualClock();
    const slow: MetricsSink = {
      name: "slow",
      export: () => new Promise((resolve) => clock.setTimer(resolve, 1.5 * MINUTE_MS)),
    };
    const second: MetricsSink = {
      name: "second",
      prepare: (window) => {
        if (place === "prepare") flush();
        return window;
      },
      export: async () => {},
    };
    const metrics: MetricsManager = new MetricsManager({
      clock,
      sink: [slow, second],
      exportIntervalMs: MINUTE_MS,
      exportTimeoutMs: 2 * MINUTE_MS,
      onError: () => {
        if (place === "onError" && metrics.snapshots().length === 0) flush();
      },
    });
    for (let window = 0; window < 3; window++) {
      metrics.count("a");
      // The second of two refusals is reported when the window has been handed over.
      for (let refused = 0; refused < 2; refused++) metrics.count("a", NaN);
      await clock.advance(MINUTE_MS);
    }
    await clock.advance(2 * MINUTE_MS);
    expect(await flushed).toMatchObject({ ok: true, delivered: 2, pending: 0 });
    const closed = metrics.close();
    await clock.advance(MINUTE_MS);
    await closed;
  },
);

test("a wall clock that is NaN once stops no schedule, and no window starts at NaN", async () => {
  const clock = new ManualClock();
  let isWrong = false;
  const windows: MetricSnapshot[] = [];
  const metrics = new MetricsManager({
    clock: {
      wallTime: () => (isWrong ? NaN : clock.wallTime()),
      monotonicTime: () => clock.monotonicTime(),
      setTimer: (callback, delayMs, keepAlive) => clock.setTimer(callback, delayMs, keepAlive),
    },
    sink: { export: async (snapshots) => void windows.push(...snapshots) },
    exportIntervalMs: MINUTE_MS,
  });
  for (let i = 0; i < 5; i++) {
    metrics.count("a");
    isWrong = i === 2;
    await clock.advance(MINUTE_MS);
  }
  isWrong = false;
  await metrics.close();
  expect(windows).toHaveLength(5);
  for (const { windowStart, windowEnd } of windows) expect(windowEnd).toBeGreaterThan(windowStart);
  expect(metrics.stats().sinks[0]?.lastSuccess).toBeGreaterThan(0);
});

test.each<[string, unknown]>([
  ["NaN", NaN],
  ["a Date", new Date(0)],
])("while the wall clock says %s, no event, sink or window is told so", async (_, wrong) => {
  const clock = new ManualClock();
  const start = clock.wallTime();
  let wallTime: () => unknown = () => clock.wallTime();
  const told: unknown[] = [];
  let now: () => number = () => 0;
  const sink = {
    open: async (host: SinkHost) => void (now = () => host.now()),
    record: ({ timestamp }: MetricEvent) => void told.push(timestamp),
    export: async () => {},
  };
  const { metrics } = setUp(sink, {
    clock: {
      wallTime: () => wallTime() as number,
      monotonicTime: () => clock.monotonicTime(),
      setTimer: (callback, delayMs, keepAlive) => clock.setTimer(callback, delayMs, keepAlive),
    },
  });
  await metrics.start();
  metrics.count("a");
  await clock.advance(10);
  wallTime = () => wrong;
  await clock.advance(5);
  metrics.count("a");
  told.push(now());
  expect(told).toEqual([start, start + 15, start + 15]);
  expect(metrics.snapshots()).toMatchObject([{ windowStart: start, windowEnd: start + 15 }]);
  wallTime = () => clock.wallTime();
  await metrics.close();
});

test("promises in a value's place do not reach the process", async () => {
  const unhandled = vi.fn();
  process.on("unhandledRejection", unhandled);
  const late = (): never => Promise.reject(new Error("late")) as never;
  const results: ((snapshots: readonly MetricSnapshot[]) => ExportResult)[] = [
    () => ({ retry: late() }),
    () => ({ rejected: [late()] }),
    (snapshots) => ({ rejected: snapshots.map((snapshot) => ({ snapshot, reason: late() })) }),
    (snapshots) => ({ retry: snapshots, cause: late() }),
    () => ({ retryAfterMs: late() }),
    () => {
      // oxlint-disable-next-line no-throw-literal -- it is what is tested
      throw late();
    },
  ];
  for (const result of results) {
    const { metrics, errors } = setUp({ export: async (snapshots) => result(snapshots) });
    metrics.count("a");
    await metrics.flush();
    expect(errors.length).toBeGreaterThan(0);
  }
  // This rejection belongs to an answer that nobody waits for any more.
  let answer: (result: ExportResult) => void = () => {};
  const slow = setUp(
    { export: () => new Promise<ExportResult>((resolve) => (answer = resolve)) },
    { exportTimeoutMs: 10 },
  );
  slow.metrics.count("a");
  void slow.metrics.flush();
  await slow.clock.advance(2_000);
  answer({ retry: [late()], cause: late() });
  const { metrics, codes } = setUp({ prepare: () => [late()] });
  metrics.count("a");
  await metrics.flush();
  expect(codes()).toEqual(["prepare_failed"]);
  await new Promise((resolve) => setImmediate(resolve));
  process.off("unhandledRejection", unhandled);
  expect(unhandled).not.toHaveBeenCalled();
});
