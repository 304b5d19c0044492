import type { ReceivedPoint } from "../contract/received-totals.ts";
import type { ExampleSeries } from "../examples/example-snapshots.ts";
import { checkBalance } from "../trial/balance.ts";
import type { Clause } from "../trial/trial.ts";

const RULE = "keeps the counts at thresholds";

/** Distances from a bound at which a value may be taken for one on its other side. */
const NEAR = [-1, -0.01, -Number.EPSILON / 2, 0, Number.EPSILON, 0.01, 1];

/** Values on and beside 1 and 256, which are bounds of buckets too, and 300, which lies within a bucket. */
const SERIES: readonly ExampleSeries[] = [
  seriesOf(
    "on_and_beside",
    [1, 256, 300].flatMap((bound) => NEAR.map((by) => bound * (1 + by))),
  ),
  seriesOf("all_above", [
    0.5,
    ...Array.from({ length: 40 }, () => 300 * (1 + Number.EPSILON)),
    9_000,
  ]),
  seriesOf(
    "all_on_it",
    Array.from({ length: 5 }, () => 300),
  ),
  seriesOf(
    "spread",
    Array.from({ length: 500 }, (_, i) => 1.03 ** i / 1_000),
  ),
];

function seriesOf(name: string, values: readonly number[]): ExampleSeries {
  return { name, kind: "distribution", unit: "ms", values, thresholds: [1, 256, 300, 1_000] };
}

/** What a sink makes of a metric's thresholds. */
export const thresholdClauses: readonly Clause[] = [
  {
    name: RULE,
    async run(trial) {
      const driver = await trial.open();
      driver.take(SERIES);
      driver.take(SERIES);
      await driver.untilNothingIsPending();
      await checkBalance(trial, driver);
      const points = (await trial.received(driver)) ?? [];
      for (const snapshot of driver.delivered) {
        const name = trial.nameOf(snapshot);
        const all = driver.delivered.filter((each) => trial.nameOf(each) === name);
        const received = points.filter((point) => point.name === name);
        for (const [i, bound] of (snapshot.thresholds?.bounds ?? []).entries()) {
          const expected = all.reduce(
            (sum, { thresholds }) => sum + upTo(i, thresholds?.counts),
            0,
          );
          const got = received.reduce((sum, point) => sum + countAt(bound, point), 0);
          if (got !== expected)
            trial.breach(
              RULE,
              `Of ${name} the vendor counts ${got} values at or under ${bound} instead of ${expected}.`,
            );
        }
      }
      if (driver.delivered.length === 0) trial.breach(RULE, "It reported nothing as delivered.");
    },
  },
];

function upTo(last: number, counts: readonly number[] = []): number {
  return counts.slice(0, last + 1).reduce((sum, count) => sum + count, 0);
}

function countAt(bound: number, { atOrUnder }: ReceivedPoint): number {
  return atOrUnder?.(bound) ?? NaN;
}
