import { describe, expect, test, vi } from "vitest";
import { ManualClock } from "../windows/manual-clock.ts";
import type { MetricSnapshot } from "../contract/metric-snapshot.ts";
import { MetricsManager } from "../metrics-manager.ts";
import type { MetricsManagerOptions } from "../metrics-manager-options.ts";
import type { MetricsError } from "../problems/metrics-error.ts";
import type { ExportResult, MetricsSink } from "../contract/metrics-sink.ts";

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

type Answer = (
  snapshots: readonly MetricSnapshot[],
  signal: AbortSignal,
) => ExportResult | void | Promise<ExportResult | void>;

const hang: Answer = () => new Promise(() => {});
const fail: Answer = () => {
  throw new Error("down");
};

/** A sink that answers from a list, the last answer for ever, and remembers what it was offered. */
function scripted(answers: readonly Answer[], more: Partial<MetricsSink> = {}) {
  const offered: (readonly MetricSnapshot[])[] = [];
  const sink = {
    name: "scripted",
    export: async (
      snapshots: readonly MetricSnapshot[],
      { signal }: { readonly signal: AbortSignal },
    ) => {
      offered.push(snapshots);
      return answers[Math.min(offered.length, answers.length) - 1]?.(snapshots, signal);
    },
    close: vi.fn(async () => {}),
    ...more,
  };
  return { sink, offered, sums: () => offered.map((snapshots) => snapshots.map(({ sum }) => sum)) };
}

function setUp(sink: MetricsSink | readonly MetricsSink[], options: MetricsManagerOptions = {}) {
  const clock = new ManualClock();
  const errors: MetricsError[] = [];
  const metrics = new MetricsManager({
    clock,
    sink,
    exportIntervalMs: 0,
    onError: (error) => errors.push(error),
    ...options,
  });
  const only = () => metrics.stats().sinks[0];
  return { clock, metrics, errors, codes: () => errors.map(({ code }) => code), only };
}

describe("an export", () => {
  test("is given at most maxExportSnapshots, oldest first, one call at a time", async () => {
    let running = 0;
    const { sink, sums } = scripted(
      [
        async () => {
          expect(++running).toBe(1);
          await Promise.resolve();
          running--;
        },
      ],
      { maxExportSnapshots: 2 },
    );
    const { metrics } = setUp(sink);
    for (let i = 1; i <= 5; i++) metrics.count("a", i, { i });
    expect(await metrics.flush()).toMatchObject({ ok: true, delivered: 5 });
    expect(sums()).toEqual([[1, 2], [3, 4], [5]]);
    await metrics.close();
  });

  test("that throws is retried completely", async () => {
    const { sink, sums } = scripted([fail, () => {}]);
    const { metrics, errors, only } = setUp(sink);
    metrics.count("a", 5);
    const { ok, pending, sinks } = await metrics.flush();
    expect([ok, pending]).toEqual([false, 1]);
    expect(sinks[0]?.error).toMatchObject({ code: "export_failed", affected: 1, sink: "scripted" });
    expect(await metrics.flush()).toMatchObject({ ok: true, delivered: 1 });
    expect(sums()).toEqual([[5], [5]]);
    expect(only()?.possiblyDuplicated).toEqual({ snapshots: 0, observations: 0 });
    expect(errors.map(({ code, message }) => [code, message])).toEqual([
      ["export_failed", 'sink "scripted" failed to export: down; 1 snapshot will be retried'],
      ["recovered", 'sink "scripted" works again after 1 failure'],
    ]);
  });

  test("whose error has retryable: false is rejected completely", async () => {
    const cause = Object.assign(new Error("no such account"), { retryable: false });
    const { sink, offered } = scripted([() => Promise.reject(cause), () => {}], {
      maxExportSnapshots: 1,
    });
    const { metrics, errors, only } = setUp(sink);
    metrics.count("a");
    expect(await metrics.flush()).toMatchObject({ ok: false, rejected: 1, pending: 0 });
    expect(only()).toMatchObject({
      lastSuccess: undefined,
      possiblyDuplicated: { snapshots: 0, observations: 0 },
    });
    await metrics.close();
    expect(offered).toHaveLength(1);
    expect(errors).toMatchObject([{ code: "rejected", affected: 1, cause }]);
    expect(errors[0]?.message).toContain("no such account");
  });

  test("that is rejected does not delay the next export of the pass", async () => {
    const refuse: Answer = () => {
      throw Object.assign(new Error("too long"), { retryable: false });
    };
    const { sink, sums } = scripted([refuse, () => {}], { maxExportSnapshots: 1 });
    const { metrics } = setUp(sink);
    metrics.count("a", 1, { i: 1 });
    metrics.count("a", 2, { i: 2 });
    expect(await metrics.flush()).toMatchObject({ rejected: 1, delivered: 1, pending: 0 });
    expect(sums()).toEqual([[1], [2]]);
    await metrics.close();
  });

  test("that is accepted in part is continued with the rest, by reference", async () => {
    const { sink, sums } = scripted([
      (snapshots) => ({
        retry: snapshots.filter(({ sum }) => sum === 2),
        rejected: snapshots
          .filter(({ sum }) => sum === 3)
          .map((snapshot) => ({ snapshot, reason: "bad name" })),
      }),
      () => {},
    ]);
    const { metrics, errors, only } = setUp(sink);
    for (const value of [1, 2, 3, 4]) metrics.count("a", value, { value });
    expect(await metrics.flush()).toMatchObject({ delivered: 2, rejected: 1, pending: 1 });
    expect(await metrics.flush()).toMatchObject({ delivered: 1, rejected: 0, pending: 0 });
    expect(sums()).toEqual([[1, 2, 3, 4], [2]]);
    expect(only()).toMatchObject({
      delivered: { snapshots: 3 },
      rejected: { snapshots: 1 },
      pending: { snapshots: 0 },
    });
    expect(errors.find(({ code }) => code === "rejected")?.message).toContain("bad name");
  });

  test.each<[affected: number, Partial<Record<keyof ExportResult, unknown>>]>([
    [5, { retry: [null], rejected: [null, undefined, 5, {}] }],
    [1, { retryAfterMs: -1 }],
    [1, { retryAfterMs: "soon" }],
    [2, { uncertain: [{}, 5] }],
  ])(
    "with %i mistakes in its result is reported with that number: %j",
    async (affected, answer) => {
      const { sink } = scripted([() => answer as ExportResult]);
      const { metrics, errors } = setUp(sink);
      metrics.count("a");
      await metrics.flush();
      expect(errors).toMatchObject([{ code: "invalid_result", affected }]);
      expect(errors[0]?.message).toContain(`made ${affected} mistake`);
    },
  );

  test.each<[string, (snapshots: readonly MetricSnapshot[]) => unknown]>([
    ["copies", (snapshots) => ({ retry: snapshots.map((snapshot) => ({ ...snapshot })) })],
    ["null entries", () => ({ retry: [null], rejected: [null, undefined, 5, {}] })],
    ["a delay that is none", () => ({ retryAfterMs: "soon" })],
    ["an endless delay", () => ({ retryAfterMs: Infinity })],
    ["an empty object", () => ({})],
    ["null", () => null],
  ])(
    "that answers nonsense about what it was not given, %s, has delivered the rest",
    async (_, answer) => {
      const { sink } = scripted([(snapshots) => answer(snapshots) as ExportResult]);
      const { metrics, only } = setUp(sink);
      metrics.count("a");
      expect(await metrics.flush()).toMatchObject({ ok: true, delivered: 1 });
      expect(only()).toMatchObject({ delivered: { snapshots: 1 }, pending: { snapshots: 0 } });
      await metrics.close();
    },
  );

  test.each([
    ["a set", (snapshots: readonly MetricSnapshot[]) => ({ retry: new Set(snapshots) })],
    ["a number", () => ({ retry: 5 })],
    ["text", () => ({ rejected: "all" })],
    [
      "unreadable",
      () => ({
        rejected: [
          {
            get snapshot(): never {
              throw new Error("getter");
            },
          },
        ],
      }),
    ],
    [
      "a trap",
      () => ({
        get retry(): never {
          throw new Error("getter");
        },
      }),
    ],
  ])(
    "whose list is %s is offered again, since nobody knows what it was to say",
    async (_, answer) => {
      const { sink } = scripted([
        (snapshots) => answer(snapshots) as unknown as ExportResult,
        () => {},
      ]);
      const { metrics, codes, only } = setUp(sink);
      metrics.count("a", 1);
      expect(await metrics.flush()).toMatchObject({ delivered: 0, pending: 1 });
      expect(codes()).toContain("invalid_result");
      expect(only()?.possiblyDuplicated).toEqual({ snapshots: 1, observations: 1 });
      expect(await metrics.flush()).toMatchObject({ delivered: 1 });
    },
  );

  test("that empties its array and then throws has delivered nothing", async () => {
    const { sink } = scripted([
      (snapshots) => {
        (snapshots as MetricSnapshot[]).splice(0);
        throw new Error("down");
      },
      () => {},
    ]);
    const { metrics } = setUp(sink);
    metrics.count("a");
    metrics.count("b");
    expect(await metrics.flush()).toMatchObject({ delivered: 0, pending: 2 });
    expect(await metrics.flush()).toMatchObject({ delivered: 2 });
  });

  test("that throws something unreadable is a failure like any other", async () => {
    const throwing = {
      get: (): never => {
        throw new Error("getter");
      },
    };
    const errors = [
      Object.defineProperty(new Error("x"), "message", throwing),
      Object.defineProperty({}, "retryable", throwing),
      null,
      undefined,
      5,
    ];
    for (const error of errors) {
      const { sink } = scripted([
        () => {
          throw error;
        },
        () => {},
      ]);
      const { metrics } = setUp(sink);
      metrics.count("a");
      expect(await metrics.flush()).toMatchObject({ pending: 1 });
      expect(await metrics.flush()).toMatchObject({ delivered: 1 });
    }
  });

  test("that names a snapshot in both rejected and retry has rejected it", async () => {
    const { sink } = scripted([
      (snapshots) => ({
        retry: snapshots,
        rejected: snapshots.map((snapshot) => ({ snapshot, reason: "r" })),
      }),
    ]);
    const { metrics, codes } = setUp(sink);
    metrics.count("a");
    expect(await metrics.flush()).toMatchObject({ rejected: 1, pending: 0 });
    expect(codes()).toEqual(["rejected", "invalid_result"]);
  });
});

test("a vendor that gives each snapshot a different reason does not cause a flood of errors", async () => {
  const { sink } = scripted([
    (snapshots) => ({
      rejected: snapshots.map((snapshot, i) => ({ snapshot, reason: `line ${i} is wrong` })),
    }),
  ]);
  const { metrics, errors } = setUp(sink);
  for (let i = 0; i < 500; i++) metrics.count("a", 1, { i });
  expect(await metrics.flush()).toMatchObject({ rejected: 500 });
  expect(errors.length).toBeLessThanOrEqual(11);
  expect(errors.every(({ code }) => code === "rejected")).toBe(true);
  expect(errors.reduce((total, { affected = 0 }) => total + affected, 0)).toBe(500);
  expect(errors[0]?.message).toContain("line 0 is wrong");
  expect(errors.at(-1)?.message).toContain("490 snapshots for good: other reasons");
  await metrics.close();
});

test("stats() counts exports and failures, and has the last error and the last success", async () => {
  const some: Answer = (snapshots) => ({ retry: snapshots.slice(1) });
  const { sink } = scripted([some, fail, () => {}]);
  const { clock, metrics, only, errors } = setUp(sink);
  const start = clock.wallTime();
  metrics.count("a", 1, { i: 1 });
  metrics.count("a", 1, { i: 2 });
  expect(only()).toMatchObject({
    exports: 0,
    failures: 0,
    lastError: undefined,
    lastFailure: undefined,
    lastSuccess: undefined,
  });
  clock.block(10);
  await metrics.flush();
  expect(only()).toMatchObject({ exports: 1, failures: 1, lastSuccess: start + 10 });
  expect(errors.at(-1)?.message).toContain("did not take all");
  clock.block(10);
  const failed = await metrics.flush();
  expect(only()).toMatchObject({ exports: 2, failures: 2, lastSuccess: start + 10 });
  expect(failed.sinks[0]?.error).toMatchObject({ affected: 1, cause: { message: "down" } });
  expect(errors.at(-1)?.message).toContain("failed to export: down");
  clock.block(10);
  const succeeded = await metrics.flush();
  expect(only()).toMatchObject({ exports: 3, failures: 2, lastSuccess: start + 30 });
  expect(only()?.lastError).toBe(failed.sinks[0]?.error);
  expect(succeeded.sinks[0]).not.toHaveProperty("error");
  expect(errors.at(-1)).toMatchObject({ code: "recovered", sink: "scripted" });
  await metrics.close();
});

test("progress shortens the back-off, even if not everything was accepted", async () => {
  const random = vi.spyOn(Math, "random").mockReturnValue(0.999);
  const some: Answer = (snapshots) => ({ retry: snapshots.slice(1) });
  const { sink, offered } = scripted([fail, fail, fail, some, () => {}]);
  const { clock, metrics } = setUp(sink);
  metrics.count("a", 1, { i: 1 });
  metrics.count("a", 1, { i: 2 });
  void metrics.flush();
  await clock.advance(1_000 + 2_000 + 4_000);
  expect(offered).toHaveLength(4);
  await clock.advance(1_000);
  expect(offered).toHaveLength(5);
  await metrics.close();
  random.mockRestore();
});

describe("a timeout", () => {
  test("aborts the export, and the sink's answer after that counts", async () => {
    const reasons: unknown[] = [];
    const heed: Answer = (snapshots, signal) =>
      new Promise((resolve) => {
        signal.addEventListener("abort", () => {
          reasons.push(signal.reason);
          resolve({ retry: snapshots.slice(1) });
        });
      });
    const { sink, sums } = scripted([heed, () => {}]);
    const { clock, metrics, codes, only, errors } = setUp(sink, { exportTimeoutMs: 3_000 });
    metrics.count("a", 1, { i: 1 });
    metrics.count("a", 2, { i: 2 });
    const flushed = metrics.flush();
    await clock.advance(3_000);
    expect(await flushed).toMatchObject({ delivered: 1, pending: 1 });
    expect(errors.map(({ message }) => message)).toEqual([
      'sink "scripted" took longer than 3000 ms for an export; 1 snapshot will be retried',
    ]);
    expect(codes()).toEqual(["export_timeout"]);
    expect(reasons).toMatchObject([
      { name: "TimeoutError", message: "The export took longer than 3000 ms." },
    ]);
    expect(only()?.possiblyDuplicated.snapshots).toBe(0);
    await metrics.flush();
    expect(sums()).toEqual([[1, 2], [2]]);
  });

  test("what the sink calls uncertain is retried and counted as possibly duplicated", async () => {
    const doubt: Answer = (snapshots) =>
      Promise.resolve({
        uncertain: snapshots.slice(0, 2),
        retry: snapshots.slice(1, 3),
        rejected: snapshots.slice(0, 1).map((snapshot) => ({ snapshot, reason: "no" })),
      });
    const { sink, sums } = scripted([doubt, () => {}]);
    const { metrics, codes, only } = setUp(sink);
    for (const i of [1, 2, 3, 4]) metrics.count("a", i, { i });
    expect(await metrics.flush()).toMatchObject({ delivered: 1, rejected: 1, pending: 2 });
    expect(only()?.possiblyDuplicated).toEqual({ snapshots: 1, observations: 1 });
    expect(codes()).toEqual(["rejected", "invalid_result", "export_failed"]);
    await metrics.flush();
    expect(sums()).toEqual([[1, 2, 3, 4], [2], [3]]);
  });

  test("the cause that the sink gives for a retry is reported", async () => {
    const cause = new Error("the token has expired");
    const { sink } = scripted([(snapshots) => ({ retry: snapshots, cause }), () => {}]);
    const { metrics, errors } = setUp(sink);
    metrics.count("a");
    await metrics.flush();
    expect(errors).toMatchObject([{ code: "export_failed", cause }]);
    expect(errors[0]?.message).toContain("the token has expired");
  });

  test("of a sink that ignores it abandons the export, and only then another may start", async () => {
    const { sink, sums } = scripted([hang, () => {}]);
    const { clock, metrics, only, errors } = setUp(sink, { exportTimeoutMs: 3_000 });
    metrics.count("a", 1);
    const first = metrics.flush({ timeoutMs: 10_000 });
    await clock.advance(3_900);
    metrics.count("a", 2);
    const second = metrics.flush({ timeoutMs: 10_000 });
    await clock.advance(50);
    expect(sums()).toEqual([[1]]);
    await clock.advance(50);
    expect(sums()).toEqual([[1], [1], [2]]);
    expect(await first).toMatchObject({ delivered: 0, pending: 1 });
    expect(await second).toMatchObject({ ok: true, delivered: 2 });
    expect(errors[0]?.message).toContain(
      "took longer than 3000 ms for an export and did not stop within 1000 ms;",
    );
    expect(only()).toMatchObject({
      possiblyDuplicated: { snapshots: 1, observations: 1 },
      delivered: { snapshots: 2 },
    });
  });

  test("of a sink that throws on abort does not abandon the export", async () => {
    const heed: Answer = (_, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(new Error("aborted")));
      });
    const { sink } = scripted([heed, () => {}]);
    const { clock, metrics, errors, only } = setUp(sink, { exportTimeoutMs: 3_000 });
    metrics.count("a");
    const flushed = metrics.flush();
    await clock.advance(3_000);
    expect(await flushed).toMatchObject({ pending: 1 });
    expect(errors.map(({ message }) => message)).toEqual([
      'sink "scripted" took longer than 3000 ms for an export; 1 snapshot will be retried',
    ]);
    expect(only()?.possiblyDuplicated.snapshots).toBe(0);
    await metrics.close();
  });

  test("what an abandoned export returns later is ignored, and its rejection does not reach the process", async () => {
    const unhandled = vi.fn();
    process.on("unhandledRejection", unhandled);
    let settle: { resolve: (value: undefined) => void; reject: (error: Error) => void } | undefined;
    const late: Answer = () => new Promise((resolve, reject) => (settle = { resolve, reject }));
    for (const how of ["resolve", "reject"] as const) {
      const { sink } = scripted([late, () => {}]);
      const { clock, metrics, only } = setUp(sink, { exportTimeoutMs: 100 });
      metrics.count("a");
      void metrics.flush();
      await clock.advance(2_000);
      if (how === "resolve") settle?.resolve(undefined);
      else settle?.reject(new Error("late"));
      await clock.advance(MINUTE_MS);
      expect(only()).toMatchObject({ delivered: { snapshots: 1 }, pending: { snapshots: 0 } });
      await metrics.close();
    }
    await new Promise((resolve) => setImmediate(resolve));
    expect(unhandled).not.toHaveBeenCalled();
    process.off("unhandledRejection", unhandled);
  });
});

describe("after a failure", () => {
  test("attempts continue with growing pauses and jitter until one succeeds", async () => {
    let isDown = true;
    const times: number[] = [];
    const clock = new ManualClock();
    const sink: MetricsSink = {
      export: async () => {
        times.push(clock.monotonicTime());
        if (isDown) throw new Error("down");
      },
    };
    const errors: MetricsError[] = [];
    const metrics = new MetricsManager({
      clock,
      sink,
      exportIntervalMs: 0,
      onError: (error) => errors.push(error),
    });
    metrics.count("a");
    void metrics.flush();
    await clock.advance(HOUR_MS);
    const gaps = times.slice(1).map((time, i) => time - (times[i] ?? 0));
    expect(times.length).toBeGreaterThan(60);
    expect(gaps.every((gap, i) => gap <= Math.min(MINUTE_MS, SECOND_MS * 2 ** i))).toBe(true);
    expect(new Set(gaps.map(Math.round)).size).toBeGreaterThan(20);
    isDown = false;
    await clock.advance(MINUTE_MS);
    expect(metrics.stats().sinks[0]).toMatchObject({
      pending: { snapshots: 0 },
      delivered: { observations: 1 },
    });
    expect(errors.filter(({ code }) => code === "recovered")).toHaveLength(1);
    await clock.advance(HOUR_MS);
    expect(clock.pendingTimers()).toBe(0);
  });

  test("a window that closes waits for the back-off, and a flush does not", async () => {
    const random = vi.spyOn(Math, "random").mockReturnValue(0.999);
    const { sink, sums } = scripted([fail, fail, () => {}]);
    const { clock, metrics } = setUp(sink, { exportIntervalMs: 100 });
    metrics.count("a", 1);
    await clock.advance(199);
    metrics.count("a", 2);
    await clock.advance(200);
    expect(sums()).toEqual([[1]]);
    metrics.count("a", 4);
    expect(await metrics.flush()).toMatchObject({ pending: 3 });
    expect(sums()).toEqual([[1], [1, 2, 4]]);
    expect(await metrics.flush()).toMatchObject({ delivered: 3 });
    await metrics.close();
    random.mockRestore();
  });

  test("the vendor's retryAfterMs is kept, by flush() too", async () => {
    const { sink, sums } = scripted([
      (snapshots) => ({ retry: snapshots, retryAfterMs: 20_000 }),
      () => {},
    ]);
    const { clock, metrics } = setUp(sink);
    metrics.count("a", 1);
    await metrics.flush();
    const impatient = metrics.flush({ timeoutMs: 5_000 });
    await clock.advance(0);
    expect(await impatient).toMatchObject({ pending: 1 });
    const patient = metrics.flush({ timeoutMs: 30_000 });
    await clock.advance(19_999);
    expect(sums()).toHaveLength(1);
    await clock.advance(1);
    expect(await patient).toMatchObject({ delivered: 1 });
    await metrics.close();
  });

  test("what a flush() could not wait for is exported when the vendor allows it", async () => {
    const { sink, sums } = scripted([() => ({ retryAfterMs: 40_000 }), () => {}]);
    const { clock, metrics } = setUp(sink);
    metrics.count("a", 1);
    await metrics.flush();
    metrics.count("a", 2);
    expect(await metrics.flush()).toMatchObject({ pending: 1 });
    await clock.advance(39_999);
    expect(sums()).toEqual([[1]]);
    await clock.advance(1);
    expect(sums()).toEqual([[1], [2]]);
    await metrics.close();
  });

  test("flush() and close() wait for a vendor that asked for patience after a success", async () => {
    for (const call of ["flush", "close"] as const) {
      const { sink, sums } = scripted([() => ({ retryAfterMs: 2_000 }), () => {}]);
      const { clock, metrics } = setUp(sink);
      metrics.count("a", 1);
      await metrics.flush();
      metrics.count("a", 2);
      const called = metrics[call]({ timeoutMs: 10_000 });
      await clock.advance(1_999);
      expect(sums()).toEqual([[1]]);
      await clock.advance(1);
      expect(await called).toMatchObject({ delivered: 1, pending: 0 });
      await metrics.close();
    }
  });

  test("a flush() that waits for the vendor leaves no timer when close() ends it", async () => {
    const { sink } = scripted([() => ({ retryAfterMs: 20_000 })]);
    const { clock, metrics } = setUp(sink);
    metrics.count("a", 1);
    await metrics.flush();
    metrics.count("a", 2);
    const flushed = metrics.flush();
    expect(await metrics.close()).toMatchObject({ pending: 1 });
    expect(await flushed).toMatchObject({ pending: 1 });
    expect(clock.pendingTimers()).toBe(0);
  });

  test("a flush() with nothing to deliver does not wait for the vendor's retryAfterMs", async () => {
    const { sink, offered } = scripted([() => ({ retryAfterMs: 20_000 })]);
    const { clock, metrics } = setUp(sink);
    metrics.count("a");
    expect(await metrics.flush()).toMatchObject({ delivered: 1 });
    let isDone = false;
    void metrics.flush().then(() => (isDone = true));
    await clock.advance(0);
    expect(isDone).toBe(true);
    expect(offered).toHaveLength(1);
    await metrics.close();
    expect(clock.pendingTimers()).toBe(0);
  });

  test("that is followed by a permanent one is not reported as recovered", async () => {
    const refuse: Answer = () => {
      throw Object.assign(new Error("forbidden"), { retryable: false });
    };
    const { sink } = scripted([fail, refuse, () => {}]);
    const { metrics, codes } = setUp(sink);
    for (let i = 0; i < 3; i++) {
      metrics.count("a");
      await metrics.flush();
    }
    expect(codes()).toEqual(["export_failed", "rejected", "recovered"]);
    expect(metrics.stats().sinks[0]?.failures).toBe(2);
  });

  test("the vendor's retryAfterMs is kept also after a success, and by a flush that joined", async () => {
    const { sink, sums } = scripted([() => ({ retryAfterMs: 20_000 })], { maxExportSnapshots: 1 });
    const { clock, metrics } = setUp(sink);
    metrics.count("a", 1, { i: 1 });
    metrics.count("a", 2, { i: 2 });
    const first = metrics.flush({ timeoutMs: 60_000 });
    const second = metrics.flush({ timeoutMs: 60_000 });
    // It makes its own attempt and does not wait for another.
    expect(await first).toMatchObject({ delivered: 1, pending: 1 });
    await clock.advance(19_999);
    expect(sums()).toEqual([[1]]);
    await clock.advance(1);
    expect(sums()).toEqual([[1], [2]]);
    expect(await second).toMatchObject({ delivered: 2 });
    await metrics.close();
  });

  test("one sink's trouble is not another's", async () => {
    const healthy = scripted([() => {}]);
    const sick = scripted([hang]);
    const { clock, metrics } = setUp([sick.sink, healthy.sink], { exportIntervalMs: MINUTE_MS });
    for (let i = 0; i < 5; i++) {
      metrics.count("a", 1);
      await clock.advance(MINUTE_MS);
    }
    await clock.advance(MINUTE_MS);
    expect(healthy.offered).toHaveLength(5);
    expect(metrics.stats().sinks.map(({ pending }) => pending.observations)).toEqual([5, 0]);
    const closed = metrics.close();
    await clock.advance(10_000);
    expect(await closed).toMatchObject({ ok: false, pending: 5 });
  });
});

describe("flush()", () => {
  test("concurrent calls share a pass, and each result counts its own snapshots", async () => {
    let release = (): void => {};
    const slow: Answer = () => new Promise((resolve) => (release = () => resolve()));
    const { sink, sums } = scripted([slow, () => {}]);
    const { clock, metrics } = setUp(sink);
    metrics.count("a", 1);
    const first = metrics.flush();
    await clock.advance(0);
    metrics.count("a", 2);
    const second = metrics.flush();
    metrics.count("a", 4);
    metrics.count("b", 8);
    const third = metrics.flush();
    await clock.advance(0);
    release();
    expect(await first).toMatchObject({ delivered: 1 });
    expect(await second).toMatchObject({ delivered: 2 });
    expect(await third).toMatchObject({ delivered: 4 });
    expect(sums()).toEqual([[1], [2, 4, 8]]);
  });

  test("counts its own snapshots, even if later ones were merged meanwhile", async () => {
    const { sink, offered } = scripted([() => {}], {
      open: () => new Promise<void>((resolve) => void clock.setTimer(resolve, 10 * SECOND_MS)),
    });
    const { clock, metrics } = setUp(sink, {
      exportIntervalMs: SECOND_MS,
      coalesceAfterSnapshots: 1,
    });
    metrics.count("a", 1);
    const flushed = metrics.flush();
    for (let i = 0; i < 10; i++) {
      metrics.count("a", 1);
      await clock.advance(SECOND_MS);
    }
    expect(await flushed).toMatchObject({ delivered: 1, pending: 0 });
    expect(offered[0]?.[0]?.count).toBe(1);
    await metrics.close();
  });

  test("opens a sink that can't be opened no more than once", async () => {
    const open = vi.fn(() => Promise.reject(new Error("dns")));
    const { sink } = scripted([() => {}], { open });
    const { metrics } = setUp(sink);
    metrics.count("a");
    await Promise.resolve();
    await metrics.flush();
    open.mockClear();
    expect(await metrics.flush()).toMatchObject({ pending: 1 });
    expect(open).toHaveBeenCalledTimes(1);
  });

  test("resolves at its deadline during an export, and that export still counts", async () => {
    let release = (): void => {};
    const slow: Answer = () => new Promise((resolve) => (release = () => resolve()));
    const { sink } = scripted([slow]);
    const { clock, metrics, only } = setUp(sink);
    metrics.count("a", 1);
    const flushed = metrics.flush({ timeoutMs: 500 });
    await clock.advance(500);
    expect(await flushed).toMatchObject({ ok: false, pending: 1 });
    release();
    await clock.advance(0);
    expect(only()).toMatchObject({ delivered: { snapshots: 1 }, pending: { snapshots: 0 } });
    await metrics.close();
    expect(clock.pendingTimers()).toBe(0);
  });

  test("keeps the process alive while it waits, and not longer", async () => {
    const { sink } = scripted([hang]);
    const { clock, metrics } = setUp(sink);
    metrics.count("a");
    const flushed = metrics.flush({ timeoutMs: 500 });
    expect(clock.pendingTimers(true)).toBe(1);
    await clock.advance(500);
    await flushed;
    expect(clock.pendingTimers(true)).toBe(0);
  });
});

describe("prepare()", () => {
  test("sees each window once, in the turn in which it leaves host.snapshots()", async () => {
    let host: { snapshots(): readonly MetricSnapshot[] } | undefined;
    let folded = 0;
    const visible = (): number =>
      folded + (host?.snapshots() ?? []).reduce((total, { sum }) => total + sum, 0);
    const { sink } = scripted([fail, () => {}], {
      open: async (given) => void (host = given),
      prepare: (window) => {
        expect(host?.snapshots() ?? []).toEqual([]);
        folded += window.reduce((total, { sum }) => total + sum, 0);
        return [];
      },
    });
    const { clock, metrics } = setUp(sink, { exportIntervalMs: MINUTE_MS });
    await metrics.start();
    let recorded = 0;
    for (let i = 0; i < 20; i++) {
      metrics.count("a", i);
      recorded += i;
      expect(visible()).toBe(recorded);
      await clock.advance(17_000);
      expect(visible()).toBe(recorded);
      if (i % 5 === 0) await metrics.flush();
      expect(visible()).toBe(recorded);
    }
    await metrics.close();
    expect(visible()).toBe(recorded);
  });

  test("decides what is delivered and counted", async () => {
    const { sink, sums } = scripted([() => {}], {
      prepare: (window) => [
        ...window,
        ...window.map((snapshot) => ({ ...snapshot, dimensions: [] })),
      ],
    });
    const { metrics, only } = setUp(sink);
    metrics.count("a", 3, { x: 1 });
    expect(await metrics.flush()).toMatchObject({ delivered: 2 });
    expect(sums()).toEqual([[3, 3]]);
    expect(only()).toMatchObject({ prepared: { snapshots: 2, observations: 2 } });
  });

  test("may reject what the vendor will never accept, with the reason", async () => {
    const { sink, sums } = scripted([() => {}], {
      prepare: (window) => ({
        snapshots: window.filter(({ sum }) => sum > 0),
        rejected: window
          .filter(({ sum }) => sum <= 0)
          .map((snapshot) => ({ snapshot, reason: "not positive" })),
      }),
    });
    const { metrics, errors, only } = setUp(sink);
    metrics.gauge("a", 1);
    metrics.gauge("b", -1);
    metrics.gauge("b", -2);
    expect(await metrics.flush()).toMatchObject({ ok: false, delivered: 1, rejected: 1 });
    expect(sums()).toEqual([[1]]);
    expect(only()).toMatchObject({
      prepared: { snapshots: 2, observations: 3 },
      delivered: { snapshots: 1, observations: 1 },
      rejected: { snapshots: 1, observations: 2 },
      pending: { snapshots: 0, observations: 0 },
    });
    expect(errors.map(({ code, message, affected }) => [code, message, affected])).toEqual([
      ["rejected", 'sink "scripted" rejected 1 snapshot for good: not positive', 1],
    ]);
  });

  test.each<[string, (window: readonly MetricSnapshot[]) => unknown]>([
    [
      "throws",
      () => {
        throw new Error("bad window");
      },
    ],
    ["returns a set", () => new Set()],
    [
      "rejects what it returns as well",
      (window) => ({ snapshots: window, rejected: [{ snapshot: window[0], reason: "no" }] }),
    ],
    ["rejects no list", (window) => ({ snapshots: window, rejected: 1 })],
    ["rejects what is no snapshot", () => ({ snapshots: [], rejected: [{ reason: "no" }] })],
    ["returns no array", () => undefined],
    ["returns null", () => [null]],
    ["returns half a snapshot", () => [{ name: "x" }]],
    [
      "returns a snapshot of NaN",
      () => [
        { name: "a", unit: "", count: NaN, sum: 1, windowStart: 0, windowEnd: 1, dimensions: [] },
      ],
    ],
    [
      "returns a snapshot without a name",
      () => [{ unit: "1", count: 1, sum: 1, windowStart: 0, windowEnd: 1, dimensions: [] }],
    ],
    [
      "returns a snapshot without a unit",
      () => [{ name: "a", count: 1, sum: 1, windowStart: 0, windowEnd: 1, dimensions: [] }],
    ],
    [
      "returns a snapshot without dimensions",
      () => [{ name: "a", unit: "", count: 1, sum: 1, windowStart: 0, windowEnd: 1 }],
    ],
  ])(
    "that %s gets its own window rejected, but not the windows of other sinks",
    async (_, prepare) => {
      const healthy = scripted([() => {}]);
      const broken = scripted([() => {}], { prepare: prepare as MetricsSink["prepare"] & {} });
      const { metrics, codes, errors } = setUp([broken.sink, healthy.sink]);
      metrics.count("a");
      const { sinks } = await metrics.flush();
      expect(sinks).toMatchObject([{ delivered: 0, rejected: 1, pending: 0 }, { delivered: 1 }]);
      expect(codes()).toEqual(["prepare_failed"]);
      expect(errors[0]?.message).toMatch(
        /^sink "scripted" could not prepare a window, and lost 1 snapshot of it: (bad window|prepare\(\) must (return (an array, or .*|snapshots and nothing else)|not return a snapshot twice|give a reason.*)|prepare\(\) returned a snapshot of "a" whose .*)$/,
      );
      expect(metrics.stats().sinks[0]).toMatchObject({
        prepared: { snapshots: 1 },
        rejected: { snapshots: 1 },
        lastError: { affected: 1, sink: "scripted" },
      });
      expect(broken.offered).toEqual([]);
    },
  );
});

test("a prepare() that changes its arrays changes neither other sinks' windows nor its own", async () => {
  const kept: MetricSnapshot[] = [];
  const own = scripted([fail, () => {}], {
    prepare: (window) => {
      kept.splice(0, kept.length, ...(window as MetricSnapshot[]).splice(0));
      return kept;
    },
  });
  const other = scripted([() => {}]);
  const { metrics } = setUp([own.sink, other.sink]);
  metrics.count("a", 1);
  await metrics.flush();
  metrics.count("a", 2);
  expect(await metrics.flush()).toMatchObject({ sinks: [{ delivered: 2 }, { delivered: 1 }] });
  expect(own.sums()).toEqual([[1], [1, 2]]);
});

test("what goes wrong in several parts of a window is reported once", async () => {
  const rejecting = scripted([() => {}], {
    prepare: (window, { last }) => {
      if (last) throw new Error("no end");
      return {
        snapshots: [],
        rejected: window.map((each) => ({ snapshot: each, reason: "long" })),
      };
    },
  });
  const throwing = scripted([() => {}], {
    prepare: () => {
      throw new Error("bad");
    },
  });
  const { metrics, errors } = setUp([rejecting.sink, throwing.sink]);
  const series = 1_000;
  for (let i = 0; i < series; i++) metrics.count("a", 1, { i });
  await metrics.flush();
  expect(metrics.stats().sinks).toMatchObject([
    { rejected: { snapshots: series }, pending: { snapshots: 0 } },
    { rejected: { snapshots: series }, pending: { snapshots: 0 } },
  ]);
  expect(errors.map(({ code, affected }) => `${code} ${affected}`)).toEqual([
    expect.stringMatching(/^rejected [4-9]\d\d$/),
    expect.stringMatching(/^prepare_failed [1-9]\d*$/),
    `prepare_failed ${series}`,
  ]);
});

test("a sink that always has more to return is stopped, and others get their windows", async () => {
  const endless = scripted([() => {}], {
    prepare: (window, { last }) => {
      endless.held ??= window[0];
      const rejected = endless.held === undefined ? [] : [{ snapshot: endless.held, reason: "no" }];
      return last ? { snapshots: [], rejected, more: true } : [];
    },
  }) as ReturnType<typeof scripted> & { held?: MetricSnapshot | undefined };
  const other = scripted([() => {}]);
  const { metrics, codes } = setUp([endless.sink, other.sink]);
  metrics.count("a");
  expect((await metrics.flush()).sinks[1]).toMatchObject({ delivered: 1 });
  expect(codes()).toEqual(["rejected", "prepare_failed"]);
  expect(await metrics.close()).toMatchObject({ pending: 0 });
});

test("a flush is answered in a test that moves the clock while an export is under way", async () => {
  const exports: (() => void)[] = [];
  const { metrics, clock } = setUp({
    export: () => new Promise<void>((resolve) => exports.push(resolve)),
  });
  metrics.count("a");
  const flushed = metrics.flush();
  await clock.advance(10);
  exports[0]?.();
  expect(await flushed).toMatchObject({ ok: true, delivered: 1 });
});

test("a prepare() that returns a snapshot twice is reported", async () => {
  const { sink } = scripted([() => {}], { prepare: (window) => [...window, ...window] });
  const { metrics, errors } = setUp(sink);
  metrics.count("a");
  expect(await metrics.flush()).toMatchObject({ rejected: 1 });
  expect(errors).toMatchObject([{ code: "prepare_failed" }]);
  expect(errors[0]?.message).toContain("prepare() must not return a snapshot twice");
});

test("a sink that wants empty windows gets them", async () => {
  const wants = scripted([() => {}], { wantsEmptyWindows: true });
  const doesNot = scripted([() => {}]);
  const { clock, metrics } = setUp([wants.sink, doesNot.sink], { exportIntervalMs: MINUTE_MS });
  metrics.count("a");
  await clock.advance(3.5 * MINUTE_MS);
  expect(wants.sums()).toEqual([[1], [], []]);
  expect(doesNot.sums()).toEqual([[1]]);
  await metrics.close();
});

test("a failed export of an empty window is reported like any other, and so is its recovery", async () => {
  const { sink, sums } = scripted([fail, () => {}], { wantsEmptyWindows: true });
  const { metrics, errors, only } = setUp(sink);
  expect(await metrics.flush()).toMatchObject({ delivered: 0, pending: 0 });
  expect(errors).toMatchObject([{ code: "export_failed", affected: 0 }]);
  expect(errors[0]?.message).toBe('sink "scripted" failed to export: down');
  expect(only()).toMatchObject({ failures: 1, lastError: errors[0] });
  await metrics.flush();
  expect(errors.map(({ code }) => code)).toEqual(["export_failed", "recovered"]);
  expect(sums()).toEqual([[], []]);
  await metrics.close();
});

describe("open()", () => {
  test("is called with the first observation, before the first window closes", async () => {
    const open = vi.fn(async () => {});
    const { sink } = scripted([() => {}], { open });
    const { clock, metrics } = setUp(sink, { exportIntervalMs: MINUTE_MS });
    await clock.advance(0);
    expect(open).not.toHaveBeenCalled();
    metrics.count("a");
    expect(open).not.toHaveBeenCalled();
    await clock.advance(0);
    expect(open).toHaveBeenCalledTimes(1);
    await metrics.close();
    expect(open).toHaveBeenCalledTimes(1);
  });

  test("that fails is tried again, and the windows wait meanwhile", async () => {
    let isDown = true;
    const open = vi.fn(async () => {
      if (isDown) throw new Error("no region");
    });
    const { sink, sums } = scripted([() => {}], { open });
    const { clock, metrics, errors } = setUp(sink, { exportIntervalMs: MINUTE_MS });
    await expect(metrics.start()).resolves.toBeUndefined();
    metrics.count("a", 5);
    await clock.advance(3 * MINUTE_MS);
    expect(sums()).toEqual([]);
    isDown = false;
    await clock.advance(2 * MINUTE_MS);
    expect(sums()).toEqual([[5]]);
    expect(errors[0]).toMatchObject({ code: "open_failed", sink: "scripted" });
    expect(errors[0]?.message).toContain("no region");
    expect(errors.at(-1)?.code).toBe("recovered");
    await metrics.close();
  });

  test("that throws at once is called again like any other", async () => {
    let opens = 0;
    const open = (): Promise<void> => {
      if (++opens < 3) throw new Error("dns");
      return Promise.resolve();
    };
    const { sink, sums } = scripted([() => {}], { open });
    const { clock, metrics } = setUp(sink, { exportIntervalMs: MINUTE_MS });
    metrics.count("a", 5);
    await clock.advance(5 * MINUTE_MS);
    expect(opens).toBe(3);
    expect(sums()).toEqual([[5]]);
    await metrics.close();
  });

  test("that failed before there was data is tried again when there is, at the latest after its back-off", async () => {
    const random = vi.spyOn(Math, "random").mockReturnValue(0.999);
    let opens = 0;
    const { sink, sums } = scripted([() => {}], {
      open: () => (++opens < 2 ? Promise.reject(new Error("down")) : Promise.resolve()),
    });
    const { clock, metrics } = setUp(sink, { exportIntervalMs: 100 });
    await metrics.start();
    metrics.count("a", 5);
    await clock.advance(1_100);
    expect(sums()).toEqual([[5]]);
    await metrics.close();
    random.mockRestore();
  });

  test("that succeeds after it failed is reported, even if there is nothing to export yet", async () => {
    let opens = 0;
    const { sink } = scripted([() => {}], {
      open: () => (++opens < 2 ? Promise.reject(new Error("down")) : Promise.resolve()),
    });
    const { metrics, codes } = setUp(sink);
    await metrics.start();
    await metrics.start();
    expect(codes()).toEqual(["open_failed", "recovered"]);
    await metrics.close();
    expect(codes()).toEqual(["open_failed", "recovered"]);
  });

  test("that succeeds only after close() is closed again", async () => {
    const log: string[] = [];
    const { sink } = scripted([() => {}], {
      open: async () => {
        await new Promise<void>((resolve) => void clock.setTimer(resolve, 60_000));
        log.push("opened");
      },
      close: async ({ signal }) => void log.push(signal.aborted ? "close, late" : "close"),
    });
    const { clock, metrics, codes } = setUp(sink);
    metrics.count("a");
    const closed = metrics.close({ timeoutMs: 1_000 });
    await clock.advance(1_000);
    expect(await closed).toMatchObject({ pending: 1 });
    await clock.advance(60_000);
    expect(log).toEqual(["close", "opened", "close, late"]);
    expect(codes()).toEqual(["undelivered"]);
  });

  test("that succeeds while close() waits for it has its sink closed once", async () => {
    for (const opensAfterMs of [500, 800, 874]) {
      const aborted: boolean[] = [];
      const { sink } = scripted([() => {}], {
        open: () => new Promise<void>((resolve) => void clock.setTimer(resolve, opensAfterMs)),
        close: async ({ signal }) => void aborted.push(signal.aborted),
      });
      const { clock, metrics } = setUp(sink);
      metrics.count("a");
      const closed = metrics.close({ timeoutMs: 1_000 });
      await clock.advance(2_000);
      await closed;
      expect(aborted).toEqual([false]);
    }
  });

  test("that hangs is not called twice, and start() gives up on it after a time", async () => {
    const open = vi.fn(() => new Promise<void>(() => {}));
    const { sink } = scripted([() => {}], { open });
    const { clock, metrics, errors } = setUp(sink, { exportTimeoutMs: 3_000 });
    const started = metrics.start();
    metrics.count("a");
    await clock.advance(10 * MINUTE_MS);
    await started;
    const closed = metrics.close();
    await clock.advance(10_000);
    expect(await closed).toMatchObject({ pending: 1 });
    expect(open).toHaveBeenCalledTimes(1);
    expect(errors[0]).toMatchObject({ code: "open_failed" });
    expect(errors[0]?.message).toContain("open() took longer than 3000 ms");
  });

  test("that says its configuration is wrong rejects start(), and close() does not wait for it", async () => {
    const cause = Object.assign(new Error("no API key"), { retryable: false });
    const { sink } = scripted([() => {}], { open: () => Promise.reject(cause) });
    const { clock, metrics } = setUp(sink);
    await expect(metrics.start()).rejects.toMatchObject({ code: "open_failed", cause });
    metrics.count("a");
    expect(await metrics.close()).toMatchObject({ pending: 1 });
    expect(sink.close).toHaveBeenCalledTimes(1);
    expect(clock.pendingTimers()).toBe(0);
  });
});

describe("close()", () => {
  test("keeps trying within its deadline", async () => {
    const { sink } = scripted([fail, fail, fail, () => {}]);
    const { clock, metrics } = setUp(sink);
    metrics.count("a", 5);
    const closed = metrics.close({ timeoutMs: 20_000 });
    await clock.advance(20_000);
    expect(await closed).toMatchObject({ ok: true, delivered: 1 });
  });

  test.each<[string, Partial<MetricsSink>]>([
    ["export() never settles", { export: () => new Promise(() => {}) }],
    ["close() never settles", { close: () => new Promise(() => {}) }],
    ["open() never settles", { open: () => new Promise(() => {}) }],
    [
      "nothing ever settles",
      {
        open: () => new Promise(() => {}),
        export: () => new Promise(() => {}),
        close: () => new Promise(() => {}),
      },
    ],
    [
      "close() throws at once",
      {
        close: () => {
          throw new Error("close");
        },
      },
    ],
    ["export() fails at once", { export: () => Promise.reject(new Error("down")) }],
  ])(
    "of a sink whose %s resolves within its deadline, calls the sink's close and leaves no timer",
    async (_, more) => {
      const close = vi.fn(more.close ?? (async () => {}));
      const { sink } = scripted([() => {}], { ...more, close });
      const { clock, metrics, only } = setUp(sink);
      metrics.count("a", 5);
      let result: Awaited<ReturnType<typeof metrics.close>> | undefined;
      void metrics.close({ timeoutMs: 4_000 }).then((given) => (result = given));
      await clock.advance(4_000);
      expect(result).toBeDefined();
      expect((result?.delivered ?? 0) + (result?.pending ?? 0)).toBe(1);
      expect(only()?.pending.snapshots).toBe(result?.pending);
      expect(close).toHaveBeenCalledTimes(1);
      await clock.advance(MINUTE_MS);
      expect(clock.pendingTimers()).toBe(0);
    },
  );

  test("stops a running export early enough for the sink to say what it delivered", async () => {
    const reasons: unknown[] = [];
    const heed: Answer = (snapshots, signal) =>
      new Promise((resolve) =>
        signal.addEventListener("abort", () => {
          reasons.push(signal.reason);
          resolve({ retry: snapshots.slice(1) });
        }),
      );
    const { sink } = scripted([heed]);
    const { clock, metrics, codes } = setUp(sink);
    metrics.count("a", 1, { i: 1 });
    metrics.count("a", 1, { i: 2 });
    const closed = metrics.close({ timeoutMs: 4_000 });
    await clock.advance(4_000);
    expect(await closed).toMatchObject({ ok: false, delivered: 1, pending: 1 });
    expect(reasons).toMatchObject([{ name: "AbortError", message: "The manager is closing." }]);
    expect(codes()).toEqual(["undelivered"]);
  });

  test("gives the sink's close a signal that is not aborted yet", async () => {
    const aborted: boolean[] = [];
    const { sink } = scripted([fail], {
      close: async ({ signal }) => void aborted.push(signal.aborted),
    });
    const { clock, metrics } = setUp(sink);
    metrics.count("a");
    const closed = metrics.close({ timeoutMs: 1_000 });
    await clock.advance(1_000);
    await closed;
    expect(aborted).toEqual([false]);
  });

  test.each([1_000, 2_000, 4_000, 10_000])(
    "within %d ms leaves time for the sink's close, though an export ignores its abort",
    async (timeoutMs) => {
      const aborted: boolean[] = [];
      const { sink } = scripted([hang], {
        close: async ({ signal }) => {
          await new Promise<void>((resolve) => void clock.setTimer(resolve, timeoutMs / 20));
          aborted.push(signal.aborted);
        },
      });
      const { clock, metrics, codes } = setUp(sink);
      metrics.count("a");
      const closed = metrics.close({ timeoutMs });
      await clock.advance(timeoutMs);
      await closed;
      expect(aborted).toEqual([false]);
      expect(codes()).toEqual(["undelivered"]);
    },
  );

  test("ends the flushes that are still waiting", async () => {
    const { sink } = scripted([() => {}], { open: () => new Promise(() => {}) });
    const { clock, metrics } = setUp(sink);
    metrics.count("a");
    const flushed = metrics.flush();
    const closed = metrics.close({ timeoutMs: 1_000 });
    await clock.advance(1_000);
    expect(await closed).toMatchObject({ pending: 1 });
    expect(await flushed).toMatchObject({ pending: 1 });
    expect(clock.pendingTimers()).toBe(0);
  });

  test.each<[string, MetricsSink["close"], string[]]>([
    ["never settles", () => new Promise(() => {}), ["did not close in time"]],
    ["throws", () => Promise.reject(new Error("socket")), ["could not be closed: socket"]],
    ["settles", () => Promise.resolve(), []],
    ["is missing", undefined, []],
  ])("reports what went wrong if the sink's close %s", async (_, close, expected) => {
    const signals: AbortSignal[] = [];
    const { export: take } = scripted([() => {}]).sink;
    const watched: MetricsSink["close"] = (options) => {
      signals.push(options.signal);
      return close?.(options) ?? Promise.resolve();
    };
    const sink: MetricsSink =
      close === undefined ? { export: take } : { export: take, close: watched };
    const { clock, metrics, errors } = setUp(sink);
    metrics.count("a");
    const closed = metrics.close({ timeoutMs: 1_000 });
    await clock.advance(1_000);
    expect(await closed).toMatchObject({ ok: true });
    expect(errors.map(({ code, message }) => `${code}: ${message}`)).toEqual(
      expected.map((what) => `close_failed: sink "sink" ${what}`),
    );
    expect(errors.map(({ cause }) => cause instanceof Error)).toEqual(
      expected.map((what) => what.includes("socket")),
    );
    expect(signals.every(({ aborted }) => aborted)).toBe(true);
  });

  test("does not wait for a vendor that wants no call until after its deadline", async () => {
    const { sink, offered } = scripted([
      (snapshots) => ({ retry: snapshots, retryAfterMs: 60_000 }),
    ]);
    const { metrics } = setUp(sink);
    metrics.count("a");
    expect(await metrics.close({ timeoutMs: 5_000 })).toMatchObject({ pending: 1 });
    expect(offered).toHaveLength(1);
  });

  test("tries again after a pause, not at once and not just once", async () => {
    const { sink, offered } = scripted([fail]);
    const { clock, metrics } = setUp(sink);
    metrics.count("a");
    const closed = metrics.close({ timeoutMs: 8_000 });
    await clock.advance(8_000);
    await closed;
    expect(offered.length).toBeGreaterThan(3);
    expect(offered.length).toBeLessThanOrEqual(60);
  });

  test("pauses longer after each failure, but never for more than half of its remaining time", async () => {
    const random = vi.spyOn(Math, "random").mockReturnValue(0.999);
    const times: number[] = [];
    const { sink } = scripted([
      () => {
        times.push(clock.monotonicTime());
        throw new Error("down");
      },
    ]);
    const { clock, metrics } = setUp(sink);
    metrics.count("a");
    const start = clock.monotonicTime();
    const closed = metrics.close({ timeoutMs: 23_000 });
    await clock.advance(23_000);
    expect(await closed).toMatchObject({ pending: 1 });
    // Of the 20 s until its reserve: 1, 2 and 4 s of back-off, then half of what is left.
    expect(times.slice(0, 5).map((time) => Math.round((time - start) / 500) / 2)).toEqual([
      0, 1, 3, 7, 13.5,
    ]);
    random.mockRestore();
  });

  test("does not make quick attempts at the end, even if timers fire a little early", async () => {
    const random = vi.spyOn(Math, "random").mockReturnValue(0);
    const times: number[] = [];
    const clock = new ManualClock();
    const metrics = new MetricsManager({
      sink: {
        export: async () => {
          times.push(clock.monotonicTime());
          throw new Error("down");
        },
      },
      clock: {
        wallTime: () => clock.wallTime(),
        monotonicTime: () => clock.monotonicTime(),
        setTimer: (callback, delayMs, keepAlive) =>
          clock.setTimer(callback, delayMs - 0.7, keepAlive),
      },
      onError: () => {},
    });
    metrics.count("a");
    const closed = metrics.close({ timeoutMs: 2_000 });
    await clock.advance(2_000);
    expect(await closed).toMatchObject({ pending: 1 });
    const gaps = times.slice(1).map((time, i) => time - (times[i] ?? 0));
    expect(gaps.filter((gap) => gap < 99)).toEqual([]);
    expect(gaps.length).toBeGreaterThan(10);
    random.mockRestore();
  });

  test("with no time at all still closes the sink and says what is left", async () => {
    const { sink } = scripted([hang]);
    const { clock, metrics } = setUp(sink);
    metrics.count("a");
    const closed = metrics.close({ timeoutMs: 0 });
    await clock.advance(0);
    expect(await closed).toMatchObject({ ok: false, pending: 1 });
    expect(sink.close).toHaveBeenCalledTimes(1);
  });
});

test("an outage is coalesced too if only flushes close windows", async () => {
  let isDown = true;
  const { sink, offered } = scripted([
    () => {
      if (isDown) throw new Error("down");
    },
  ]);
  const { clock, metrics, only } = setUp(sink, { coalesceAfterSnapshots: 10 });
  for (let i = 0; i < 500; i++) {
    metrics.count("a", 1);
    await metrics.flush();
    await clock.advance(SECOND_MS);
    // Merging begins only above the limit.
    if (i < 10) expect(only()).toMatchObject({ pending: { snapshots: i + 1 }, coalesced: 0 });
  }
  expect(only()?.pending).toMatchObject({ observations: 500 });
  expect(only()?.pending.snapshots).toBeLessThanOrEqual(11);
  expect(only()?.coalesced).toBe(500 - (only()?.pending.snapshots ?? 0));
  isDown = false;
  await metrics.flush();
  expect(only()).toMatchObject({ delivered: { observations: 500 }, pending: { snapshots: 0 } });
  expect(offered.at(-1)?.reduce((total, { sum }) => total + sum, 0)).toBe(500);
  await metrics.close();
});

describe("what is older than the vendor accepts", () => {
  test("is rejected when its turn comes, and the rest is exported", async () => {
    const { sink, sums } = scripted([fail, () => {}], { maxAgeMs: HOUR_MS });
    const { clock, metrics, errors, only } = setUp(sink);
    metrics.count("a", 1);
    clock.block(1);
    await metrics.flush();
    metrics.count("a", 2);
    clock.block(HOUR_MS);
    expect(await metrics.flush()).toMatchObject({ delivered: 1, rejected: 1, pending: 0 });
    expect(sums()).toEqual([[1], [2]]);
    expect(only()?.rejected).toEqual({ snapshots: 1, observations: 1 });
    expect(errors[1]).toMatchObject({ code: "rejected", affected: 1, sink: "scripted" });
    expect(errors[1]?.message).toContain("lost 1 snapshot older than the 3600000 ms");
    await metrics.close();
  });

  test("is rejected without a new window to push it out", async () => {
    const { sink, offered } = scripted(
      [(snapshots) => ({ retry: snapshots, retryAfterMs: HOUR_MS })],
      {
        maxAgeMs: MINUTE_MS,
      },
    );
    const { clock, metrics, codes, only } = setUp(sink);
    metrics.count("a");
    await metrics.flush();
    await clock.advance(HOUR_MS);
    expect(only()).toMatchObject({ rejected: { snapshots: 1 }, pending: { snapshots: 0 } });
    expect(offered).toHaveLength(1);
    expect(codes()).toEqual(["export_failed", "rejected"]);
    await metrics.close();
  });

  test("is rejected with the next window, while the vendor wants no call", async () => {
    const { sink } = scripted([(snapshots) => ({ retry: snapshots, retryAfterMs: HOUR_MS })], {
      maxAgeMs: 2 * MINUTE_MS,
    });
    const { clock, metrics, only } = setUp(sink, { exportIntervalMs: MINUTE_MS });
    metrics.count("a");
    await clock.advance(4 * MINUTE_MS);
    expect(only()).toMatchObject({ rejected: { snapshots: 1 }, pending: { snapshots: 0 } });
    await metrics.close();
  });
});

test("snapshots whose sum would be infinite are not merged", async () => {
  let isDown = true;
  const { sink, offered } = scripted([
    () => {
      if (isDown) throw new Error("down");
    },
  ]);
  const { clock, metrics } = setUp(sink, { coalesceAfterSnapshots: 1 });
  for (let i = 0; i < 5; i++) {
    metrics.count("a", 1e308);
    await metrics.flush();
    await clock.advance(1);
  }
  isDown = false;
  await metrics.flush();
  expect(offered.at(-1)?.map(({ sum }) => sum)).toEqual([1e308, 1e308, 1e308, 1e308, 1e308]);
});

test("a large window in small exports does not take time that grows with its square", async () => {
  let count = 0;
  const { sink } = scripted([(snapshots) => void (count += snapshots.length)], {
    maxExportSnapshots: 20,
  });
  const { metrics } = setUp(sink, { maxSeriesPerMetric: 60_000 });
  for (let i = 0; i < 60_000; i++) metrics.count("a", 1, { i });
  expect(await metrics.flush()).toMatchObject({ delivered: 60_000 });
  expect(count).toBe(60_000);
});

test("nobody can change a snapshot: what a sink writes to one reaches neither another sink nor stats()", async () => {
  const vandal = scripted([
    (snapshots) => {
      for (const snapshot of snapshots) {
        Reflect.set(snapshot, "count", 99);
        Reflect.set(snapshot.histogram ?? {}, "zeroCount", 99);
      }
      return { retry: snapshots };
    },
    () => {},
  ]);
  const other = scripted([() => {}]);
  const { metrics } = setUp([vandal.sink, other.sink], { coalesceAfterSnapshots: 1 });
  for (let i = 1; i <= 3; i++) {
    metrics.distribution("a", i);
    await metrics.flush();
  }
  for (const { offered } of [vandal, other])
    expect(offered.flat().map(({ count, histogram }) => [count > 3, histogram?.zeroCount])).toEqual(
      offered.flat().map(() => [false, 0]),
    );
  expect(metrics.stats().sinks).toMatchObject([
    { delivered: { observations: 3 }, pending: { observations: 0 } },
    { delivered: { observations: 3 }, pending: { observations: 0 } },
  ]);
});
