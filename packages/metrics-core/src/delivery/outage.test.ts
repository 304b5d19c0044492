import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { ManualClock } from "../windows/manual-clock.ts";
import { mergeSnapshots } from "../histogram/merge-snapshots.ts";
import type { MetricSnapshot } from "../contract/metric-snapshot.ts";
import { MetricsManager } from "../metrics-manager.ts";
import type { MetricsError } from "../problems/metrics-error.ts";
import type { MetricsSink } from "../contract/metrics-sink.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const SERIES = 2_000;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

function heapMiB(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

/** A manager with default settings, and a vendor that is down. */
function setUp(more: Partial<MetricsSink> = {}) {
  const clock = new ManualClock();
  const errors: MetricsError[] = [];
  const delivered: MetricSnapshot[] = [];
  const end = { isDown: true };
  const sink: MetricsSink = {
    export: async (snapshots) => {
      if (end.isDown) throw new Error("down");
      delivered.push(...snapshots);
    },
    ...more,
  };
  const metrics = new MetricsManager({
    clock,
    sink,
    exportIntervalMs: MINUTE_MS,
    metrics: { orders: { kind: "counter" }, time: { kind: "distribution", unit: "ms" } },
    onError: (error) => {
      if (errors.every(({ code }) => code !== error.code)) errors.push(error);
    },
  });
  const series = Array.from({ length: SERIES }, (_, i) =>
    metrics.bind(i % 2 === 0 ? "orders" : "time", { i }),
  );
  const recorded = { count: 0, sum: 0 };

  /** Lets minutes pass, each with an observation of every series. */
  async function pass(minutes: number): Promise<void> {
    for (let minute = 0; minute < minutes; minute++) {
      for (const [i, handle] of series.entries()) {
        const value = minute + i;
        handle.put(value);
        recorded.count++;
        recorded.sum += value;
      }
      await clock.advance(MINUTE_MS);
    }
  }
  const stats = () => metrics.stats().sinks[0];
  return { clock, metrics, end, delivered, errors, recorded, pass, stats };
}

test(
  "an outage of a day keeps totals exact in bounded memory, and delivers them after recovery",
  { timeout: 120_000 },
  async () => {
    const { clock, metrics, end, delivered, recorded, pass, stats } = setUp();
    await pass(1);
    const before = heapMiB();
    await pass(24 * 60 - 1);
    // About 25 MiB are usual.

    expect(heapMiB() - before).toBeLessThan(64);
    expect(stats()?.pending.snapshots).toBeLessThanOrEqual(50_000);
    end.isDown = false;
    await clock.advance(2 * MINUTE_MS);
    expect(stats()).toMatchObject({
      pending: { snapshots: 0 },
      delivered: { observations: recorded.count },
      rejected: { snapshots: 0 },
    });
    expect(delivered.reduce((sum, snapshot) => sum + snapshot.sum, 0)).toBe(recorded.sum);
    const one = delivered.filter(({ dimensions }) => dimensions[0]?.[1] === "7");
    expect(one.reduce(mergeSnapshots)).toMatchObject({
      count: 24 * 60,
      min: 7,
      max: 24 * 60 - 2 + 7,
      last: 24 * 60 - 2 + 7,
    });
    // Spans are aligned, and do not overlap.
    const starts = one.map(({ windowStart }) => windowStart);
    expect(new Set(starts).size).toBe(starts.length);
    await metrics.close();
  },
);

test(
  "with a maximal age, what is fresh arrives after an outage, and what is old is rejected and counted",
  { timeout: 120_000 },
  async () => {
    const { clock, metrics, end, delivered, errors, recorded, pass, stats } = setUp({
      maxAgeMs: HOUR_MS,
    });
    await pass(6 * 60);
    end.isDown = false;
    const recovery = clock.wallTime();
    await clock.advance(2 * MINUTE_MS);
    const { pending, rejected, delivered: counted } = stats() ?? {};
    expect(pending?.snapshots).toBe(0);
    expect((counted?.observations ?? 0) + (rejected?.observations ?? 0)).toBe(recorded.count);
    const oldest = delivered.reduce(
      (time, { windowStart }) => Math.min(time, windowStart),
      recovery,
    );
    expect(oldest).toBeGreaterThanOrEqual(recovery - HOUR_MS);
    // At least the age less one span, which is an eighth of it, must have survived.
    expect(counted?.observations).toBeGreaterThan(SERIES * 60 * 0.8);
    expect(errors.find(({ code }) => code === "rejected")?.message).toContain("3600000 ms");
    await metrics.close();
  },
);
