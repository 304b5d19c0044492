import type { MetricSnapshot, RejectedSnapshot } from "@aiokpl/metrics-core";
import {
  collidingSeries,
  seriesWithAwkwardDimensions,
  seriesWithAwkwardNames,
} from "../examples/awkward-series.ts";
import { deepFreeze } from "../examples/deep-freeze.ts";
import { exampleSeries } from "../examples/example-snapshots.ts";
import type { Clause, Trial } from "../trial/trial.ts";
import type { SinkDriver } from "../driver/sink-driver.ts";

/** Why a clause about `prepare` does not apply. */
export const NO_PREPARE = "the sink has no prepare()";

/** What a sink makes of a window before it is exported. */
export const prepareClauses: readonly Clause[] = [
  {
    name: "prepares synchronously, before it is opened too",
    async run(trial) {
      const driver = await trial.create();
      if (driver.sink.prepare === undefined) return NO_PREPARE;
      driver.takeSnapshots([]);
      driver.take();
      await driver.open();
      driver.take();
      await driver.untilNothingIsPending();
      return undefined;
    },
  },
  {
    name: "prepares deltas that conserve count and sum",
    async run(trial) {
      const driver = await trial.open();
      if (driver.sink.prepare === undefined) return NO_PREPARE;
      for (const series of [
        exampleSeries,
        exampleSeries,
        seriesWithAwkwardNames,
        seriesWithAwkwardDimensions,
        collidingSeries,
        [],
      ]) {
        checkConservation(trial, driver, driver.record(series));
      }
      checkConservation(trial, driver, deepFreeze([...(trial.options.unacceptable ?? [])]));
      await driver.untilNothingIsPending();
      return undefined;
    },
  },
  {
    // The driver checks this in every clause; this one has names that become equal when normalised.
    name: "prepares valid snapshots, each series once",
    async run(trial) {
      const driver = await trial.open();
      if (driver.sink.prepare === undefined) return NO_PREPARE;
      for (const series of [collidingSeries, collidingSeries.toReversed()]) driver.take(series);
      await driver.untilNothingIsPending();
      return undefined;
    },
  },
];

/** Of counters and distributions the observations, of gauges the levels. */
interface Total {
  readonly count: number;
  readonly sum: number;
  /** Σ |sum|, to which an error of the sum is compared. */
  readonly size: number;
}

/**
 * A series that is rolled up, and rejected as a whole, counts as often as its roll-ups would. A sink
 * may also reject each of its roll-ups.
 */
function checkConservation(
  trial: Trial,
  driver: SinkDriver,
  window: readonly MetricSnapshot[],
): void {
  const { tolerance = 1e-9 } = trial.options;
  const { snapshots, rejected } = driver.takeSnapshots(window);
  const expected = totalOf(window, trial.timesPrepared);
  const isConserved = [once, trial.timesPrepared].some((timesRejected) => {
    const got = [totalOf(snapshots, once), totalOf(rejected.map(snapshotIn), timesRejected)];
    const count = got.reduce((total, each) => total + each.count, 0);
    const sum = got.reduce((total, each) => total + each.sum, 0);
    return count === expected.count && Math.abs(sum - expected.sum) <= tolerance * expected.size;
  });
  if (isConserved) return;
  const [prepared, refused] = [totalOf(snapshots, once), totalOf(rejected.map(snapshotIn), once)];
  trial.breach(
    "prepares deltas that conserve count and sum",
    `Of ${expected.count} observations (of gauges: levels) with the sum ${expected.sum} prepare() returned ${prepared.count} with the sum ${prepared.sum}, and rejected ${refused.count} with the sum ${refused.sum}.`,
  );
}

function totalOf(
  snapshots: readonly MetricSnapshot[],
  times: (snapshot: MetricSnapshot) => number,
): Total {
  let [count, sum, size] = [0, 0, 0];
  for (const snapshot of snapshots) {
    // Gauges that become one series are one reading of the sum of their levels.
    const isGauge = snapshot.kind === "gauge";
    const ownCount = isGauge ? (snapshot.levels ?? 1) : snapshot.count;
    const ownSum = isGauge ? snapshot.last : snapshot.sum;
    count += ownCount * times(snapshot);
    sum += ownSum * times(snapshot);
    size += Math.abs(ownSum) * times(snapshot);
  }
  return { count, sum, size };
}

function once(): number {
  return 1;
}

function snapshotIn({ snapshot }: RejectedSnapshot): MetricSnapshot {
  return snapshot;
}
