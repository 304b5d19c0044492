import type { MetricSnapshot } from "@aiokpl/metrics-core";
import { Warnings } from "@aiokpl/metrics-core/sink";
import { exampleSnapshots } from "@aiokpl/sink-testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Format } from "../exposition/format.ts";
import { Families } from "../naming/families.ts";
import { SeriesLabels } from "../naming/series-labels.ts";
import { Totals } from "../series/totals.ts";
import { samplesOf, valuesOf } from "../testing/parsed-text.ts";
import { PartedManager } from "../testing/parted-manager.ts";
import { ScriptedTurn } from "../testing/scripted-turn.ts";
import { Renderings } from "./renderings.ts";

/** Names and dimensions of which some become equal: of 12 series of the manager, Prometheus sees 6. */
const SOURCES = ["a.a", "a_a", "b"].flatMap((name) =>
  ["x.x", "x_x"].flatMap((dimension) => ["1", "2"].map((id) => ({ name, dimension, id }))),
);
const HOUR = 3_600_000;
const MOST_OBSERVATIONS = 25;
const OPEN_METRICS: Format = { syntax: "openmetrics", escaping: undefined };
const PLAIN: Format = { syntax: "text-0.0.4", escaping: undefined };

/** How often each observation is in a sum: the n-th one's value is the n-th power of 4. */
function timesIn(sum: number): readonly number[] {
  return Array.from({ length: MOST_OBSERVATIONS }, (_, i) => Math.floor(sum / 4 ** i) % 4);
}

type Step =
  | "record"
  | "scrape"
  | "scrape in another format"
  | "wait an hour"
  | "forget"
  | { readonly part: number };

/** What a test does: its steps, sources of observations, and how many steps come between two turns. */
interface Script {
  readonly steps: readonly Step[];
  readonly sources: readonly number[];
  readonly between: readonly number[];
}

function scripts(...others: fc.Arbitrary<Step>[]): fc.Arbitrary<Script> {
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.constant<Step>("record") },
    { weight: 3, arbitrary: fc.record({ part: fc.integer({ min: 0, max: 7 }) }) },
    { weight: 2, arbitrary: fc.constantFrom<Step>("scrape", "scrape in another format") },
    ...others.map((arbitrary) => ({ weight: 1, arbitrary })),
  );
  return fc.record({
    steps: fc.array(step, { maxLength: 70 }),
    sources: fc.array(fc.nat(SOURCES.length - 1), { maxLength: 30 }),
    between: fc.array(fc.nat(4), { maxLength: 60 }),
  });
}

type Check = (times: readonly number[], recordedBefore: number) => void;

function newTotals(maxSeries: number): Totals {
  return new Totals({
    families: new Families({ namespace: "", classicBuckets: undefined }),
    labels: new SeriesLabels([]),
    maxSeries,
    warnings: new Warnings("prometheus", () => {}),
  });
}

function newRenderings(
  totals: Totals,
  open: PartedManager | readonly MetricSnapshot[],
  between: () => void,
): Renderings {
  return new Renderings({
    totals,
    open: () => ("series" in open ? open.series() : open),
    newTurn: () => new ScriptedTurn(between),
    nativeHistograms: true,
    created: true,
    utf8Names: false,
  });
}

/** Plays a script. Checks that no series is there twice and none falls; `check` gets what else was shown, and how much had been recorded. */
async function play(script: Script, maxSeries: number, check: Check): Promise<void> {
  let between: () => void = () => {};
  const totals = newTotals(maxSeries);
  const manager = new PartedManager(
    { prepare: (window, part) => (totals.commit(window, part), []) },
    SOURCES,
    Date.UTC(2030, 0, 1),
  );
  const renderings = newRenderings(totals, manager, () => between());
  let recorded = 0;
  const record = (source: number): void => {
    if (recorded < MOST_OBSERVATIONS) manager.record(source, 4 ** recorded++);
  };
  // From the first window on, it is known which series have the same labels.
  for (const [source] of SOURCES.entries()) record(source);
  manager.part(SOURCES.length);

  /** The values of all series, dead ones included, by name, labels and start. */
  const shown = new Map<string, number>();
  const scrape = async (format: Format): Promise<void> => {
    const recordedBefore = recorded;
    const { chunks } = await renderings.page(format);
    const page = Buffer.concat(chunks).toString();
    const values = valuesOf(page);
    if (format === PLAIN) return;
    for (const { name, labels, value } of samplesOf(page)) {
      if (!name.endsWith("_total")) continue;
      const start = values.get(`${name.replace(/_total$/, "_created")}{${labels}}`);
      const series = `${name} ${labels} ${start}`;
      expect(value).toBeGreaterThanOrEqual(shown.get(series) ?? 0);
      shown.set(series, value);
    }
    const times = timesIn([...shown.values()].reduce((all, value) => all + value, 0));
    expect(times.slice(recorded).filter((each) => each > 0)).toEqual([]);
    check(times, recordedBefore);
  };

  const forget = (index: number): void => {
    const source = SOURCES[index];
    // The manager tells it when the last window that has the series was prepared.
    if (source !== undefined && !manager.holds(index))
      totals.forget(source.name, [[source.dimension, source.id]]);
  };
  const steps = [...script.steps];
  const sources = [...script.sources];
  const counts = [...script.between];
  const scrapes: Promise<void>[] = [];
  const take = (): void => {
    const step = steps.shift();
    if (step === "record") record(sources.shift() ?? 0);
    else if (step === "scrape") scrapes.push(scrape(OPEN_METRICS));
    else if (step === "scrape in another format") scrapes.push(scrape(PLAIN));
    else if (step === "forget") forget(sources.shift() ?? 0);
    else if (step === "wait an hour") manager.advance(HOUR);
    else if (step !== undefined) manager.part(step.part);
  };
  between = () => {
    for (let i = counts.shift() ?? 1; i > 0; i--) take();
  };
  while (steps.length > 0) {
    take();
    await Promise.all(scrapes.splice(0));
  }
  between = () => {};
  await scrape(OPEN_METRICS);
  // Nothing is open any more; what there was no room for is counted by now.
  for (let i = 0; i < 3; i++) manager.part(SOURCES.length);
  await scrape(OPEN_METRICS);
  check(timesIn([...shown.values()].reduce((all, value) => all + value, 0)), 0);
}

test("a series that ends and comes back while a page is written is there once", async () => {
  const totals = newTotals(1_000);
  const commit = (...ids: readonly string[]): void => {
    const series = ids.map((id) => ({ name: "a", dimensions: { id }, values: [1] }));
    totals.commit(exampleSnapshots({ series }), { last: true });
  };
  commit("1", "2");
  let turns = 0;
  const renderings = newRenderings(totals, [], () => {
    if (++turns > 1) return;
    totals.forget("a", [["id", "1"]]);
    commit("1");
  });
  const { chunks } = await renderings.page(PLAIN);
  const values = Object.fromEntries(valuesOf(Buffer.concat(chunks).toString()));
  expect(values).toEqual({ 'a_total{id="1"}': 1, 'a_total{id="2"}': 1 });
  expect(turns).toBeGreaterThan(1);
});

test("who asks for a page gets one that is begun afterwards, together with others who ask for the same", async () => {
  const totals = newTotals(1_000);
  const renderings = newRenderings(totals, [], () => {});
  const first = renderings.page(PLAIN);
  expect(renderings.page(PLAIN)).toBe(first);
  const other = renderings.page(OPEN_METRICS);
  await first;
  const later = renderings.page(PLAIN);
  expect(later).not.toBe(first);
  expect(renderings.page(PLAIN)).toBe(later);
  await Promise.all([other, later]);
});

const atMostOnce: Check = (times) => expect(times.filter((each) => each > 1)).toEqual([]);

test("whatever happens between any two turns of a scrape, it has each observation once, and no total falls", async () => {
  const check: Check = (times, recordedBefore) => {
    expect(times.slice(0, recordedBefore).filter((each) => each !== 1)).toEqual([]);
    atMostOnce(times, recordedBefore);
  };
  await fc.assert(
    fc.asyncProperty(scripts(), (script) => play(script, 1_000, check)),
    { numRuns: 500 },
  );
});

test("past the limit of series each observation is shown at most once, and once when its window is closed", async () => {
  await fc.assert(
    fc.asyncProperty(scripts(), async (script) => {
      let last: readonly number[] = [];
      await play(script, 5, (times, recordedBefore) => {
        atMostOnce(times, recordedBefore);
        last = times;
      });
      const recorded = last.findLastIndex((each) => each > 0) + 1;
      expect(last.slice(0, recorded).filter((each) => each !== 1)).toEqual([]);
    }),
    { numRuns: 500 },
  );
});

test("also if series end or make room for others, no observation is shown in two of them, and no series twice", async () => {
  const others = fc.constantFrom<Step>("wait an hour", "forget");
  await fc.assert(
    fc.asyncProperty(scripts(others), (script) => play(script, 5, atMostOnce)),
    { numRuns: 500 },
  );
});
