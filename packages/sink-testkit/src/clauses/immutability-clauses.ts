import type { MetricSnapshot } from "@aiokpl/metrics-core";
import { excerpt } from "../driver/excerpt.ts";
import { exampleSnapshots } from "../examples/example-snapshots.ts";
import type { Clause, Trial } from "../trial/trial.ts";
import { answersUnder } from "./vendor-faults.ts";

/**
 * What a sink is given belongs to other sinks and to the manager's ledger too. In the other clauses
 * all of it is frozen, as a manager freezes it; here it is not, so that each write is seen.
 */
export const immutabilityClauses: readonly Clause[] = [
  {
    name: "does not change the arrays it is given",
    async run(trial) {
      const driver = await trial.open();
      const window = [...exampleSnapshots()];
      const before = [...window];
      driver.takeSnapshots(window);
      await driver.untilNothingIsPending();
      if (window.length !== before.length || window.some((one, index) => one !== before[index]))
        trial.breach(this.name, "The array that prepare() was given has changed.");
    },
  },
  {
    name: "does not write to a snapshot or its histogram",
    async run(trial) {
      const { answers, exportTimeoutMs = 2_000 } = trial.options;
      const driver = await trial.open();
      const window = exampleSnapshots();
      const windowBefore = structuredClone(window);
      const { snapshots } = driver.takeWritable(window);
      const snapshotsBefore = structuredClone(snapshots);
      checkUnwritten(trial, "prepare()", window, windowBefore);
      if (answers !== undefined) {
        trial.end.intake.respondWith(answersUnder("throttle", answers));
        await driver.pass({ abortAfterMs: exportTimeoutMs });
        trial.end.intake.respondWith(answers.ok);
      }
      await driver.untilNothingIsPending();
      await driver.close();
      checkUnwritten(trial, "export()", snapshots, snapshotsBefore);
      checkUnwritten(trial, "export()", window, windowBefore);
    },
  },
];

function checkUnwritten(
  trial: Trial,
  method: string,
  snapshots: readonly MetricSnapshot[],
  before: readonly MetricSnapshot[],
): void {
  for (const [index, snapshot] of snapshots.entries()) {
    const change = changeIn("", before[index], snapshot);
    if (change === undefined) continue;
    trial.breach(
      "does not write to a snapshot or its histogram",
      `${method} wrote to ${excerpt(before[index]?.name)}: ${change}.`,
    );
  }
}

/** The first difference between plain data before and after, as `histogram.zeroCount was 0 and is 1`. */
function changeIn(path: string, before: unknown, after: unknown): string | undefined {
  if (!isObject(before) || !isObject(after)) {
    if (Object.is(before, after)) return undefined;
    return `${path} was ${excerpt(before)} and is ${excerpt(after)}`;
  }
  for (const key of new Set([...Reflect.ownKeys(before), ...Reflect.ownKeys(after)])) {
    const inner = path === "" ? String(key) : `${path}.${String(key)}`;
    const change = changeIn(inner, Reflect.get(before, key), Reflect.get(after, key));
    if (change !== undefined) return change;
  }
  return undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
