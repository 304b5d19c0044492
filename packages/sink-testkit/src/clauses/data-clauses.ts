import type { MetricSnapshot } from "@aiokpl/metrics-core";
import {
  healthy,
  seriesWithAwkwardDimensions,
  seriesWithAwkwardNames,
} from "../examples/awkward-series.ts";
import { checkBalance, checkGrandTotal, checkSeries } from "../trial/balance.ts";
import { exampleSnapshots } from "../examples/example-snapshots.ts";
import type { ExampleSeries } from "../examples/example-snapshots.ts";
import { manySeries } from "../examples/many-series.ts";
import { excerpt } from "../driver/excerpt.ts";
import type { SinkDriver } from "../driver/sink-driver.ts";
import type { Clause, Trial } from "../trial/trial.ts";

const UNITS = [
  "ms",
  "s",
  "us",
  "By",
  "kBy",
  "bit",
  "%",
  "1",
  "",
  "{record}",
  "By/s",
  "{request}/s",
  "furlong",
];

const EVERY_KIND_AND_UNIT: readonly ExampleSeries[] = [
  ...UNITS.flatMap((unit, index): readonly ExampleSeries[] => [
    { name: `counter_${index}`, kind: "counter", unit, values: [1, 2, 3] },
    { name: `gauge_${index}`, kind: "gauge", unit, description: "A level", values: [3, 1, 2] },
    { name: `distribution_${index}`, kind: "distribution", unit, values: [0.5, 7, 7, 1_000_000] },
  ]),
  { name: "counter_0", unit: "ms", dimensions: { stream: "orders" }, values: [4], overflow: true },
];

const ZERO: readonly ExampleSeries[] = [
  { name: "zero_counter", values: [0] },
  { name: "zero_gauge", kind: "gauge", values: [0, 0] },
  { name: "zero_distribution", kind: "distribution", values: [0, 0, 0] },
];

const NEGATIVE: readonly ExampleSeries[] = [
  { name: "negative_gauge", kind: "gauge", values: [-5, 3, -0.25] },
  { name: "negative_distribution", kind: "distribution", values: [-1_000, -2.5, 0, 2.5] },
];

const HUGE_AND_TINY: readonly ExampleSeries[] = [
  { name: "huge_counter", values: [1e308] },
  { name: "huge_gauge", kind: "gauge", values: [1e308] },
  { name: "low_gauge", kind: "gauge", values: [-1e308] },
  { name: "huge_distribution", kind: "distribution", values: [1e308] },
  { name: "tiny_counter", values: [5e-324] },
  { name: "tiny_gauge", kind: "gauge", values: [-5e-324] },
  { name: "tiny_distribution", kind: "distribution", values: [5e-324] },
  { name: "wide_distribution", kind: "distribution", values: [5e-324, 1, 1e308] },
  { name: "exact_counter", values: [Number.MAX_SAFE_INTEGER] },
];

/** What a manager may export, and that it arrives. */
export const dataClauses: readonly Clause[] = [
  {
    name: "takes empty exports",
    async run(trial) {
      const { intake } = trial.end;
      const driver = await trial.open();
      await driver.exportNothing();
      driver.take();
      await driver.untilNothingIsPending();
      const before = intake.requests.length;
      await driver.exportNothing();
      const more = intake.requests.length - before;
      if (
        trial.options.answers !== undefined &&
        driver.sink.wantsEmptyWindows === true &&
        more === 0
      ) {
        trial.breach(
          "a sink that wants empty windows makes a request for them",
          "export([]) made no request.",
        );
      }
      if (driver.sink.wantsEmptyWindows !== true && more > 0) {
        trial.breach("an empty export makes no request", `It made ${more}.`);
      }
      await checkBalance(trial, driver);
    },
  },
  {
    name: "takes every kind and unit",
    async run(trial) {
      const driver = await trial.open();
      driver.take(EVERY_KIND_AND_UNIT);
      await driver.untilNothingIsPending();
      expectNoRejection(trial, driver, this.name);
      await checkBalance(trial, driver);
    },
  },
  {
    name: "takes zero and negative values",
    async run(trial) {
      const driver = await trial.open();
      driver.take(ZERO);
      await driver.untilNothingIsPending();
      expectNoRejection(trial, driver, this.name);
      driver.take([...NEGATIVE, healthy(1)]);
      await driver.untilNothingIsPending();
      await checkBalance(trial, driver);
      expectDelivered(trial, driver, new Set(["healthy_1"]));
    },
  },
  {
    name: "takes huge and tiny values, or rejects them with a reason",
    async run(trial) {
      const driver = await trial.open();
      driver.take(HUGE_AND_TINY.flatMap((series, index) => [series, healthy(index)]));
      await driver.untilNothingIsPending();
      await checkBalance(trial, driver);
      expectDelivered(trial, driver, new Set(HUGE_AND_TINY.map((_, index) => `healthy_${index}`)));
    },
  },
  {
    name: "takes many snapshots",
    async run(trial) {
      const driver = await trial.open();
      driver.take(manySeries(trial.options.many));
      await driver.untilNothingIsPending();
      expectNoRejection(trial, driver, this.name);
      await checkBalance(trial, driver);
    },
  },
  {
    name: "takes many windows in one export",
    async run(trial) {
      const driver = await trial.open();
      for (let window = 0; window < 12; window++) driver.take();
      await driver.pass();
      await driver.untilNothingIsPending();
      expectNoRejection(trial, driver, this.name);
      await checkBalance(trial, driver);
    },
  },
  {
    name: "takes window after window",
    async run(trial) {
      const driver = await trial.open();
      for (let window = 0; window < 6; window++) {
        driver.take();
        await driver.untilNothingIsPending();
      }
      expectNoRejection(trial, driver, this.name);
      await checkBalance(trial, driver);
    },
  },
  {
    // Every clause compares the two. This one also fails if nothing was delivered.
    name: "delivers exactly once what it reports as delivered",
    async run(trial) {
      const driver = await trial.open();
      driver.take();
      driver.take(EVERY_KIND_AND_UNIT);
      await driver.untilNothingIsPending();
      await checkBalance(trial, driver);
      if (driver.delivered.length === 0)
        trial.breach(this.name, "It reported nothing as delivered.");
    },
  },
  {
    name: "keeps the series of a metric apart",
    async run(trial) {
      const driver = await trial.open();
      driver.take([
        { name: "apart", values: [1] },
        { name: "apart", dimensions: { stream: "orders" }, values: [2] },
        { name: "apart", dimensions: { stream: "invoices" }, values: [4] },
        { name: "apart", dimensions: { shard: "orders" }, values: [8] },
        { name: "apart", dimensions: { shard: "1", stream: "orders" }, values: [16] },
        { name: "apart_2", dimensions: { shard: "1", stream: "orders" }, values: [32] },
      ]);
      await driver.untilNothingIsPending();
      expectNoRejection(trial, driver, this.name);
      await checkSeries(trial, driver);
    },
  },
  {
    name: "takes or rejects awkward names, and delivers the rest",
    run: (trial) => takeAwkward(trial, seriesWithAwkwardNames),
  },
  {
    name: "takes or rejects awkward dimensions, and delivers the rest",
    run: (trial) => takeAwkward(trial, seriesWithAwkwardDimensions),
  },
  {
    name: "rejects what the vendor refuses, and delivers the rest",
    async run(trial) {
      const { unacceptable = [] } = trial.options;
      const driver = await trial.open();
      const good = exampleSnapshots({
        series: Array.from({ length: 100 }, (_, index) => healthy(index)),
      });
      const spread = good.flatMap((snapshot, index) => [
        snapshot,
        ...unacceptable.slice(index, index + 1),
      ]);
      driver.takeSnapshots([...spread, ...unacceptable.slice(good.length)]);
      await driver.untilNothingIsPending();
      const refused = driver.rejected.map(({ snapshot }) => snapshot);
      const expected = observationsIn(unacceptable, trial.timesPrepared);
      // prepare() may reject a series as a whole, which then stands for all of its roll-ups.
      const whole = new Set(unacceptable);
      const isAll = [
        observationsIn(refused),
        observationsIn(refused, (one) => (whole.has(one) ? trial.timesPrepared(one) : 1)),
      ].includes(expected);
      expectDelivered(trial, driver, new Set(good.map(({ name }) => name)));
      if (!isAll) {
        trial.breach(
          this.name,
          `It rejected ${observationsIn(refused)} observations instead of the ${expected} that are unacceptable.`,
        );
      }
      await checkBalance(trial, driver);
    },
  },
];

/** Exports awkward series among healthy ones. A sink may reject, rename or merge an awkward one, but must not lose it. */
async function takeAwkward(trial: Trial, series: readonly ExampleSeries[]): Promise<void> {
  const driver = await trial.open();
  driver.take(series);
  await driver.untilNothingIsPending();
  const names = new Set(
    series.map(({ name }) => name).filter((name) => name.startsWith("healthy_")),
  );
  expectDelivered(trial, driver, names);
  await checkBalance(
    trial,
    driver,
    new Set([...names].map((name) => trial.options.nameAtVendor?.(name) ?? name)),
  );
  await checkGrandTotal(trial, driver);
}

function observationsIn(
  snapshots: readonly MetricSnapshot[],
  times: (snapshot: MetricSnapshot) => number = () => 1,
): number {
  return snapshots.reduce((total, snapshot) => total + snapshot.count * times(snapshot), 0);
}

function expectNoRejection(trial: Trial, driver: SinkDriver, rule: string): void {
  const [rejected] = driver.rejected;
  if (rejected !== undefined)
    trial.breach(rule, `It rejected ${excerpt(rejected.snapshot)}: ${rejected.reason}`);
}

/** Fails if a metric with one of these names was rejected. */
function expectDelivered(trial: Trial, driver: SinkDriver, names: ReadonlySet<string>): void {
  const wrongly = driver.rejected.find(({ snapshot }) => isNamed(snapshot, names));
  if (wrongly === undefined) return;
  trial.breach(
    "what the vendor refuses does not stop the rest from arriving",
    `${wrongly.snapshot.name} was rejected: ${wrongly.reason}`,
  );
}

/** Whether a snapshot has one of the names, perhaps with a prefix that `prepare` has added. */
function isNamed({ name }: MetricSnapshot, names: ReadonlySet<string>): boolean {
  return names.has(name) || names.has(name.slice(name.lastIndexOf("healthy_")));
}
