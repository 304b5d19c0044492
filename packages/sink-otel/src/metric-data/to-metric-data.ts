import type {
  Dimensions,
  ExponentialBuckets,
  MetricKind,
  MetricSnapshot,
} from "@aiokpl/metrics-core";
import type { HrTime } from "@opentelemetry/api";
import type {
  DataPoint,
  ExponentialHistogram,
  Histogram,
  MetricData,
} from "@opentelemetry/sdk-metrics";
import { bucketCounts, type CumulativeCounts } from "./explicit-buckets.ts";
import { unitOf } from "../names/instrument-names.ts";

/** OpenTelemetry's word for whether points are of windows or of all time. */
export type Temporality = "delta" | "cumulative";

/** A snapshot as a data point. */
export interface Point {
  /** The instrument's name. */
  readonly name: string;
  readonly snapshot: MetricSnapshot;
  /** In milliseconds since the epoch. */
  readonly endTime: number;
  /** Where the histogram is to be one of explicit buckets: the boundaries, and the counts up to each. */
  readonly explicit?:
    | { readonly boundaries: readonly number[]; readonly counts: CumulativeCounts }
    | undefined;
}

// The SDK's enumerations by number, so that it need not be loaded; they are the same in 2.x and 3.x.
const TEMPORALITY = { delta: 0, cumulative: 1 } as const;
const HISTOGRAM = 0;
const EXPONENTIAL_HISTOGRAM = 1;
const GAUGE = 2;
const SUM = 3;
const DOUBLE = 1;

/** Points as the SDK's metric data, those of a metric together. */
export function toMetricData(
  points: readonly Point[],
  temporalityOf: (kind: MetricKind) => Temporality,
): MetricData[] {
  const metrics = new Map<string, Point[]>();
  for (const point of points) {
    const key = `${point.name} ${typeOf(point)}`;
    const others = metrics.get(key);
    if (others === undefined) metrics.set(key, [point]);
    else others.push(point);
  }
  return [...metrics.values()].map((each) => toMetric(each, temporalityOf));
}

function toMetric(
  points: readonly Point[],
  temporalityOf: (kind: MetricKind) => Temporality,
): MetricData {
  const [first] = points;
  if (first === undefined) throw new RangeError("a metric has at least one point");
  const { kind, description = "", unit } = first.snapshot;
  const common = {
    descriptor: { name: first.name, description, unit: unitOf(unit), valueType: DOUBLE },
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
          dataPoint(point, { ...statistics(point), buckets: bucketsOf(point) }),
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
  explicit,
}: Point): "sum" | "gauge" | "histogram" | "exponential histogram" {
  if (snapshot.kind === "counter") return "sum";
  if (snapshot.kind === "gauge") return "gauge";
  return explicit === undefined && snapshot.histogram !== undefined
    ? "exponential histogram"
    : "histogram";
}

function dataPoint<T>({ snapshot, endTime }: Point, value: T): DataPoint<T> {
  const { dimensions, overflow, windowStart } = snapshot;
  return {
    startTime: hrTime(windowStart),
    endTime: hrTime(Math.max(windowStart, endTime)),
    attributes: toAttributes(dimensions, overflow === true),
    value,
  };
}

/** With negative values a sum can't be a counter, as which it would be taken: the data model leaves it out. */
function statistics({ snapshot: { count, sum, min, max } }: Point): {
  count: number;
  sum?: number;
  min: number;
  max: number;
} {
  return { count, ...(min < 0 ? undefined : { sum }), min, max };
}

function bucketsOf({ explicit, snapshot }: Point): Histogram["buckets"] {
  return explicit === undefined
    ? { boundaries: [], counts: [snapshot.count] }
    : { boundaries: [...explicit.boundaries], counts: bucketCounts(explicit.counts) };
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

/** Dimensions as attributes; the overflow series has OpenTelemetry's attribute for it. */
export function toAttributes(
  dimensions: Dimensions,
  isOverflow: boolean,
): Record<string, string | boolean> {
  return isOverflow
    ? { ...Object.fromEntries(dimensions), "otel.metric.overflow": true }
    : Object.fromEntries(dimensions);
}

/** Milliseconds since the epoch as seconds and nanoseconds. */
function hrTime(milliseconds: number): HrTime {
  const seconds = Math.floor(milliseconds / 1_000);
  return [seconds, Math.round((milliseconds - seconds * 1_000) * 1e6)];
}
