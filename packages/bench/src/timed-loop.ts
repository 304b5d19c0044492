import { mainThreadMs } from "./main-thread-time.ts";
import type { Round, Settings } from "./row.ts";
import { checkTotals, type Totals } from "./totals.ts";
import { CYCLE, SERIES } from "./workload.ts";

/** A contender of the hot path. */
export interface LoopWork {
  /** Does this many operations, a multiple of {@link CYCLE}. Each contender has its own loop, because a shared one would call it indirectly. */
  run(operations: number): void;
  /** Everything that was recorded so far. */
  totals(): Totals | Promise<Totals>;
  /** The sum of the values of one {@link CYCLE} of operations. */
  readonly cycleSum: number;
  /** How many series there must be. @default SERIES */
  readonly series?: number;
}

/** Length of a timed round in milliseconds; 15 in a short run. */
const ROUND_MS = 80;
const SHORT_ROUND_MS = 15;

/** Milliseconds of warming up before the first round, in which V8 optimises. */
const WARM_UP_MS = 320;
const SHORT_WARM_UP_MS = 30;

/**
 * Warms up a contender, finds out how many operations fill a round, and returns the round. The round
 * measures `ns`, the nanoseconds per operation, and then checks everything that was ever recorded.
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
  // Measured again, because the first times include compilation.
  while (run(operations) < roundMs / 2) operations *= 2;
  return operations;
}
