import { setImmediate as nextTurn } from "node:timers/promises";
import { collectGarbage } from "./collect-garbage.ts";
import { DeliveringManager } from "./delivering-manager.ts";
import { mainThreadMs } from "./main-thread-time.ts";
import type { Contender } from "./row.ts";
import { median } from "./statistics.ts";
import { checkTotals } from "./totals.ts";
import { fill, type WindowShape } from "./window-shape.ts";
import { CYCLE, dimensionsInRotation, SERIES } from "./workload.ts";

/** The least turns with puts; the windows of a short run are closed in fewer. */
const LEAST_TURNS = 16;

/** How many windows a round closes. Its figure is their median. */
const CLOSES = 3;

/**
 * Puts values into 64 series of a large window, some in each turn of the event loop. A round measures
 * `times`, how many times as long as a put of later takes one while the window is being closed. Both
 * are measured in one process, because a put takes longer in some processes than in others.
 */
export function putting(shape: WindowShape): Contender {
  return async (settings) => {
    const manager = await DeliveringManager.start({ export: () => Promise.resolve() });
    const { metrics } = manager;
    let count = 0;
    const put = (stream: string, shard: string, value: number) =>
      metrics.put(shape.metric, value, { stream, shard });

    /** Puts in one turn after the other. Returns the main thread's milliseconds in the median turn, and how many there were. */
    const putInTurns = async (isLast: (turns: number) => boolean) => {
      const ms: number[] = [];
      do {
        await nextTurn();
        const start = mainThreadMs();
        // So many that what the close takes out of the processor's cache hardly counts.
        for (let i = 0; i < CYCLE; i++)
          metrics.put(shape.metric, i & 7, dimensionsInRotation[i & (SERIES - 1)]);
        ms.push(mainThreadMs() - start);
      } while (!isLast(ms.length));
      count += ms.length * CYCLE;
      return { ms: median(ms), turns: ms.length };
    };

    const one = async () => {
      const recorded = fill(shape, settings, put);
      count += recorded.count;
      collectGarbage();
      let isClosed = false;
      const delivered = manager.deliver().finally(() => (isClosed = true));
      const during = await putInTurns((turns) => isClosed && turns >= LEAST_TURNS);
      const series = await delivered;
      await manager.deliver();
      const later = await putInTurns((turns) => turns >= during.turns);
      await manager.deliver();
      const { accepted } = metrics.stats();
      checkTotals({ count: accepted, series }, { ...recorded, count }, settings);
      return during.ms / later.ms;
    };

    // The first windows include compilation.
    for (let left = settings.short ? 0 : 2; left > 0; left--) await one();
    return async () => {
      const figures: number[] = [];
      for (let left = settings.short ? 1 : CLOSES; left > 0; left--) figures.push(await one());
      return { times: median(figures) };
    };
  };
}
