import { forEachSeries, MANY_SERIES, MANY_SERIES_SHORT } from "./many-series.ts";
import type { Settings } from "./row.ts";
import type { Totals } from "./totals.ts";
import { latencies } from "./workload.ts";

/** What a window is full of when it is closed. */
export interface WindowShape {
  readonly name: string;
  readonly metric: "requests" | "latency";
  readonly series: number;
  /** The same in a short run. */
  readonly seriesShort: number;
  /** The values of a series; multiples of 1/1024, so that sums are exact in any order. */
  readonly values: readonly number[];
}

/** Many counters, each with one count. */
export const counters: WindowShape = {
  name: "100,000 counters",
  metric: "requests",
  series: MANY_SERIES,
  seriesShort: MANY_SERIES_SHORT,
  values: [1],
};

/** Many distributions with a few values each. */
export const distributions: WindowShape = {
  name: "100,000 distributions",
  metric: "latency",
  series: MANY_SERIES,
  seriesShort: MANY_SERIES_SHORT,
  values: [...latencies.subarray(0, 4)],
};

/** As many buckets as a histogram has at most. They are an eighth of an octave wide: scale 3. */
const BUCKETS = 160;

/** Distributions with a value in each of the buckets that a histogram may have. */
export const fullDistributions: WindowShape = {
  name: `10,000 distributions of ${BUCKETS} buckets`,
  metric: "latency",
  series: 10_000,
  seriesShort: 500,
  values: Array.from(
    { length: BUCKETS },
    (_, i) => Math.round(1_024 * 2 ** ((i + 0.5) / 8)) / 1_024,
  ),
};

/** How many series a window of this shape has in this run. */
function seriesOf({ series, seriesShort }: WindowShape, { short }: Settings): number {
  return short ? seriesShort : series;
}

/** Records one window: calls `record` with each value of each series. Returns what was recorded. */
export function fill(
  shape: WindowShape,
  settings: Settings,
  record: (stream: string, shard: string, value: number) => void,
): Required<Totals> {
  const series = seriesOf(shape, settings);
  const { values } = shape;
  forEachSeries(series, (stream, shard) => {
    for (const value of values) record(stream, shard, value);
  });
  const sum = values.reduce((all, value) => all + value, 0);
  return { series, count: series * values.length, sum: series * sum };
}
