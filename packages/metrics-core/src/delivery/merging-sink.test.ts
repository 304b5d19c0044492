import { expect, test } from "vitest";
import type { MetricSnapshot } from "../contract/metric-snapshot.ts";
import type { MetricsSink } from "../contract/metrics-sink.ts";
import { MetricsManager } from "../metrics-manager.ts";
import { ManualClock } from "../windows/manual-clock.ts";

/** Enough for several parts. */
const SERIES = 1_000;

/** What becomes of one window of a sink that keeps all parts, and returns them in pieces with the last one. */
async function flushed(
  piecesOf: (all: readonly MetricSnapshot[]) => Generator<readonly MetricSnapshot[]>,
  series = SERIES,
) {
  const kept: MetricSnapshot[] = [];
  let pieces: Generator<readonly MetricSnapshot[]> | undefined;
  const exported: MetricSnapshot[] = [];
  const sink: MetricsSink = {
    prepare(window, { last }) {
      kept.push(...window);
      if (!last) return [];
      pieces ??= piecesOf(kept);
      const { value } = pieces.next();
      return value === undefined ? [] : { snapshots: value, more: true };
    },
    export: async (all) => void exported.push(...all),
  };
  const reports: string[] = [];
  const metrics = new MetricsManager({
    clock: new ManualClock(),
    sink,
    exportIntervalMs: 0,
    maxSeriesPerMetric: 100_000,
    onError: ({ code, message }) => void reports.push(`${code}: ${message}`),
  });
  for (let i = 0; i < series; i++) metrics.count("hits", 2, { id: i });
  const { ok, delivered, rejected, pending } = await metrics.flush();
  const [stats] = metrics.stats().sinks;
  const observations = [stats?.prepared, stats?.delivered, stats?.rejected].map(
    (tally) => tally?.observations,
  );
  await metrics.close();
  return { result: { ok, delivered, rejected, pending }, observations, reports };
}

test("what a sink has kept when it fails with the last part is rejected", async () => {
  const { result, observations, reports } = await flushed(function* (all) {
    if (all.length > 0) throw new Error("no merge");
    yield all;
  });
  expect(result).toEqual({ ok: false, delivered: 0, rejected: SERIES, pending: 0 });
  expect(observations).toEqual([SERIES, 0, SERIES]);
  expect(reports).toEqual([expect.stringContaining("lost 1000 snapshots of it: no merge")]);
});

test("a piece that is wrong costs only itself", async () => {
  const { result, observations, reports } = await flushed(function* (all) {
    yield all.slice(0, 300).map((each) => ({ ...each }));
    yield all.slice(300, 400).map((each) => ({ ...each, count: 0.5 }));
    yield all.slice(400).map((each) => ({ ...each }));
  });
  expect(result).toEqual({ ok: false, delivered: 900, rejected: 100, pending: 0 });
  expect(observations).toEqual([SERIES, 900, 100]);
  expect(reports).toEqual([expect.stringContaining("lost 100 snapshots")]);
});

test("a sink may return its series one by one, but not without end", async () => {
  const many = 10_500;
  const one = await flushed(function* (all) {
    for (const each of all) yield [{ ...each }];
  }, many);
  expect(one.result).toEqual({ ok: true, delivered: many, rejected: 0, pending: 0 });
  const endless = await flushed(function* (all) {
    const [first] = all;
    for (let i = 0; first !== undefined; i++) yield [{ ...first, name: `more ${i}` }];
  }, 1);
  expect(endless.reports).toContainEqual(expect.stringContaining("says without end"));
});
