import type { ExponentialBuckets, MetricKind, MetricSnapshot } from "@aiokpl/metrics-core";
import { type HrTime, ValueType } from "@opentelemetry/api";
import { bucketCounts, type CumulativeCounts } from "./explicit-buckets.ts";
import type { DataPoint, ExponentialHistogram, Histogram, MetricData } from "./sdk-data.ts";
import { unitOf } from "../names/unit.ts";

/** Whether a data point covers one window (`delta`) or all time since the series' start (`cumulative`). */
export type Temporality = "delta" | "cumulative";

/** A snapshot that becomes a data point. */
export interface Point {
  /** The instrument's name. */
  readonly name: string;
  readonly snapshot: MetricSnapshot;
  /** In milliseconds since the epoch. */
  readonly endTime: number;
  /** The counts of explicit buckets; undefined for an exponential histogram and for other kinds. */
  readonly counts: CumulativeCounts | undefined;
}

/** What all points of a request have in common. */
export interface Encoding {
  readonly temporalityOf: (kind: MetricKind) => Temporality;
  /** The boundaries that the points' `counts` are for. */
  readonly boundaries: readonly number[] | undefined;
}

// The SDK's enumerations as numbers, because the SDK may not be installed; they are the same in 1.x, 2.x and 3.x.
const TEMPORALITY = { delta: 0, cumulative: 1 } as const;
const HISTOGRAM = 0;
const EXPONENTIAL_HISTOGRAM = 1;
const GAUGE = 2;
const SUM = 3;

/** Converts points to the SDK's metric data, grouped by metric. */
export function toMetricData(points: readonly Point[], encoding: Encoding): MetricData[] {
  const metrics = new Map<string, Point[]>();
  for (const point of points) {
    const key = `${point.name} ${typeOf(point)}`;
    const others = metrics.get(key);
    if (others === undefined) metrics.set(key, [point]);
    else others.push(point);
  }
  return [...metrics.values()].map((each) => toMetric(each, encoding));
}

function toMetric(points: readonly Point[], { temporalityOf, boundaries }: Encoding): MetricData {
  const [first] = points;
  if (first === undefined) throw new RangeError("a metric has at least one point");
  const { kind, description = "", unit } = first.snapshot;
  const common = {
    descriptor: { name: first.name, description, unit: unitOf(unit), valueType: ValueType.DOUBLE },
    aggregationTemporality: TEMPORALITY[temporalityOf(kind)],
  };
  switch (typeOf(first)) {
    case "sum":
      return {
        ...common,
        dataPointType: SUM,
        isMonotonic: true,
        dataPoints: points.map((point) => dataPoint(point, point.snapshot.sum)),
      };
    case "gauge":
      return {
        ...common,
        dataPointType: GAUGE,
        dataPoints: points.map((point) => dataPoint(point, point.snapshot.last)),
      };
    case "histogram":
      return {
        ...common,
        dataPointType: HISTOGRAM,
        dataPoints: points.map((point) =>
          dataPoint(point, { ...statistics(point), buckets: bucketsOf(point, boundaries) }),
        ),
      };
    case "exponential histogram":
      return {
        ...common,
        dataPointType: EXPONENTIAL_HISTOGRAM,
        dataPoints: points.map((point) =>
          dataPoint(point, { ...statistics(point), ...exponentialOf(point) }),
        ),
      };
  }
}

function typeOf({
  snapshot,
  counts,
}: Point): "sum" | "gauge" | "histogram" | "exponential histogram" {
  if (snapshot.kind === "counter") return "sum";
  if (snapshot.kind === "gauge") return "gauge";
  return counts === undefined && snapshot.histogram !== undefined
    ? "exponential histogram"
    : "histogram";
}

function dataPoint<T>({ snapshot, endTime }: Point, value: T): DataPoint<T> {
  const { windowStart } = snapshot;
  return {
    startTime: hrTime(windowStart),
    endTime: hrTime(Math.max(windowStart, endTime)),
    attributes: toAttributes(snapshot),
    value,
  };
}

/** Leaves out the sum if there are negative values: receivers treat it as a counter, and it would decrease. */
function statistics({ snapshot: { count, sum, min, max } }: Point): {
  count: number;
  sum?: number;
  min: number;
  max: number;
} {
  return { count, ...(min < 0 ? undefined : { sum }), min, max };
}

function bucketsOf(
  { counts, snapshot }: Point,
  boundaries: readonly number[] = [],
): Histogram["buckets"] {
  return counts === undefined
    ? { boundaries: [], counts: [snapshot.count] }
    : { boundaries: [...boundaries], counts: bucketCounts(counts) };
}

function exponentialOf({
  snapshot: { histogram },
}: Point): Pick<ExponentialHistogram, "scale" | "zeroCount" | "positive" | "negative"> {
  const {
    scale = 0,
    zeroCount = 0,
    positive = NO_BUCKETS,
    negative = NO_BUCKETS,
  } = histogram ?? {};
  return {
    scale,
    zeroCount,
    positive: { offset: positive.offset, bucketCounts: [...positive.bucketCounts] },
    negative: { offset: negative.offset, bucketCounts: [...negative.bucketCounts] },
  };
}

const NO_BUCKETS: ExponentialBuckets = { offset: 0, bucketCounts: [] };

/** Converts a series' dimensions to attributes, and marks an overflow series with OpenTelemetry's own attribute. */
export function toAttributes({
  dimensions,
  overflow,
}: Pick<MetricSnapshot, "dimensions" | "overflow">): Record<string, string | boolean> {
  return overflow === true
    ? { ...Object.fromEntries(dimensions), "otel.metric.overflow": true }
    : Object.fromEntries(dimensions);
}

/** Converts milliseconds since the epoch to seconds and nanoseconds. */
function hrTime(milliseconds: number): HrTime {
  const seconds = Math.floor(milliseconds / 1_000);
  return [seconds, Math.round((milliseconds - seconds * 1_000) * 1e6)];
}
