import { describe, expect, test } from "vitest";
import { MetricsManager } from "../metrics-manager.ts";
import type { MetricsSink } from "../contract/metrics-sink.ts";
import { ManualClock } from "../windows/manual-clock.ts";
import { withView } from "../views/with-view.ts";

const MINUTE_MS = 60_000;

function setUp(settings: Partial<MetricsSink> = { opensLate: true }, viewed = false) {
  const calls: string[] = [];
  const sink: MetricsSink = {
    ...settings,
    open: async () => void calls.push("open"),
    export: async (snapshots) => void calls.push(`export ${snapshots.length}`),
  };
  const clock = new ManualClock();
  const metrics = new MetricsManager({
    sink: viewed ? withView(sink, [{ match: "debug.*", drop: true }]) : sink,
    clock,
  });
  return { calls, clock, metrics };
}

describe("a sink that opens late", () => {
  test("is opened for its first export, and not at the first observation", async () => {
    const { calls, clock, metrics } = setUp();
    metrics.count("a");
    await clock.advance(1_000);
    expect(calls).toEqual([]);
    await clock.advance(2 * MINUTE_MS);
    expect(calls).toEqual(["open", "export 1"]);
  });

  test("another sink is opened at the first observation", async () => {
    const { calls, clock, metrics } = setUp({});
    metrics.count("a");
    await clock.advance(0);
    expect(calls).toEqual(["open"]);
  });

  test.each([
    ["start()", (metrics: MetricsManager) => metrics.start(), ["open"]],
    ["flush()", (metrics: MetricsManager) => metrics.flush(), ["open", "export 1"]],
    ["close()", (metrics: MetricsManager) => metrics.close(), ["open", "export 1"]],
  ])("is opened by %s, also after the first observation", async (_, call, expected) => {
    const { calls, clock, metrics } = setUp();
    metrics.count("a");
    await clock.advance(1_000);
    await call(metrics);
    expect(calls.slice(0, expected.length)).toEqual(expected);
  });

  test("opens late behind a view too", async () => {
    const { calls, clock, metrics } = setUp({ opensLate: true }, true);
    metrics.count("a");
    await clock.advance(1_000);
    expect(calls).toEqual([]);
  });
});

test("a sink that is pulled is opened, although close() comes right after the first observation", async () => {
  const { calls, metrics } = setUp({ pull: true, prepare: () => [] });
  metrics.count("a");
  await metrics.close();
  expect(calls).toEqual(["open"]);
});
