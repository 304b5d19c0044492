import { describe, expect, test, vi } from "vitest";
import type { ExportResult, MetricsSink } from "../contract/metrics-sink.ts";
import type { MetricSnapshot } from "../contract/metric-snapshot.ts";
import { MetricsManager } from "../metrics-manager.ts";
import type { MetricsError } from "../problems/metrics-error.ts";
import { ManualClock } from "../windows/manual-clock.ts";

const MINUTE_MS = 60_000;

type Export = (
  snapshots: readonly MetricSnapshot[],
  signal: AbortSignal,
) => Promise<ExportResult | void>;

function setUp(sinks: readonly Partial<MetricsSink>[]) {
  const clock = new ManualClock();
  const errors: MetricsError[] = [];
  const metrics = new MetricsManager({
    clock,
    sink: sinks.map((sink, i) => ({ name: `sink ${i + 1}`, export: async () => {}, ...sink })),
    exportIntervalMs: 0,
    onError: (error) => errors.push(error),
  });
  metrics.count("a");
  /** Closes it, and says when that was over. */
  async function close(timeoutMs: number) {
    const start = clock.monotonicTime();
    const closed = metrics.close({ timeoutMs }).then((result) => {
      return { result, tookMs: clock.monotonicTime() - start, timers: clock.pendingTimers() };
    });
    await clock.advance(timeoutMs + 1);
    return closed;
  }
  return { clock, metrics, errors, close };
}

function exporting(run: Export): Partial<MetricsSink> {
  return { export: (snapshots, { signal }) => run(snapshots, signal) };
}

/** Resolves so long after the signal has aborted. */
function afterAbort(signal: AbortSignal, clock: ManualClock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => void clock.setTimer(resolve, ms));
  });
}

const refuse = (): Promise<never> => Promise.reject(new Error("connection refused"));
const hang = (): Promise<never> => new Promise(() => {});

describe("close() says why snapshots are left", () => {
  test("because the vendor asked for a pause after a failure that is longer than the deadline", async () => {
    const cause = new Error("429 Too Many Requests");
    const { metrics, errors, close } = setUp([
      exporting(async (snapshots) => ({ retry: snapshots, cause, retryAfterMs: MINUTE_MS })),
    ]);
    await metrics.flush();
    const { result, tookMs } = await close(5_000);
    expect(result.sinks[0]?.error).toMatchObject({ code: "export_failed", cause });
    expect(errors.at(-1)).toMatchObject({
      code: "undelivered",
      affected: 1,
      cause: { code: "export_failed", cause },
    });
    expect(tookMs).toBe(0);
  });

  test("because the vendor asked for a pause after a success that is longer than the deadline", async () => {
    const { metrics, close } = setUp([exporting(async () => ({ retryAfterMs: MINUTE_MS }))]);
    await metrics.flush();
    metrics.count("a");
    const { result } = await close(5_000);
    expect(result.sinks[0]?.error?.message).toBe(
      'sink "sink 1" asked not to be called in the next 60000 ms',
    );
  });

  test("because the export hung, and for how long", async () => {
    const { errors, close } = setUp([exporting(hang)]);
    const { result } = await close(10_000);
    expect(result).toMatchObject({ pending: 1 });
    // It began at once, was stopped after 7,500 ms, and was given up a second later.
    expect(result.sinks[0]?.error?.message).toBe(
      'sink "sink 1" was exporting for 8500 ms and did not stop when the manager was closing; 1 snapshot not delivered',
    );
    expect(errors.map(({ code }) => code)).toEqual(["undelivered"]);
    expect(errors[0]?.cause).toBe(result.sinks[0]?.error);
  });

  test("because the export did not stop before the end", async () => {
    const { metrics, errors, close } = setUp([exporting(hang)]);
    const { result } = await close(1_000);
    expect(result.sinks[0]?.error?.message).toBe(
      'sink "sink 1" has not settled its export() after 1000 ms',
    );
    expect(errors.map(({ code }) => code)).toEqual(["undelivered"]);
    expect(metrics.stats().sinks[0]).toMatchObject({
      pending: { snapshots: 1 },
      possiblyDuplicated: { snapshots: 1 },
      lastError: result.sinks[0]?.error,
    });
  });

  test("because the export was stopped, with the cause that the sink gave", async () => {
    const cause = new Error("no answer yet");
    const { close } = setUp([
      exporting(
        (snapshots, signal) =>
          new Promise((resolve) => {
            signal.addEventListener("abort", () => resolve({ retry: snapshots, cause }));
          }),
      ),
    ]);
    const { result } = await close(10_000);
    expect(result.sinks[0]?.error).toMatchObject({ code: "export_failed", affected: 1, cause });
    expect(result.sinks[0]?.error?.message).toBe(
      'sink "sink 1" was stopped after 7500 ms of an export, because the manager was closing: no answer yet; 1 snapshot not delivered',
    );
  });

  test("because the export was stopped, with the earlier failure if the sink gave no cause", async () => {
    let exports = 0;
    const { close } = setUp([
      exporting((snapshots, signal) => {
        if (++exports === 1) return refuse();
        return new Promise((resolve) => {
          signal.addEventListener("abort", () => resolve({ retry: snapshots }));
        });
      }),
    ]);
    const { result } = await close(10_000);
    expect(result.sinks[0]?.error?.message).toContain("because the manager was closing");
    expect(result.sinks[0]?.error?.cause).toMatchObject({
      code: "export_failed",
      cause: { message: "connection refused" },
    });
  });

  test("in words: the message has the failure before the export that was stopped", async () => {
    let exports = 0;
    const { metrics, errors, close } = setUp([
      exporting(() => (exports++ === 0 ? refuse() : hang())),
    ]);
    await metrics.flush();
    const { result } = await close(5_000);
    expect(result.sinks[0]?.error?.message).toMatch(/the attempt before: connection refused$/);
    const undelivered = errors.find(({ code }) => code === "undelivered");
    expect(undelivered?.message).toMatch(/the attempt before: connection refused$/);
  });

  test("and stats() keeps it when the sink does not close either", async () => {
    const { metrics, close } = setUp([
      { ...exporting(refuse), close: () => Promise.reject(new Error("did not close in time")) },
    ]);
    await metrics.flush();
    await close(0);
    const [sink] = metrics.stats().sinks;
    expect(sink?.lastError).toMatchObject({ code: "close_failed" });
    expect(sink?.lastFailure?.message).toContain("connection refused");
  });

  test("because the sink did not open", async () => {
    const { close } = setUp([{ open: hang }]);
    const { result } = await close(1_000);
    expect(result.sinks[0]?.error).toMatchObject({ code: "open_failed" });
    expect(result.sinks[0]?.error?.message).toContain(
      "had not settled when the manager was closing",
    );
  });

  test("because there was no time", async () => {
    const { close } = setUp([{ open: hang }]);
    const { result } = await close(0);
    expect(result.sinks[0]?.error).toBeDefined();
  });

  test("and so does flush() while an export is under way", async () => {
    const { clock, metrics } = setUp([exporting(hang)]);
    const flushed = metrics.flush({ timeoutMs: 700 });
    await clock.advance(700);
    expect((await flushed).sinks[0]?.error?.message).toBe(
      'sink "sink 1" has not settled its export() after 700 ms',
    );
    const closed = metrics.close();
    await clock.advance(10_000);
    await closed;
  });

  test("but gives no reason for a sink that has received everything", async () => {
    const { close } = setUp([{}]);
    expect((await close(1_000)).result.sinks).toEqual([
      { name: "sink 1", delivered: 1, rejected: 0, pending: 0 },
    ]);
  });
});

describe("close() uses its deadline", () => {
  test.each([
    [5_000, 800],
    [1_000, 200],
    [10_000, 990],
  ])("of %i ms for an export that settles %i ms after it was stopped", async (timeoutMs, ms) => {
    const { clock, metrics, close } = setUp([
      exporting((_, signal) => afterAbort(signal, clock, ms)),
    ]);
    const { result, tookMs, timers } = await close(timeoutMs);
    expect(result).toMatchObject({ ok: true, delivered: 1, pending: 0 });
    expect(metrics.stats().sinks[0]).toMatchObject({ delivered: { snapshots: 1 } });
    expect(tookMs).toBeLessThanOrEqual(timeoutMs);
    expect(timers).toBe(0);
  });

  test("and closes the sink while an export is under way, because closing may end the export", async () => {
    let release = (): void => {};
    const { close } = setUp([
      {
        export: () => new Promise<void>((resolve) => (release = resolve)),
        close: async () => release(),
      },
    ]);
    const { result, tookMs } = await close(2_000);
    expect(result).toMatchObject({ delivered: 1 });
    expect(tookMs).toBe(1_750);
  });

  test("and does not wait once everything has settled", async () => {
    const { close } = setUp([{}, exporting(refuse)]);
    const { tookMs } = await close(3_600_000);
    expect(tookMs).toBeLessThan(3_600_000);
  });
});

describe("once close() has resolved", () => {
  test("what an export returns later is ignored and not reported", async () => {
    for (const end of ["resolve", "reject", "answer"] as const) {
      const settle: (() => void)[] = [];
      const { clock, metrics, errors, close } = setUp([
        exporting(
          (snapshots) =>
            new Promise((resolve, reject) => {
              settle.push(() => {
                if (end === "resolve") resolve();
                else if (end === "reject") reject(new Error("late"));
                else
                  resolve({
                    rejected: snapshots.map((snapshot) => ({ snapshot, reason: "late" })),
                  });
              });
            }),
        ),
      ]);
      const { timers } = await close(1_000);
      expect(timers).toBe(0);
      const [stats, told] = [metrics.stats(), errors.length];
      settle.forEach((each) => each());
      await clock.advance(10 * MINUTE_MS);
      expect(metrics.stats()).toEqual(stats);
      expect(errors).toHaveLength(told);
    }
  });

  test("no timer is left, nothing is exported, and flush() gives the same result", async () => {
    const run = vi.fn(refuse);
    const { clock, metrics, close } = setUp([exporting(run), { open: hang }, exporting(hang)]);
    const { result, timers } = await close(2_000);
    expect(timers).toBe(0);
    const calls = run.mock.calls.length;
    await clock.advance(10 * MINUTE_MS);
    expect(run).toHaveBeenCalledTimes(calls);
    expect(await metrics.flush()).toBe(result);
  });

  test("a start() that waits for a sink has resolved too", async () => {
    const { metrics, close } = setUp([exporting(hang), { open: hang }]);
    let isStarted = false;
    void metrics.start().then(() => (isStarted = true));
    await close(1_000);
    expect(isStarted).toBe(true);
  });
});

describe("a result is made last", () => {
  test("counts as delivered what one sink delivers while flush() waits for another", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0.5);
    let isDown = true;
    const { clock, metrics } = setUp([
      exporting(async () => {
        if (isDown) throw new Error("down");
      }),
      exporting(() => new Promise((resolve) => void clock.setTimer(resolve, 5_000))),
    ]);
    const flushed = metrics.flush();
    await clock.advance(0);
    isDown = false;
    await clock.advance(5_000);
    expect(await flushed).toMatchObject({
      ok: true,
      delivered: 2,
      sinks: [{ delivered: 1, pending: 0 }, { delivered: 1 }],
    });
    vi.restoreAllMocks();
    await metrics.close();
  });

  test("close() agrees with stats(), even if one sink settles while close() waits for another", async () => {
    const { clock, metrics, close } = setUp([
      exporting((_, signal) => afterAbort(signal, clock, 100)),
      exporting(hang),
    ]);
    const { result } = await close(4_000);
    expect(result.sinks.map(({ delivered, pending }) => [delivered, pending])).toEqual([
      [1, 0],
      [0, 1],
    ]);
    expect(metrics.stats().sinks.map(({ delivered }) => delivered.snapshots)).toEqual([1, 0]);
  });
});
