import type { MetricSnapshot } from "@aiokpl/metrics-core";
import { exampleSnapshots, type IntakeServer, startIntakeServer } from "@aiokpl/sink-testkit";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { DatadogSinkOptions } from "./datadog-options.ts";
import { DatadogSink } from "./datadog-sink.ts";
import { fakeDatadog, isTo, storedBy } from "./testing/fake-datadog.ts";

const turns = vi.hoisted(() => ({ taken: 0, onNext: (): void => {} }));

// Every turn is over at once, so that others run wherever they can.
vi.mock(import("@aiokpl/metrics-core/sink"), async (importOriginal) => {
  const original = await importOriginal();
  class ShortestTurn extends original.WorkTurn {
    override get isOver(): boolean {
      return true;
    }
    override async next(): Promise<void> {
      turns.taken += 1;
      await super.next();
      turns.onNext();
    }
  }
  return { ...original, WorkTurn: ShortestTurn };
});

const apiKey = "0123456789abcdef0123456789abcdef";
const second = Math.floor(Date.now() / 1_000) * 1_000 - 60_000;
const { signal } = new AbortController();
let intake: IntakeServer;
beforeEach(async () => {
  intake = await startIntakeServer({ script: fakeDatadog });
  turns.taken = 0;
  turns.onNext = () => {};
});
afterEach(() => intake.close());

function sinkTo(options: Partial<DatadogSinkOptions> = {}): DatadogSink {
  return new DatadogSink({
    apiKey,
    baseUrl: intake.url,
    host: "h",
    onWarning: () => {},
    ...options,
  });
}

/** Returns windows of the same second, each with these series. */
function windowsOf(count: number, windows: number, kind: "counter" | "distribution" = "counter") {
  const series = Array.from({ length: count }, (_, i) => ({ name: `m${i}`, kind, values: [1, 2] }));
  return Array.from({ length: windows }, (_, i) =>
    exampleSnapshots({ series, windowStart: second + i * 10, windowMs: 10 }),
  );
}

/** Returns how often each sum is stored at Datadog. */
function sums(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { name, values } of storedBy(intake.accepted)) {
    if (/\.(min|max|count)$/.test(name)) continue;
    const sum = values.reduce((all, each) => all + each, 0);
    counts[sum] = (counts[sum] ?? 0) + 1;
  }
  return counts;
}

test.each([
  ["counters", "counter", {}, 4],
  ["aggregates", "distribution", { percentiles: [0.5] }, 4],
  ["true distributions", "distribution", { distributions: "distribution" }, 2],
] as const)(
  "an export of %s gives way to others in each of its loops",
  async (_, kind, options, loops) => {
    const [window = []] = windowsOf(200, 1, kind);
    expect(await sinkTo(options).export(window, { signal })).toMatchObject({ retry: [] });
    expect(turns.taken).toBeGreaterThanOrEqual(window.length * loops);
  },
);

test("a single distribution of many values gives way to others too", async () => {
  const values = Array.from({ length: 20_000 }, (_, i) => i % 50);
  const [large] = exampleSnapshots({ series: [{ name: "m", kind: "distribution", values }] });
  if (large === undefined) throw new Error("no snapshot");
  await sinkTo({ distributions: "distribution" }).export([large], { signal });
  expect(turns.taken).toBeGreaterThanOrEqual(20);
  expect(storedBy(intake.accepted)[0]?.values).toHaveLength(20_000);
});

test("twins that export the same series at once add up, whatever runs between their turns", async () => {
  const twins = [sinkTo({ maxBatchPoints: 7 }), sinkTo({ maxBatchPoints: 10 })];
  const windows = windowsOf(20, 3);
  const results = await Promise.all(
    twins.map(async (twin) => {
      for (const window of windows) await twin.export(window, { signal });
    }),
  );
  expect(results).toHaveLength(2);
  expect(sums()).toEqual({ [3 * 3 * 2]: 20 });
});

test("an abort while a request is made sends nothing, and nothing is uncertain", async () => {
  const [window = []] = windowsOf(50, 1, "distribution");
  for (const options of [{}, { distributions: "distribution" }] as const) {
    const controller = new AbortController();
    const sink = sinkTo(options);
    await sink.open();
    turns.taken = 0;
    // Admission takes the first 50 turns.
    turns.onNext = () => turns.taken > 70 && controller.abort();
    const result = await sink.export(window, { signal: controller.signal });
    expect(result).toMatchObject({ retry: window, uncertain: [], rejected: [] });
    expect(turns.taken).toBeLessThan(75);
  }
  expect(intake.requests).toEqual([]);
});

test("what Datadog took is remembered, though an abort comes while it is recorded", async () => {
  const [first = [], later = []] = windowsOf(50, 2);
  const controller = new AbortController();
  turns.onNext = () => intake.accepted.length > 0 && controller.abort();
  const sink = sinkTo();
  const isDelivered = { retry: [], uncertain: [], rejected: [] };
  expect(await sink.export(first, { signal: controller.signal })).toMatchObject(isDelivered);
  expect(controller.signal.aborted).toBe(true);
  await sinkTo().export(later, { signal });
  expect(sums()).toEqual({ 6: 50 });
});

test("a write without an answer is known to be in doubt before the next export", async () => {
  const [window = []] = windowsOf(50, 1);
  intake.respondWith({ reset: "mid-body", status: 202, body: '{"status":"ok"}' });
  const sink = sinkTo();
  const { retry } = await sink.export(window, { signal });
  expect(retry).toEqual(window);
  intake.respondWith(fakeDatadog);
  // Meanwhile the window was merged into one that began earlier.
  const merged = window.map((each): MetricSnapshot => ({ ...each, windowStart: second - 5_000 }));
  await sink.export(merged, { signal });
  const stored = storedBy(intake.requests.filter(isTo("series")));
  expect(stored.reduce((all, { values }) => all + (values[0] ?? NaN), 0)).toBe(50 * 3);
});
