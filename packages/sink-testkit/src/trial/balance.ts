import type { Dimensions, MetricSnapshot } from "@aiokpl/metrics-core";
import type { IntakeRequest } from "../intake/intake-request.ts";
import { difference, keptOf, totalsOf } from "../contract/received-totals.ts";
import type { Kept, ReceivedPoint } from "../contract/received-totals.ts";
import type { SinkDriver } from "../driver/sink-driver.ts";
import type { Trial } from "./trial.ts";

const ONCE_RULE = "what is told delivered has reached the vendor's end exactly once";
const LEAST_RULE = "what is told delivered has reached the vendor's end";

/**
 * Holds what the sink told delivered against what the vendor's end got, metric by metric. With
 * `only`, metrics of other names are left out.
 */
export async function checkBalance(
  trial: Trial,
  driver: SinkDriver,
  only?: ReadonlySet<string>,
): Promise<void> {
  checkAnyRequest(trial, driver);
  const points = await trial.received(driver);
  if (points === undefined) return;
  const expected = grouped(driver.delivered, trial.nameOf);
  const received = grouped(points, (point) => point.name);
  for (const [name, snapshots] of expected) {
    if (only !== undefined && !only.has(name)) continue;
    const wrong = wrongIn(trial, snapshots, received.get(name));
    if (wrong !== undefined) trial.breach(ONCE_RULE, `Of ${name} it got ${wrong}.`);
  }
  for (const name of received.keys()) {
    if (only === undefined && !expected.has(name)) {
      trial.breach(ONCE_RULE, `It got ${name}, of which nothing was told delivered.`);
    }
  }
}

/** Holds the grand total of counters against what the vendor's end got, whatever names it has there. */
export async function checkGrandTotal(trial: Trial, driver: SinkDriver): Promise<void> {
  checkAnyRequest(trial, driver);
  const points = await trial.received(driver);
  if (points === undefined) return;
  const kept = keptOf(trial.options.keeps, "counter").filter(
    (field) => field === "count" || field === "sum",
  );
  const wrong = difference(totalsOf(driver.delivered), totalsOf(points), kept, toleranceOf(trial));
  if (wrong !== undefined) trial.breach(ONCE_RULE, `Of all metrics together it got ${wrong}.`);
}

/**
 * For faults after which nobody can know: what was told delivered may have reached the vendor's end
 * with the doubtful requests, and what was offered again may be there twice; but nothing may be
 * missing.
 *
 * @param requests those that may have reached the vendor's end
 */
export async function checkAtLeastOnce(
  trial: Trial,
  driver: SinkDriver,
  requests: readonly IntakeRequest[],
): Promise<void> {
  checkAnyRequest(trial, driver);
  const points = await trial.received(driver, requests.filter(isPossiblyStored));
  if (points === undefined) return;
  const received = grouped(points, (point) => point.name);
  for (const [name, snapshots] of grouped(driver.delivered, trial.nameOf)) {
    const expected = totalsOf(snapshots);
    const got = totalsOf(received.get(name) ?? []);
    const kept = comparable(trial, snapshots).filter(
      (field) => field === "count" || field === "sum",
    );
    for (const field of kept) {
      if (got[field] < expected[field] - toleranceOf(trial) * expected.magnitude) {
        trial.breach(
          LEAST_RULE,
          `Of ${name} it got ${field} ${got[field]} instead of at least ${expected[field]}.`,
        );
      }
    }
  }
}

/** Holds each series of its own against what the vendor's end got. */
export async function checkSeries(trial: Trial, driver: SinkDriver): Promise<void> {
  const points = await trial.received(driver);
  if (points === undefined) return;
  const names = new Set(
    driver.delivered.flatMap(({ dimensions }) => dimensions.map(([name]) => name)),
  );
  const received = grouped(points, ({ name, dimensions = [] }) => {
    const pairs = isPairs(dimensions) ? dimensions : Object.entries(dimensions);
    return seriesKey(
      name,
      pairs.filter(([dimension]) => names.has(dimension)),
    );
  });
  const expected = grouped(driver.delivered, (snapshot) =>
    seriesKey(trial.nameOf(snapshot), snapshot.dimensions),
  );
  for (const [series, snapshots] of expected) {
    const wrong = wrongIn(trial, snapshots, received.get(series));
    if (wrong !== undefined)
      trial.breach("series of one metric arrive apart", `Of ${series} it got ${wrong}.`);
  }
}

function wrongIn(
  trial: Trial,
  snapshots: readonly MetricSnapshot[],
  points: readonly ReceivedPoint[] = [],
): string | undefined {
  const inOrder = snapshots.toSorted((a, b) => a.windowEnd - b.windowEnd);
  return difference(
    totalsOf(inOrder),
    totalsOf(points),
    comparable(trial, snapshots),
    toleranceOf(trial),
  );
}

function toleranceOf(trial: Trial): number {
  return trial.options.tolerance ?? 1e-9;
}

function isPossiblyStored({ outcome }: IntakeRequest): boolean {
  return outcome === "accepted" || outcome === "unknown";
}

function grouped<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

/** No request accepted, nothing delivered: that much shows without `received`. */
function checkAnyRequest(trial: Trial, driver: SinkDriver): void {
  const { answers } = trial.options;
  if (answers === undefined || driver.delivered.length === 0) return;
  if (trial.end.intake.requests.some(isPossiblyStored)) return;
  trial.breach(
    ONCE_RULE,
    `${driver.delivered.length} snapshots were told delivered, but no request was accepted.`,
  );
}

/** What can be compared of snapshots under one key; the last value only of a single series. */
function comparable(trial: Trial, snapshots: readonly MetricSnapshot[]): readonly Kept[] {
  const kinds = [...new Set(snapshots.map(({ kind }) => kind))];
  const series = new Set(snapshots.map(({ dimensions }) => JSON.stringify(dimensions)));
  const fields: readonly Kept[] = ["count", "sum", "min", "max", "last"];
  return fields.filter((field) => {
    return (
      (field !== "last" || series.size === 1) &&
      kinds.every((kind) => keptOf(trial.options.keeps, kind).includes(field))
    );
  });
}

function seriesKey(name: string, dimensions: readonly (readonly [string, string])[]): string {
  return `${name} ${JSON.stringify(dimensions.toSorted(([a], [b]) => (a < b ? -1 : 1)))}`;
}

function isPairs(
  dimensions: Readonly<Record<string, string>> | Dimensions,
): dimensions is Dimensions {
  return Array.isArray(dimensions);
}
