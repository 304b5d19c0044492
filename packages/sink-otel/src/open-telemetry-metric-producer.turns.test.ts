import type { MetricSnapshot } from "@aiokpl/metrics-core";
import { exampleSnapshots } from "@aiokpl/sink-testkit";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { OpenTelemetryMetricProducer } from "./open-telemetry-metric-producer.ts";
import { PartedManager } from "./testing/parted-manager.ts";
import { type BetweenTurns, ScriptedTurn } from "./testing/scripted-turn.ts";

let between: BetweenTurns = () => {};
vi.mock(import("./turns/new-turn.ts"), () => ({
  newTurn: () => new ScriptedTurn(() => between()),
}));

/** Names that differ in case share their series; of three ids each, one has no place below the limit. */
const SOURCES = ["a", "A", "b"].flatMap((name) => ["1", "2", "3"].map((id) => ({ name, id })));
const LIMIT = 3;
const HOUR = 3_600_000;
const MOST_OBSERVATIONS = 25;

/** How often each observation is in a sum: the n-th one's value is the n-th power of 4. */
function timesIn(sum: number): readonly number[] {
  return Array.from({ length: MOST_OBSERVATIONS }, (_, i) => Math.floor(sum / 4 ** i) % 4);
}

/** The values of all series, dead ones included, by name, attributes and start. */
type Shown = Map<string, number>;

type Step = "record" | "collect" | "wait an hour" | { readonly part: number };

/** What a test does: its steps, sources of observations, and how many steps come between two turns. */
interface Script {
  readonly steps: readonly Step[];
  readonly sources: readonly number[];
  readonly between: readonly number[];
}

function scripts(...others: fc.Arbitrary<Step>[]): fc.Arbitrary<Script> {
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.constant<Step>("record") },
    { weight: 3, arbitrary: fc.record({ part: fc.integer({ min: 0, max: 5 }) }) },
    { weight: 2, arbitrary: fc.constant<Step>("collect") },
    ...others.map((arbitrary) => ({ weight: 1, arbitrary })),
  );
  return fc.record({
    steps: fc.array(step, { maxLength: 60 }),
    sources: fc.array(fc.nat(SOURCES.length - 1), { maxLength: 30 }),
    between: fc.array(fc.nat(4), { maxLength: 60 }),
  });
}

/** Plays a script. Checks that no series is there twice and none falls; `check` gets what else was shown, and how much had been recorded. */
async function play(
  script: Script,
  check: (times: readonly number[], recordedBefore: number) => void,
): Promise<void> {
  const producer = new OpenTelemetryMetricProducer({
    maxSeriesPerMetric: LIMIT,
    onWarning: () => {},
  });
  const manager = new PartedManager(producer, SOURCES, Date.UTC(2030, 0, 1));
  await producer.open(manager);
  let recorded = 0;
  const record = (source: number): void => {
    if (recorded < MOST_OBSERVATIONS) manager.record(source, 4 ** recorded++);
  };
  // From the first window on, it is known which metrics share their series.
  for (const [source] of SOURCES.entries()) record(source);
  manager.part(SOURCES.length);

  const shown: Shown = new Map();
  const collect = async (): Promise<void> => {
    const recordedBefore = recorded;
    const { resourceMetrics, errors } = await producer.collect();
    expect(errors).toEqual([]);
    const points = resourceMetrics.scopeMetrics
      .flatMap(({ metrics }) => metrics)
      .flatMap(({ descriptor: { name }, dataPoints }) =>
        dataPoints.map(({ attributes, startTime, value }) => ({
          series: JSON.stringify([name, attributes, startTime]),
          value: Number(value),
        })),
      );
    expect(new Set(points.map(({ series }) => series)).size).toBe(points.length);
    expect(points.filter(({ series, value }) => value < (shown.get(series) ?? 0))).toEqual([]);
    for (const { series, value } of points) shown.set(series, value);
    const times = timesIn([...shown.values()].reduce((all, value) => all + value, 0));
    expect(times.slice(recorded).filter((each) => each > 0)).toEqual([]);
    check(times, recordedBefore);
  };

  const steps = [...script.steps];
  const sources = [...script.sources];
  const counts = [...script.between];
  const collections: Promise<void>[] = [];
  const take = (): void => {
    const step = steps.shift();
    if (step === "record") record(sources.shift() ?? 0);
    else if (step === "collect") collections.push(collect());
    else if (step === "wait an hour") manager.advance(HOUR);
    else if (step !== undefined) manager.part(step.part);
  };
  between = () => {
    for (let i = counts.shift() ?? 1; i > 0; i--) take();
  };
  while (steps.length > 0) {
    take();
    await Promise.all(collections.splice(0));
  }
  await collect();
}

test("whatever happens between any two turns of a collection, it has each observation once, and no total falls", async () => {
  const check = (times: readonly number[], recordedBefore: number): void => {
    expect(times.slice(0, recordedBefore).filter((each) => each !== 1)).toEqual([]);
    expect(times.filter((each) => each > 1)).toEqual([]);
  };
  await fc.assert(
    fc.asyncProperty(scripts(), (script) => play(script, check)),
    { numRuns: 300 },
  );
});

test("of a shared series, a collection has both what is committed meanwhile and what is still open", async () => {
  const all: (readonly number[])[] = [];
  await play(
    {
      // Two counters that share a series have something in a window that is being closed, and the second one also in the
      // next. The closed window is committed between the two being read.
      steps: ["record", "record", { part: 0 }, "record", "collect", { part: 5 }],
      sources: [0, 3, 3],
      between: [1, 0, 0, 0, 0],
    },
    (times, recordedBefore) => all.push(times.slice(0, recordedBefore)),
  );
  expect(all.flat().filter((times) => times !== 1)).toEqual([]);
});

test("also if series make room for others, no observation is shown in two of them", async () => {
  const check = (times: readonly number[]): void =>
    expect(times.filter((each) => each > 1)).toEqual([]);
  await fc.assert(
    fc.asyncProperty(scripts(fc.constant("wait an hour")), (script) => play(script, check)),
    { numRuns: 300 },
  );
});

describe("at the limit, two hours after all places were taken", () => {
  const START = Date.UTC(2030, 0, 1);
  const windowAt = (minute: number, ids: readonly string[]): readonly MetricSnapshot[] =>
    exampleSnapshots({
      series: ids.map((id) => ({ name: "a", values: [1], dimensions: { id } })),
      windowStart: START + minute * 60_000,
      windowMs: 60_000,
    });

  async function setUp() {
    let open: readonly MetricSnapshot[] = [];
    const producer = new OpenTelemetryMetricProducer({
      maxSeriesPerMetric: LIMIT,
      onWarning: () => {},
    });
    const now = START + 2 * HOUR;
    await producer.open({
      snapshots: () => open,
      series: () => open,
      now: () => now,
      exportIntervalMs: 60_000,
    });
    producer.prepare(windowAt(0, ["old 1", "old 2"]), { last: true });
    return {
      prepare: (minute: number, ...parts: readonly (readonly string[])[]): void => {
        for (const [i, ids] of parts.entries())
          producer.prepare(windowAt(minute, ids), { last: i === parts.length - 1 });
      },
      /** Returns each series' total. */
      collect: async (...ids: readonly string[]): Promise<Record<string, unknown>> => {
        open = windowAt(123, ids);
        const { resourceMetrics } = await producer.collect();
        open = [];
        return Object.fromEntries(
          resourceMetrics.scopeMetrics
            .flatMap(({ metrics }) => metrics)
            .flatMap(({ dataPoints }) =>
              dataPoints.map(({ attributes, value }) => [attributes["id"] ?? "overflow", value]),
            ),
        );
      },
    };
  }

  test.each([
    [[["new", "old 1", "old 2"]]],
    [[["new"], ["old 1", "old 2"]]],
    [[["old 2", "new"], [], ["old 1"], []]],
    [[["old 1"], ["old 2"], ["new"]]],
  ])("a known series in any part of a window keeps its total: %j", async (parts) => {
    const { prepare, collect } = await setUp();
    prepare(120, ...parts);
    expect(await collect()).toEqual({ "old 1": 2, "old 2": 2, overflow: 1 });
  });

  test("a known series keeps its total in a collection, in which a new one comes first", async () => {
    const { collect } = await setUp();
    const totals = { "old 1": 2, "old 2": 2, overflow: 1 };
    expect(await collect("new", "old 1", "old 2")).toEqual(totals);
  });

  test("a new series in the first part gets the place of an idle one when its window is closed", async () => {
    const { prepare, collect } = await setUp();
    prepare(120, ["new"], ["old 2"]);
    expect(await collect("new")).toEqual({ "old 2": 2, new: 1, overflow: 1 });
    prepare(121, ["new"], ["old 2"]);
    expect(await collect()).toEqual({ "old 2": 3, new: 1, overflow: 1 });
  });

  test("a new series in the last part gets the place of an idle one at once", async () => {
    const { prepare, collect } = await setUp();
    prepare(120, ["old 2"], ["new"]);
    expect(await collect()).toEqual({ "old 2": 2, new: 1 });
  });
});
