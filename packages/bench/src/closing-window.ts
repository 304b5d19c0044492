import { collectGarbage } from "./collect-garbage.ts";
import { longestGap } from "./longest-gap.ts";
import { mainThreadMs } from "./main-thread-time.ts";
import type { Round, Settings } from "./row.ts";
import { median } from "./statistics.ts";
import { checkTotals, type Totals } from "./totals.ts";
import { fill, type WindowShape } from "./window-shape.ts";

/** A contender that fills windows and closes them. */
export interface ClosingWork {
  readonly shape: WindowShape;
  readonly record: (stream: string, shard: string, value: number) => void;
  /** Closes the window, or collects. Resolves when all of it was delivered. */
  close(): Promise<unknown>;
  /** Everything that was recorded so far; `series` are those of the last window. */
  totals(): Totals | Promise<Totals>;
  /** How many windows are closed for each figure of a round, which is their median. In a short run it is one. */
  readonly closes: number;
}

type Measure = (close: () => Promise<unknown>) => Promise<number>;

/**
 * Closes windows. A round measures `ms`, the time of the main thread until all is delivered, and with
 * further windows `gapMs`, the longest time meanwhile in which the event loop stood still. They are
 * measured apart, because looking at the event loop costs time of the main thread.
 */
export async function closing(settings: Settings, work: ClosingWork): Promise<Round> {
  let recorded: Required<Totals> = { count: 0, sum: 0, series: 0 };
  const one = async (measure: Measure) => {
    const { count, sum, series } = fill(work.shape, settings, work.record);
    recorded = { count: recorded.count + count, sum: recorded.sum + sum, series };
    collectGarbage();
    const figure = await measure(() => work.close());
    checkTotals(await work.totals(), recorded, settings);
    return figure;
  };
  const several = async (measure: Measure) => {
    const figures: number[] = [];
    for (let left = settings.short ? 1 : work.closes; left > 0; left--)
      figures.push(await one(measure));
    return median(figures);
  };
  // The first window includes compilation.
  if (!settings.short) await one(longestGap);
  return async () => ({ ms: await several(mainThreadTime), gapMs: await several(longestGap) });
}

async function mainThreadTime(work: () => Promise<unknown>): Promise<number> {
  const start = mainThreadMs();
  await work();
  return mainThreadMs() - start;
}
