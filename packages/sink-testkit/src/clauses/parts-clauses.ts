import type { MetricSnapshot } from "@aiokpl/metrics-core";
import { difference, totalsOf } from "../contract/received-totals.ts";
import type { Kept } from "../contract/received-totals.ts";
import type { ReadWindow } from "../driver/read-prepared-window.ts";
import { CUTS, whole } from "../driver/window-cut.ts";
import {
  collidingSeries,
  seriesWithAwkwardDimensions,
  seriesWithAwkwardNames,
} from "../examples/awkward-series.ts";
import { deepFreeze } from "../examples/deep-freeze.ts";
import { exampleSeries } from "../examples/example-snapshots.ts";
import { grouped } from "../trial/grouped.ts";
import type { Clause, Trial } from "../trial/trial.ts";
import { NO_PREPARE } from "./prepare-clauses.ts";

/** Windows one after the other: what is kept of one must not get into the next. */
const WINDOWS = [
  collidingSeries,
  exampleSeries,
  [],
  collidingSeries.toReversed(),
  seriesWithAwkwardNames,
  seriesWithAwkwardDimensions,
];

const RULE = "prepares a window in parts as it would at once";
const ALL: readonly Kept[] = ["count", "sum", "min", "max", "last"];

/** What a sink makes of a window that comes in parts, over several turns of the event loop. */
export const partsClauses: readonly Clause[] = [
  {
    name: RULE,
    async run(trial) {
      const atOnce = await trial.open();
      if (atOnce.sink.prepare === undefined) return NO_PREPARE;
      const refused = deepFreeze([...(trial.options.unacceptable ?? [])]);
      const expected = [...WINDOWS.map((series) => atOnce.record(series)), refused].map((window) =>
        atOnce.takeSnapshots(window, whole),
      );
      for (const [way, cut] of Object.entries(CUTS)) {
        const driver = await trial.open();
        const compare = (index: number, got: ReadWindow): void => {
          for (const list of ["snapshots", "rejected"] as const)
            expectSame(
              trial,
              `${way}, in ${list}`,
              seriesIn(expected[index], list),
              seriesIn(got, list),
            );
        };
        for (const [index, series] of WINDOWS.entries())
          compare(index, await driver.takeInTurns(driver.record(series), cut));
        compare(WINDOWS.length, await driver.takeInTurns(refused, cut));
        await driver.untilNothingIsPending();
      }
      return undefined;
    },
  },
];

type SeriesTotals = ReadonlyMap<string, readonly MetricSnapshot[]>;

function seriesIn(window: ReadWindow | undefined, list: "snapshots" | "rejected"): SeriesTotals {
  const snapshots =
    list === "snapshots" ? window?.snapshots : window?.rejected.map(({ snapshot }) => snapshot);
  return grouped(snapshots ?? [], ({ name, kind, unit, dimensions, overflow = false }) =>
    JSON.stringify({ name, kind, unit, dimensions, overflow }),
  );
}

function expectSame(trial: Trial, way: string, expected: SeriesTotals, got: SeriesTotals): void {
  for (const series of new Set([...expected.keys(), ...got.keys()])) {
    const wrong = difference(
      totalsOf(expected.get(series) ?? []),
      totalsOf(got.get(series) ?? []),
      ALL,
      trial.options.tolerance ?? 1e-9,
    );
    if (wrong !== undefined)
      trial.breach(RULE, `Cut ${way}, a window had of the series ${series} ${wrong}.`);
  }
}
