import type { MetricCatalogue } from "../contract/catalogue.ts";
import type { Dimensions } from "../contract/dimensions.ts";
import type { MetricSnapshot } from "../contract/metric-snapshot.ts";
import { mergeSnapshots } from "../histogram/merge-snapshots.ts";
import { hasDimensions, type PartOfDimensions } from "../recording/has-dimensions.ts";
import { type MetricReading, readingOf } from "./metric-reading.ts";

/** The most series that an error message lists. */
const MOST_LISTED = 20;

/**
 * Where a test reads metrics: an `InMemorySink`, which has what was flushed, or a manager, whose
 * open window has what was recorded since. If it is of a catalogue, names and dimensions are checked
 * by the compiler: `new InMemorySink<typeof catalogue>()`.
 */
export type MetricSource<C extends MetricCatalogue = MetricCatalogue> = {
  readonly "~catalogue"?: C | undefined;
} & (
  | { readonly allSnapshots: readonly MetricSnapshot[] }
  | { snapshots(): readonly MetricSnapshot[] }
);

/**
 * Reads what was recorded of one metric, over all windows of the source and all series that have the
 * given part of the dimensions. Works with any test runner:
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { test } from "node:test";
 * import { InMemorySink, MetricsManager } from "@aiokpl/metrics-core";
 * import { assertNothingRefused, readMetric } from "@aiokpl/metrics-core/testing";
 *
 * test("an order is counted by country", async () => {
 *   const sink = new InMemorySink();
 *   const metrics = new MetricsManager({ sink, commonDimensions: { host: "a" } });
 *   metrics.count("orders", 1, { country: "PT", channel: "web" });
 *   await metrics.flush();
 *   assert.equal(readMetric(sink, "orders", { country: "PT" }).sum, 1);
 *   assertNothingRefused(metrics);
 * });
 * ```
 *
 * In Vitest and Jest: `expect(readMetric(sink, "orders", { country: "PT" }).sum).toBe(1)`. With a
 * manager in place of the sink, no `flush` is needed: `readMetric(metrics, "orders")`.
 *
 * @throws Error if nothing was recorded that matches; its message lists what there is. Also if
 *   several series of a gauge match, since their levels do not add up.
 */
export function readMetric<C extends MetricCatalogue, N extends keyof C & string>(
  source: MetricSource<C>,
  name: N,
  dimensions?: PartOfDimensions<C, N>,
): MetricReading {
  const all = snapshotsOf(source);
  const series = seriesOf(all, name, dimensions);
  const [first, ...others] = series;
  const asked = `${name} ${JSON.stringify(dimensions ?? {})}`;
  if (first === undefined)
    throw new Error(`${asked} was not found in ${placeOf(source)}. ${whatExists(all, name)}`);
  if (first.kind === "gauge" && others.length > 0)
    throw new Error(
      `${asked} matches ${series.length} series of a gauge, whose levels do not add up. Name more dimensions, or use readSeries(). ${listOf(series)}`,
    );
  return readingOf(others.reduce(mergeSnapshots, first), sharedDimensions(first, others));
}

/**
 * Reads each series of a metric that has the given part of the dimensions, over all windows of the
 * source. The series are in the order in which they were first recorded. If nothing was recorded that
 * matches, the list is empty: `expect(readSeries(sink, "errors")).toEqual([])`.
 */
export function readSeries<C extends MetricCatalogue, N extends keyof C & string>(
  source: MetricSource<C>,
  name: N,
  dimensions?: PartOfDimensions<C, N>,
): readonly MetricReading[] {
  return seriesOf(snapshotsOf(source), name, dimensions).map((series) =>
    readingOf(series, series.dimensions),
  );
}

function snapshotsOf(source: MetricSource): readonly MetricSnapshot[] {
  return "allSnapshots" in source ? source.allSnapshots : source.snapshots();
}

/** The series that match, each merged over its windows. */
function seriesOf(
  snapshots: readonly MetricSnapshot[],
  name: string,
  part: Parameters<typeof hasDimensions>[1],
): readonly MetricSnapshot[] {
  const series = new Map<string, MetricSnapshot>();
  for (const snapshot of snapshots) {
    if (snapshot.name !== name || !hasDimensions(snapshot.dimensions, part)) continue;
    const key = JSON.stringify([snapshot.dimensions, snapshot.overflow]);
    const known = series.get(key);
    series.set(key, known === undefined ? snapshot : mergeSnapshots(known, snapshot));
  }
  return [...series.values()];
}

function sharedDimensions(first: MetricSnapshot, others: readonly MetricSnapshot[]): Dimensions {
  return first.dimensions.filter(([name, value]) =>
    others.every(({ dimensions }) => hasDimensions(dimensions, { [name]: value })),
  );
}

function placeOf(source: MetricSource): string {
  return "allSnapshots" in source ? "what was exported to the sink" : "the manager's open window";
}

/** What a test can read instead, as sentences. */
function whatExists(all: readonly MetricSnapshot[], name: string): string {
  if (all.length === 0)
    return "There is nothing at all. A sink has what was recorded before the last flush(), a manager what was recorded after it; a manager without a sink records nothing.";
  const ofName = all.filter((snapshot) => snapshot.name === name);
  return ofName.length > 0
    ? `It has these series: ${listOf(seriesOf(ofName, name, undefined))}`
    : `These metrics are there: ${shortened([...new Set(all.map((each) => each.name))].sort())}`;
}

function listOf(series: readonly MetricSnapshot[]): string {
  return shortened(
    series.map(
      ({ name, dimensions }) => `${name} ${JSON.stringify(Object.fromEntries(dimensions))}`,
    ),
  );
}

function shortened(items: readonly string[]): string {
  const listed = items.slice(0, MOST_LISTED).map((item) => `\n  ${item}`);
  const left = items.length - listed.length;
  return listed.join("") + (left > 0 ? `\n  and ${left} more` : "");
}
