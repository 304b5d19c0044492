import { type MetricSnapshot, quantile } from "@aiokpl/metrics-core";
import { toValuesAndCounts } from "@aiokpl/metrics-core/sink";
import { percentileSuffix } from "../naming/metric-name.ts";

/** A second of a series whose counts are written again without a window of their own. */
export interface CorrectedSecond {
  readonly second: number;
  /** What is known to belong there. */
  readonly count: number;
  readonly sum: number;
}

/** A count or gauge in the form that `/api/v1/series` takes. */
export interface WireSeries {
  readonly metric: string;
  readonly type: "count" | "gauge";
  /** Seconds since the epoch, and the value. */
  readonly points: readonly (readonly [second: number, value: number])[];
  readonly tags: readonly string[];
  readonly host?: string;
  /** The length of a count's window, in seconds. */
  readonly interval?: number;
}

/** A distribution in the form that `/api/v1/distribution_points` takes. */
export interface WireDistribution {
  readonly metric: string;
  readonly type: "distribution";
  readonly points: readonly (readonly [second: number, values: readonly number[]])[];
  readonly tags: readonly string[];
  readonly host?: string;
}

/** What all series of one snapshot share. */
export interface SeriesContext {
  readonly tags: readonly string[];
  readonly host: string | undefined;
  readonly percentiles: readonly number[];
  /** Other seconds to write again, because the snapshot includes what may have been added there. */
  readonly corrected?: readonly CorrectedSecond[];
}

/** A window gets an interval if it is this close to whole seconds, in seconds; the Agent has the same tolerance. */
const INTERVAL_TOLERANCE_S = 0.05;

/** Enough for every bucket that a histogram can have: 2,048 on each side of zero, cut at 64 thresholds. */
const MAX_DISTINCT_VALUES = 5_000;

/** Returns the epoch second that holds a time in epoch milliseconds. */
export function secondOf(time: number): number {
  return Math.floor(time / 1_000);
}

/**
 * Returns the epoch second of a snapshot's points: for a gauge the second in which its window ends, for
 * all else the second in which it begins. So two windows of a second or more never share a second.
 */
export function stampOf({ kind, windowStart, windowEnd }: MetricSnapshot): number {
  return secondOf(kind === "gauge" ? Math.max(windowStart, windowEnd - 1) : windowStart);
}

/** Returns the most points that {@link toSeries} makes of a snapshot. */
export function pointsOf({ kind }: MetricSnapshot, percentiles: readonly number[]): number {
  return kind === "distribution" ? 4 + percentiles.length : 1;
}

/** Turns a snapshot into counts and gauges. Datadog adds up counts over time and over tags. */
export function toSeries(
  snapshot: MetricSnapshot,
  { tags, host, percentiles, corrected = [] }: SeriesContext,
): WireSeries[] {
  const { name, kind, min, max, last, windowStart, windowEnd } = snapshot;
  const second = stampOf(snapshot);
  const common = { tags, ...(host === undefined ? undefined : { host }) };
  const gauge = (metric: string, value: number): WireSeries => ({
    metric,
    type: "gauge",
    points: [[second, value]],
    ...common,
  });
  if (kind === "gauge") return [gauge(name, last)];
  const interval = intervalOf(windowStart, windowEnd);
  const counts = (metric: string, of: "count" | "sum"): WireSeries => ({
    metric,
    type: "count",
    points: [[second, snapshot[of]], ...corrected.map((each) => [each.second, each[of]] as const)],
    ...common,
    ...(interval === undefined ? undefined : { interval }),
  });
  if (kind === "counter") return [counts(name, "sum")];
  const series = [
    counts(`${name}.count`, "count"),
    counts(`${name}.sum`, "sum"),
    gauge(`${name}.min`, min),
    gauge(`${name}.max`, max),
  ];
  for (const q of percentiles) {
    const value = quantile(snapshot, q);
    if (value !== undefined) series.push(gauge(`${name}.${percentileSuffix(q)}`, value));
  }
  return series;
}

/** Turns a snapshot into values for Datadog to aggregate, one for each observation. */
export function toDistribution(
  snapshot: MetricSnapshot,
  { tags, host }: Pick<SeriesContext, "tags" | "host">,
): WireDistribution {
  const { values, counts } = toValuesAndCounts(snapshot, MAX_DISTINCT_VALUES);
  const all: number[] = [];
  for (const [i, value] of values.entries())
    for (let left = counts[i] ?? 0; left > 0; left--) all.push(value);
  return {
    metric: snapshot.name,
    type: "distribution",
    points: [[stampOf(snapshot), all]],
    tags,
    ...(host === undefined ? undefined : { host }),
  };
}

function intervalOf(windowStart: number, windowEnd: number): number | undefined {
  const seconds = (windowEnd - windowStart) / 1_000;
  const whole = Math.round(seconds);
  return whole >= 1 && Math.abs(seconds - whole) <= INTERVAL_TOLERANCE_S ? whole : undefined;
}
