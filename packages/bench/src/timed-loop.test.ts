import { expect, test } from "vitest";
import { calibrate, timedLoop } from "./timed-loop.ts";
import { CYCLE } from "./workload.ts";

const settings = { short: true, sabotage: false };

/** Takes half a millisecond per cycle, and forgets every operation past `limit`. */
function countingWork(limit: number) {
  let count = 0;
  return {
    cycleSum: CYCLE,
    series: 1,
    run(operations: number) {
      const end = performance.now() + operations / CYCLE / 2;
      while (performance.now() < end);
      count = Math.min(limit, count + operations);
    },
    totals: () => ({ count, sum: count, series: 1 }),
  };
}

test("a round measures nanoseconds per operation of all its operations", async () => {
  const round = await timedLoop(settings, countingWork(Infinity));
  const { ns } = await round();
  expect(ns).toBeGreaterThan(0);
});

test("a contender that forgets an operation fails, during the warm-up or later", async () => {
  await expect(timedLoop(settings, countingWork(0))).rejects.toThrow("count: recorded 0");
  let forgotten = 0;
  const work = countingWork(Infinity);
  const totals = () => ({ count: work.totals().count - forgotten, series: 1 });
  const round = await timedLoop(settings, { ...work, totals });
  forgotten = 1;
  await expect(round()).rejects.toThrow("count: recorded ");
});

test("calibration doubles whole cycles until a round is filled", () => {
  const nsPerOperation = 100;
  const operations = calibrate((count) => (count * nsPerOperation) / 1e6, 80);
  expect(operations % CYCLE).toBe(0);
  expect((operations * nsPerOperation) / 1e6).toBeGreaterThanOrEqual(40);
  expect((operations * nsPerOperation) / 1e6).toBeLessThan(80);
});
