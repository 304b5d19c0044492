import type {
  Dimensions,
  MetricEvent,
  MetricKind,
  MetricSnapshot,
  ThresholdCounts,
} from "@aiokpl/metrics-core";
import { histogramOf } from "./example-histogram.ts";

/** One series, and its observations in each window. */
export interface ExampleSeries {
  /** The metric's name. */
  readonly name: string;
  /** @default "counter" */
  readonly kind?: MetricKind | undefined;
  /** UCUM code. @default "1" */
  readonly unit?: string | undefined;
  /** What the metric measures. @default none */
  readonly description?: string | undefined;
  /** Values must not be empty. @default none */
  readonly dimensions?: Readonly<Record<string, string>> | undefined;
  /** The observed values, in order: at least one, all finite, and none negative for a counter. @default [1] */
  readonly values?: readonly number[] | undefined;
  /** A distribution's thresholds, ascending. @default none */
  readonly thresholds?: readonly number[] | undefined;
  /** Marks the overflow series, which holds the observations beyond a metric's limit of series. @default false */
  readonly overflow?: boolean | undefined;
}

/** What to build. */
export interface ExampleOptions {
  /** What the windows contain. @default {@link exampleSeries} */
  readonly series?: readonly ExampleSeries[] | undefined;
  /** How many consecutive windows to build. Each has the same observations. @default 1 */
  readonly windows?: number | undefined;
  /** Length of a window in milliseconds. @default 60_000 */
  readonly windowMs?: number | undefined;
  /** Start of the first window, in milliseconds since the epoch. @default the last window ends at the latest multiple of `windowMs` */
  readonly windowStart?: number | undefined;
}

/** A counter, a gauge and a distribution, with and without dimensions. */
export const exampleSeries: readonly ExampleSeries[] = [
  {
    name: "requests",
    unit: "{request}",
    dimensions: { stream: "orders", shard: "7" },
    values: [1, 1, 3],
  },
  { name: "requests", unit: "{request}", dimensions: { stream: "invoices" }, values: [2] },
  { name: "pending", kind: "gauge", unit: "By", values: [512, 2048, 1024] },
  {
    name: "request_time",
    kind: "distribution",
    unit: "ms",
    description: "From the call to the answer",
    dimensions: { stream: "orders" },
    values: [12.5, 3, 250, 12.5, 0, 41],
  },
];

/**
 * Builds valid snapshots as a manager would: plain data, with histograms. Windows are in order of
 * time, and the series of each window in the order given. Each call makes new objects. The snapshots
 * of one series share their dimensions.
 *
 * @throws {RangeError} for a series that no manager would make
 */
export function exampleSnapshots(options: ExampleOptions = {}): readonly MetricSnapshot[] {
  const { starts, windowMs, series } = resolved(options);
  const dimensions = series.map(canonicalDimensions);
  return starts.flatMap((windowStart) =>
    series.map((one, index) =>
      snapshotOf(one, dimensions[index] ?? [], windowStart, windowStart + windowMs),
    ),
  );
}

/** Which observations to build. */
export interface ExampleEventOptions extends ExampleOptions {
  /** Whether equal values in a row of a distribution are one event, with their `count`. @default false */
  readonly counted?: boolean | undefined;
}

/** Builds the observations that lead to {@link exampleSnapshots} with the same options, as `record` of an eventful sink is given them. */
export function exampleEvents(options: ExampleEventOptions = {}): readonly MetricEvent[] {
  const { starts, series } = resolved(options);
  const dimensions = series.map(canonicalDimensions);
  return starts.flatMap((timestamp) =>
    series.flatMap((one, index) =>
      observationsOf(one, options.counted).map((observation) => ({
        ...identityOf(one),
        ...observation,
        timestamp,
        dimensions: dimensions[index] ?? [],
      })),
    ),
  );
}

function resolved(options: ExampleOptions): {
  readonly series: readonly ExampleSeries[];
  readonly starts: readonly number[];
  readonly windowMs: number;
} {
  const { series = exampleSeries, windows = 1, windowMs = 60_000 } = options;
  const latest = Math.floor(Date.now() / windowMs) * windowMs;
  const first = options.windowStart ?? latest - windows * windowMs;
  return {
    series,
    windowMs,
    starts: Array.from({ length: windows }, (_, index) => first + index * windowMs),
  };
}

function snapshotOf(
  series: ExampleSeries,
  dimensions: Dimensions,
  windowStart: number,
  windowEnd: number,
): MetricSnapshot {
  const values = valuesOf(series);
  const identity = identityOf(series);
  return {
    ...identity,
    count: values.length,
    sum: values.reduce((sum, value) => sum + value, 0),
    min: values.reduce((min, value) => Math.min(min, value)),
    max: values.reduce((max, value) => Math.max(max, value)),
    last: values.at(-1) ?? 0,
    dimensions,
    windowStart,
    windowEnd,
    ...(identity.kind === "distribution" ? { histogram: histogramOf(values) } : {}),
    ...(series.thresholds === undefined ? {} : { thresholds: countsAt(series.thresholds, values) }),
    ...(series.overflow === true ? { overflow: true } : {}),
  };
}

function countsAt(bounds: readonly number[], values: readonly number[]): ThresholdCounts {
  const counts = [...bounds, Infinity].map(
    (bound, i) =>
      values.filter((value) => value <= bound && value > (bounds[i - 1] ?? -Infinity)).length,
  );
  return { bounds, counts };
}

function identityOf(
  series: ExampleSeries,
): Pick<MetricSnapshot, "name" | "kind" | "unit" | "description"> {
  const { name, kind = "counter", unit = "1", description } = series;
  return description === undefined ? { name, kind, unit } : { name, kind, unit, description };
}

function canonicalDimensions(series: ExampleSeries): Dimensions {
  return Object.entries(series.dimensions ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function observationsOf(
  series: ExampleSeries,
  counted = false,
): readonly Pick<MetricEvent, "value" | "count">[] {
  const values = valuesOf(series);
  if (!counted || series.kind !== "distribution") return values.map((value) => ({ value }));
  const runs: { readonly value: number; readonly count: number }[] = [];
  for (const value of values) {
    const run = runs.at(-1);
    if (run?.value === value) runs.splice(-1, 1, { value, count: run.count + 1 });
    else runs.push({ value, count: 1 });
  }
  return runs.map(({ value, count }) => (count === 1 ? { value } : { value, count }));
}

function valuesOf(series: ExampleSeries): readonly number[] {
  const values = series.values ?? [1];
  const sum = values.reduce((total, value) => total + value, 0);
  if (values.length === 0 || !values.every(Number.isFinite) || !Number.isFinite(sum)) {
    throw new RangeError(
      `values of ${series.name} must be finite, at least one, with a finite sum; they are [${values.join(", ")}]`,
    );
  }
  if ((series.kind ?? "counter") === "counter" && values.some((value) => value < 0)) {
    throw new RangeError(
      `values of the counter ${series.name} must not be negative; they are [${values.join(", ")}]`,
    );
  }
  return values;
}
