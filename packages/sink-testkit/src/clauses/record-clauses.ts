import { checkBalance } from "../trial/balance.ts";
import { watchAsyncContext } from "../trial/async-context.ts";
import { isEventful } from "../driver/event-recorder.ts";
import type { ExampleSeries } from "../examples/example-snapshots.ts";
import type { Clause } from "../trial/trial.ts";

const NOT_EVENTFUL = "the sink has no record()";

/** Equal values in a row, more than what a sink may record one by one, and a value alone. */
const REPEATED: readonly ExampleSeries[] = [
  {
    name: "request_time",
    kind: "distribution",
    unit: "ms",
    values: [12.5, ...Array.from({ length: 40 }, () => 3), 250],
  },
];

/** Clauses for sinks that are given each observation at the moment it is recorded. */
export const recordClauses: readonly Clause[] = [
  {
    name: "records synchronously, before it is opened too",
    async run(trial) {
      const driver = await trial.create();
      if (!isEventful(driver.sink)) return NOT_EVENTFUL;
      driver.take();
      await driver.open();
      driver.take();
      await driver.untilNothingIsPending();
      await checkBalance(trial, driver);
      return undefined;
    },
  },
  {
    name: "records through record() what it records through bind()",
    async run(trial) {
      for (const method of ["record", "bind"] as const) {
        const driver = await trial.open();
        if (!isEventful(driver.sink)) return NOT_EVENTFUL;
        if (driver.sink.bind === undefined) return "the sink has no bind()";
        driver.takeSnapshots(driver.recordThrough(method));
        await driver.untilNothingIsPending();
        await checkBalance(trial, driver);
      }
      return undefined;
    },
  },
  {
    name: "takes a value with a count as so many values",
    async run(trial) {
      for (const method of ["record", "bind"] as const) {
        const driver = await trial.open();
        if (!isEventful(driver.sink)) return NOT_EVENTFUL;
        driver.takeSnapshots(driver.recordThrough(method, { series: REPEATED, counted: true }));
        await driver.untilNothingIsPending();
        await checkBalance(trial, driver);
      }
      return undefined;
    },
  },
  {
    name: "does not keep the caller's async context",
    async run(trial) {
      const driver = await trial.open();
      if (!isEventful(driver.sink)) return NOT_EVENTFUL;
      const context = watchAsyncContext();
      try {
        const window = context.run(() => driver.record());
        driver.takeSnapshots(window);
        await driver.untilNothingIsPending();
        driver.take();
        await driver.untilNothingIsPending();
        await driver.close();
      } finally {
        context.stop();
      }
      const [kept] = context.started;
      if (kept !== undefined) {
        trial.breach(
          this.name,
          `While the program recorded in a request's context, the sink started a ${kept} in that context.`,
        );
      }
      return undefined;
    },
  },
];
