import { mainThreadMs } from "./main-thread-time.ts";
import type { Round, Settings } from "./row.ts";
import { checkTotals, type Totals } from "./totals.ts";
import { CYCLE, SERIES } from "./workload.ts";

/** A contender of the hot path. */
export interface LoopWork {
  /** Does so many operations, a multiple of {@link CYCLE}. The loop is the contender's own: a shared one would call it indirectly. */
  run(operations: number): void;
  /** All that was recorded so far. */
  totals(): Totals | Promise<Totals>;
  /** The sum of the values of one {@link CYCLE} of operations. */
  readonly cycleSum: number;
  /** How many series there must be. @default SERIES */
  readonly series?: number;
}

/** So long is a timed round, in milliseconds; 15 where the run is a short one. */
const ROUND_MS = 80;
const SHORT_ROUND_MS = 15;

/** Time before the first round in which V8 optimises, in milliseconds. */
const WARM_UP_MS = 320;
const SHORT_WARM_UP_MS = 30;

/**
 * Warms a contender, finds how many operations fill a round, and returns the round: it measures `ns`,
 * the nanoseconds per operation, and checks all that was ever recorded, outside of the measured time.
 */
export async function timedLoop(settings: Settings, work: LoopWork): Promise<Round> {
  const roundMs = settings.short ? SHORT_ROUND_MS : ROUND_MS;
  const warmUpMs = settings.short ? SHORT_WARM_UP_MS : WARM_UP_MS;
  let done = 0;
  const run = (operations: number) => {
    const start = mainThreadMs();
    work.run(operations);
    done += operations;
    return mainThreadMs() - start;
  };
  const check = async () => {
    const expected = {
      count: done,
      sum: (done / CYCLE) * work.cycleSum,
      series: work.series ?? SERIES,
    };
    checkTotals(await work.totals(), expected, settings);
  };
  const operations = calibrate(run, roundMs);
  for (let elapsed = 0; elapsed < warmUpMs;) elapsed += run(operations);
  await check();
  return async () => {
    const elapsedMs = run(operations);
    await check();
    return { ns: (elapsedMs * 1e6) / operations };
  };
}

/** The multiple of {@link CYCLE} that takes about `roundMs`, found by doubling. */
export function calibrate(run: (operations: number) => number, roundMs: number): number {
  let operations = CYCLE;
  while (run(operations) < roundMs / 2) operations *= 2;
  // A second look, since the first ones paid for compilation.
  while (run(operations) < roundMs / 2) operations *= 2;
  return operations;
}
