import { setImmediate as nextTurn } from "node:timers/promises";
import { collectGarbage } from "./collect-garbage.ts";
import { DeliveringManager } from "./delivering-manager.ts";
import { mainThreadMs } from "./main-thread-time.ts";
import type { Contender } from "./row.ts";
import { checkTotals } from "./totals.ts";
import { fill, type WindowShape } from "./window-shape.ts";
import { CYCLE, dimensionsInRotation, SERIES } from "./workload.ts";

/** The least turns with puts; the windows of a short run are closed in fewer. */
const LEAST_TURNS = 16;

/** One batch of puts is large, so that what the close takes out of the processor's cache hardly counts. */
function putBatch({ metrics }: DeliveringManager, metric: WindowShape["metric"]): void {
  for (let i = 0; i < CYCLE; i++)
    metrics.put(metric, i & 7, dimensionsInRotation[i & (SERIES - 1)]);
}

/**
 * Puts values into series of a large window, some in each turn of the event loop. A round measures
 * `ns`, the main thread's time per put, `"while"` the window is being closed or `"after"` that.
 */
export function putting(shape: WindowShape, when: "while" | "after"): Contender {
  return async (settings) => {
    const manager = await DeliveringManager.start({ export: () => Promise.resolve() });
    let count = 0;
    const round = async () => {
      const recorded = fill(shape, settings, (stream, shard, value) =>
        manager.metrics.put(shape.metric, value, { stream, shard }),
      );
      count += recorded.count;
      collectGarbage();
      let isClosed = false;
      const delivered = manager.deliver().finally(() => (isClosed = true));
      if (when === "after") await delivered;
      let ms = 0;
      let turns = 0;
      for (; turns < LEAST_TURNS || !isClosed; turns++) {
        await nextTurn();
        const start = mainThreadMs();
        putBatch(manager, shape.metric);
        ms += mainThreadMs() - start;
      }
      count += turns * CYCLE;
      const { accepted } = manager.metrics.stats();
      checkTotals({ count: accepted, series: await delivered }, { ...recorded, count }, settings);
      // The next round's window then has nothing of these puts.
      await manager.deliver();
      return { ns: (ms * 1e6) / (turns * CYCLE) };
    };
    // The first windows include compilation.
    for (let left = settings.short ? 0 : 2; left > 0; left--) await round();
    return round;
  };
}
