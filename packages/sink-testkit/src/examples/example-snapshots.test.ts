import { InMemorySink, MetricsManager } from "@aiokpl/metrics-core";
import type { MetricDefinition } from "@aiokpl/metrics-core";
import { ManualClock } from "@aiokpl/metrics-core/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { exampleEvents, exampleSeries, exampleSnapshots } from "./example-snapshots.ts";
import type { ExampleSeries } from "./example-snapshots.ts";

const WINDOW_START = Date.UTC(2030, 0, 1);

/** What a manager exports of the same observations. */
async function asManaged(series: readonly ExampleSeries[]): Promise<readonly unknown[]> {
  const sink = new InMemorySink();
  const clock = new ManualClock(WINDOW_START);
  const metrics = Object.fromEntries(
    series.map(
      ({ name, kind = "counter", unit = "1", description }): [string, MetricDefinition] => [
        name,
        description === undefined ? { kind, unit } : { kind, unit, description },
      ],
    ),
  );
  const manager = new MetricsManager<Record<string, MetricDefinition>>({
    sink,
    clock,
    metrics,
    exportIntervalMs: 0,
  });
  for (const { name, dimensions, values = [1] } of series)
    for (const value of values) manager.put(name, value, dimensions);
  await clock.advance(60_000);
  const closed = manager.close();
  await clock.advance(60_000);
  await closed;
  return sink.allSnapshots.map((snapshot) => ({ ...snapshot, windowStart: 0, windowEnd: 0 }));
}

function asBuilt(series: readonly ExampleSeries[]): readonly unknown[] {
  const snapshots = exampleSnapshots({ series, windowStart: WINDOW_START });
  return snapshots.map((snapshot) => ({ ...snapshot, windowStart: 0, windowEnd: 0 }));
}

describe("exampleSnapshots()", () => {
  it("builds what a manager would", async () => {
    expect(asBuilt(exampleSeries)).toEqual(await asManaged(exampleSeries));
  });

  it("builds the histogram that a manager would, of any values", async () => {
    const values = fc.array(fc.double({ noNaN: true, min: -1e300, max: 1e300 }), {
      minLength: 1,
      maxLength: 40,
    });
    const near = fc.array(fc.double({ noNaN: true, min: 0.5, max: 64 }), {
      minLength: 1,
      maxLength: 40,
    });
    const powers = fc.array(
      fc.integer({ min: -1_074, max: 1_000 }).map((exponent) => 2 ** exponent),
      { minLength: 1, maxLength: 9 },
    );
    await fc.assert(
      fc.asyncProperty(fc.oneof(values, near, powers), async (observed) => {
        const series: readonly ExampleSeries[] = [
          { name: "times", kind: "distribution", values: observed },
        ];
        expect(asBuilt(series)).toEqual(await asManaged(series));
      }),
    );
  });

  it("repeats the series in consecutive windows, the last of which has just ended", () => {
    const before = Date.now();
    const snapshots = exampleSnapshots({ windows: 3, windowMs: 10_000 });
    expect(snapshots).toHaveLength(3 * exampleSeries.length);
    const starts = [...new Set(snapshots.map(({ windowStart }) => windowStart))];
    expect(starts.map((start, index) => start - index * 10_000)).toEqual(
      starts.map(() => starts[0]),
    );
    const end = snapshots.at(-1)?.windowEnd ?? 0;
    expect(end % 10_000).toBe(0);
    expect(end).toBeGreaterThan(before - 10_000);
    expect(end).toBeLessThanOrEqual(Date.now());
    expect(snapshots[0]?.dimensions).toBe(snapshots[exampleSeries.length]?.dimensions);
  });

  it("sorts dimensions by name and marks the overflow series", () => {
    const [snapshot] = exampleSnapshots({
      series: [{ name: "a", dimensions: { b: "1", B: "2", a: "3" }, overflow: true }],
    });
    expect(snapshot).toMatchObject({
      dimensions: [
        ["B", "2"],
        ["a", "3"],
        ["b", "1"],
      ],
      overflow: true,
    });
  });

  it("refuses what no manager would make", () => {
    expect(() => exampleSnapshots({ series: [{ name: "a", values: [] }] })).toThrow(RangeError);
    expect(() => exampleSnapshots({ series: [{ name: "a", values: [Infinity] }] })).toThrow(
      RangeError,
    );
    expect(() =>
      exampleSnapshots({ series: [{ name: "a", kind: "gauge", values: [1e308, 1e308] }] }),
    ).toThrow(RangeError);
    expect(() => exampleSnapshots({ series: [{ name: "a", values: [1, -1] }] })).toThrow(
      "counter a must not be negative",
    );
  });
});

describe("exampleEvents()", () => {
  it("builds the observations that lead to the snapshots", () => {
    const options = { windows: 2, windowStart: WINDOW_START };
    const events = exampleEvents(options);
    for (const snapshot of exampleSnapshots(options)) {
      const own = events.filter(({ name, timestamp, dimensions }) => {
        return (
          name === snapshot.name &&
          timestamp === snapshot.windowStart &&
          JSON.stringify(dimensions) === JSON.stringify(snapshot.dimensions)
        );
      });
      expect(own).toHaveLength(snapshot.count);
      expect(own.at(-1)?.value).toBe(snapshot.last);
    }
  });
});
