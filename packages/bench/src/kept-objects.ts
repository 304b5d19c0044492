import { setImmediate as nextTurn } from "node:timers/promises";
import type { ExponentialHistogram, MetricSnapshot } from "@aiokpl/metrics-core";
import { closing } from "./closing-window.ts";
import { DeliveringManager } from "./delivering-manager.ts";
import type { Contender } from "./row.ts";
import { fill, type WindowShape } from "./window-shape.ts";

/** After this many milliseconds of work the event loop gets its turn, as in our own slices. */
const SLICE_MS = 4;

/** So many series are shown to our manager, to see what a snapshot of this shape looks like. */
const SAMPLES = 64;

/**
 * No library at all: a loop that makes as many plain snapshots as the window has series, in slices, and
 * keeps them until the last is made. Its longest pause is the garbage collector's, who copies what was made and is
 * kept. A library that hands over plain objects can't do with less, unless it hands over few at a time.
 */
export function keptObjects(shape: WindowShape): Contender {
  return async (settings) => {
    const samples = await samplesOf(shape);
    let series = 0;
    let count = 0;
    let sum = 0;
    return closing(settings, {
      shape,
      closes: 2,
      record: () => {},
      async close() {
        const window = fill(shape, settings, () => {});
        const kept: MetricSnapshot[] = [];
        let turnEnd = performance.now() + SLICE_MS;
        while (kept.length < window.series) {
          const sample = samples[kept.length % SAMPLES];
          if (sample !== undefined) kept.push(copyOf(sample));
          if (performance.now() < turnEnd) continue;
          await nextTurn();
          turnEnd = performance.now() + SLICE_MS;
        }
        series = kept.length;
        for (const snapshot of kept) {
          count += snapshot.count;
          sum += snapshot.sum;
        }
      },
      totals: () => ({ series, count, sum }),
    });
  };
}

async function samplesOf(shape: WindowShape): Promise<readonly MetricSnapshot[]> {
  const samples: MetricSnapshot[] = [];
  const { metrics } = await DeliveringManager.start({
    export: async (snapshots) => void samples.push(...snapshots),
  });
  for (let i = 0; i < SAMPLES; i++)
    for (const value of shape.values) metrics.put(shape.metric, value, { stream: `orders-${i}` });
  await metrics.close();
  return samples;
}

function copyOf({ histogram, ...rest }: MetricSnapshot): MetricSnapshot {
  return histogram === undefined ? rest : { ...rest, histogram: copyOfHistogram(histogram) };
}

function copyOfHistogram({
  positive,
  negative,
  ...rest
}: ExponentialHistogram): ExponentialHistogram {
  return {
    ...rest,
    positive: { offset: positive.offset, bucketCounts: [...positive.bucketCounts] },
    negative: { offset: negative.offset, bucketCounts: [...negative.bucketCounts] },
  };
}
