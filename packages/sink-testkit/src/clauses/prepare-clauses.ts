import type { MetricSnapshot } from "@aiokpl/metrics-core";
import { seriesWithAwkwardDimensions, seriesWithAwkwardNames } from "../examples/awkward-series.ts";
import { deepFreeze } from "../examples/deep-freeze.ts";
import { exampleSeries, exampleSnapshots } from "../examples/example-snapshots.ts";
import type { ExampleSeries } from "../examples/example-snapshots.ts";
import { excerpt } from "../driver/read-export-result.ts";
import type { Clause, Trial } from "../trial/trial.ts";

/** What becomes of a window before it is exported. */
export const prepareClauses: readonly Clause[] = [
  {
    name: "prepares synchronously, before it is opened too",
    async run(trial) {
      const driver = await trial.create();
      if (driver.sink.prepare === undefined) return "the sink has no prepare()";
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
      if (driver.sink.prepare === undefined) return "the sink has no prepare()";
      for (const series of [
        exampleSeries,
        exampleSeries,
        seriesWithAwkwardNames,
        seriesWithAwkwardDimensions,
        [],
      ]) {
        checkPrepared(trial, series, (window) => driver.takeSnapshots(window));
      }
      await driver.untilNothingIsPending();
      return undefined;
    },
  },
];

function checkPrepared(
  trial: Trial,
  series: readonly ExampleSeries[],
  prepare: (window: readonly MetricSnapshot[]) => readonly MetricSnapshot[],
): void {
  const { tolerance = 1e-9 } = trial.options;
  const window = deepFreeze(exampleSnapshots({ series }));
  const prepared = prepare(window);
  for (const snapshot of prepared) {
    const flaw = flawOf(snapshot);
    if (flaw !== undefined)
      trial.breach("prepare() returns valid snapshots", `${flaw} in ${excerpt(snapshot)}.`);
  }
  const count = window.reduce(
    (total, snapshot) => total + snapshot.count * trial.timesPrepared(snapshot),
    0,
  );
  const sum = window.reduce(
    (total, snapshot) => total + snapshot.sum * trial.timesPrepared(snapshot),
    0,
  );
  const preparedCount = prepared.reduce((total, snapshot) => total + snapshot.count, 0);
  const preparedSum = prepared.reduce((total, snapshot) => total + snapshot.sum, 0);
  if (preparedCount !== count || Math.abs(preparedSum - sum) > tolerance * Math.abs(sum)) {
    trial.breach(
      "prepares deltas that conserve count and sum",
      `Of ${count} observations with the sum ${sum} it made ${preparedCount} with the sum ${preparedSum}.`,
    );
  }
}

function flawOf(snapshot: MetricSnapshot): string | undefined {
  const { count, sum, min, max, last, windowStart, windowEnd } = snapshot;
  const numbers = { count, sum, min, max, last, windowStart, windowEnd };
  const infinite = Object.entries(numbers).find(([, value]) => !Number.isFinite(value));
  if (infinite !== undefined) return `${infinite[0]} is not finite`;
  if (count < 1) return "count is below 1";
  if (min > max) return "min is above max";
  if (windowEnd < windowStart) return "the window ends before it starts";
  return undefined;
}
