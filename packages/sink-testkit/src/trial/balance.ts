import type { Dimensions, MetricSnapshot } from "@aiokpl/metrics-core";
import type { IntakeRequest } from "../intake/intake-request.ts";
import { difference, keptOf, totalsOf } from "../contract/received-totals.ts";
import type { Kept, ReceivedPoint } from "../contract/received-totals.ts";
import type { SinkDriver } from "../driver/sink-driver.ts";
import { grouped } from "./grouped.ts";
import type { Trial } from "./trial.ts";

const ONCE_RULE = "what the sink reports as delivered has reached the vendor exactly once";
const LEAST_RULE = "what the sink reports as delivered has reached the vendor";

/**
 * Compares what the sink reported as delivered with what the vendor received, metric by metric. With
 * `only`, compares the metrics with these names at the vendor and no others.
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
    if (wrong !== undefined) trial.breach(ONCE_RULE, `Of ${name} the vendor received ${wrong}.`);
  }
  for (const name of received.keys()) {
    if (only === undefined && !expected.has(name)) {
      trial.breach(
        ONCE_RULE,
        `The vendor received ${name}, and the sink reported nothing of it as delivered.`,
      );
    }
  }
}

/** Compares the total of all metrics with what the vendor received, under whatever names. */
export async function checkGrandTotal(trial: Trial, driver: SinkDriver): Promise<void> {
  checkAnyRequest(trial, driver);
  const points = await trial.received(driver);
  if (points === undefined) return;
  const kept = keptOf(trial.options.keeps, "counter").filter(
    (field) => field === "count" || field === "sum",
  );
  const wrong = difference(totalsOf(driver.delivered), totalsOf(points), kept, toleranceOf(trial));
  if (wrong !== undefined)
    trial.breach(ONCE_RULE, `Of all metrics together the vendor received ${wrong}.`);
}

/**
 * Checks that nothing is missing at the vendor. For faults after which nobody knows whether the vendor
 * has stored a request: its snapshots may be there once or, after a retry, twice.
 *
 * @param requests the requests that may have reached the vendor
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
          `Of ${name} the vendor received ${field} ${got[field]} instead of at least ${expected[field]}.`,
        );
      }
    }
  }
}

/** Compares each series with what the vendor received of it. */
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
      trial.breach(
        "the series of a metric arrive separately",
        `Of ${series} the vendor received ${wrong}.`,
      );
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

/** Without an accepted request nothing can have been delivered. This needs no `received`. */
function checkAnyRequest(trial: Trial, driver: SinkDriver): void {
  const { answers } = trial.options;
  if (answers === undefined || driver.delivered.length === 0) return;
  if (trial.end.intake.requests.some(isPossiblyStored)) return;
  trial.breach(
    ONCE_RULE,
    `The sink reported ${driver.delivered.length} snapshots as delivered, but the vendor accepted no request.`,
  );
}

/** The fields in which snapshots under one key can be compared. The last value is compared only for a single series. */
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
