import type { ExponentialBuckets, MetricKind, MetricSnapshot } from "@aiokpl/metrics-core";
import type { SeriesOfMetric } from "@aiokpl/metrics-core/sink";
import { type HrTime, ValueType } from "@opentelemetry/api";
import { unitOf } from "../names/unit.ts";
import { toAttributes } from "./attributes.ts";
import { bucketCounts, type CumulativeCounts } from "./explicit-buckets.ts";
import type { DataPoint, ExponentialHistogram, Histogram, MetricData } from "./sdk-data.ts";
import type { Temporalities } from "./temporality.ts";

/** A series, with what its metric is. */
export interface DescribedSeries extends SeriesOfMetric {
  readonly kind: MetricKind;
  readonly unit: string;
  readonly description?: string | undefined;
}

/** What a data point is about. Times are in milliseconds since the epoch. */
export interface Point {
  /** The instrument's name. */
  readonly name: string;
  readonly series: DescribedSeries;
  readonly startTime: number;
  readonly endTime: number;
}

/** All that is known of the values of a series. */
export interface Values {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  /** The last value; only that of a gauge is shown. */
  readonly last: number;
  readonly histogram?: MetricSnapshot["histogram"] | undefined;
  /** The counts of explicit buckets; undefined for an exponential histogram and for other kinds. */
  readonly counts?: CumulativeCounts | undefined;
  /** The boundaries that the counts are for. */
  readonly boundaries?: readonly number[] | undefined;
}

// The SDK's enumerations as numbers, because the SDK may not be installed; they are the same in 1.x, 2.x and 3.x.
const TEMPORALITY = { delta: 0, cumulative: 1 } as const;
const HISTOGRAM = 0;
const EXPONENTIAL_HISTOGRAM = 1;
const GAUGE = 2;
const SUM = 3;

/** Converts points to the SDK's metric data, grouped by metric, one after the other. */
export class MetricDataBuilder {
  readonly #temporalities: Temporalities;
  readonly #metrics: MetricData[] = [];
  /** By the instrument's name; it has more than one if distributions came with and without a histogram. */
  readonly #byName = new Map<string, MetricData[]>();
  /** The metric of the last point; most of the time it is the next one's too. */
  #last: MetricData | undefined;
  readonly #startTimes = new HrTimes();
  readonly #endTimes = new HrTimes();

  constructor(temporalities: Temporalities) {
    this.#temporalities = temporalities;
  }

  /** All points so far; further ones are added to the same arrays. */
  get metrics(): MetricData[] {
    return this.#metrics;
  }

  /** Adds a point. Of a counter the sum is enough. */
  add(point: Point, value: number | Values): void {
    if (typeof value === "number") {
      const metric = this.#metricOf(point, SUM);
      if (metric.dataPointType === SUM) metric.dataPoints.push(this.#dataPoint(point, value));
      return;
    }
    const metric = this.#metricOf(point, typeOf(point.series.kind, value));
    switch (metric.dataPointType) {
      case SUM:
        metric.dataPoints.push(this.#dataPoint(point, value.sum));
        break;
      case GAUGE:
        metric.dataPoints.push(this.#dataPoint(point, value.last));
        break;
      case HISTOGRAM: {
        const buckets = bucketsOf(value);
        metric.dataPoints.push(this.#dataPoint(point, { ...statistics(value), buckets }));
        break;
      }
      case EXPONENTIAL_HISTOGRAM:
        metric.dataPoints.push(
          this.#dataPoint(point, { ...statistics(value), ...exponentialOf(value) }),
        );
        break;
    }
  }

  #metricOf(point: Point, type: MetricData["dataPointType"]): MetricData {
    const last = this.#last;
    return last?.descriptor.name === point.name && last.dataPointType === type
      ? last
      : (this.#last = this.#findOrMake(point, type));
  }

  #findOrMake(point: Point, type: MetricData["dataPointType"]): MetricData {
    let metrics = this.#byName.get(point.name);
    if (metrics === undefined) this.#byName.set(point.name, (metrics = []));
    let metric = metrics.find((each) => each.dataPointType === type);
    if (metric === undefined) {
      metric = this.#newMetric(point, type);
      metrics.push(metric);
      this.#metrics.push(metric);
    }
    return metric;
  }

  #newMetric({ name, series }: Point, type: MetricData["dataPointType"]): MetricData {
    const { kind, description = "", unit } = series;
    const common = {
      descriptor: { name, description, unit: unitOf(unit), valueType: ValueType.DOUBLE },
      aggregationTemporality: TEMPORALITY[this.#temporalities[kind]],
    };
    return type === SUM
      ? { ...common, dataPointType: type, isMonotonic: true, dataPoints: [] }
      : { ...common, dataPointType: type, dataPoints: [] };
  }

  #dataPoint<T>({ series, startTime, endTime }: Point, value: T): DataPoint<T> {
    return new OwnDataPoint(
      this.#startTimes.of(startTime),
      this.#endTimes.of(Math.max(startTime, endTime)),
      toAttributes(series),
      value,
    );
  }
}

function typeOf(kind: MetricKind, { histogram, counts }: Values): MetricData["dataPointType"] {
  if (kind === "counter") return SUM;
  if (kind === "gauge") return GAUGE;
  return counts === undefined && histogram !== undefined ? EXPONENTIAL_HISTOGRAM : HISTOGRAM;
}

/** Leaves out the sum if there are negative values: receivers treat it as a counter, and it would decrease. */
function statistics({ count, sum, min, max }: Values): {
  count: number;
  sum?: number;
  min: number;
  max: number;
} {
  return { count, ...(min < 0 ? undefined : { sum }), min, max };
}

function bucketsOf({ counts, boundaries = [], count }: Values): Histogram["buckets"] {
  return counts === undefined
    ? { boundaries: [], counts: [count] }
    : { boundaries: [...boundaries], counts: bucketCounts(counts) };
}

function exponentialOf({
  histogram,
}: Values): Pick<ExponentialHistogram, "scale" | "zeroCount" | "positive" | "negative"> {
  const {
    scale = 0,
    zeroCount = 0,
    positive = NO_BUCKETS,
    negative = NO_BUCKETS,
  } = histogram ?? {};
  return { scale, zeroCount, positive: copyOf(positive), negative: copyOf(negative) };
}

function copyOf({ offset, bucketCounts }: ExponentialBuckets): OwnBuckets {
  return new OwnBuckets(offset, [...bucketCounts]);
}

const NO_BUCKETS: ExponentialBuckets = { offset: 0, bucketCounts: [] };

/** Times of many points, most of which are the same one. Equal times in a row share one array. */
class HrTimes {
  #milliseconds = NaN;
  #time: HrTime = [0, 0];

  /** Converts milliseconds since the epoch to seconds and nanoseconds. */
  of(milliseconds: number): HrTime {
    if (milliseconds !== this.#milliseconds) {
      const seconds = Math.floor(milliseconds / 1_000);
      this.#milliseconds = milliseconds;
      this.#time = [seconds, Math.round((milliseconds - seconds * 1_000) * 1e6)];
    }
    return this.#time;
  }
}

// These are classes, because V8 counts how many of a literal's objects outlive a collection of garbage. While a
// request is under way nearly all do, and from then on V8 would make them, and all that they refer to, among
// the objects that live long. Then each later collection takes ten times as long.

class OwnDataPoint<T> implements DataPoint<T> {
  startTime: HrTime;
  endTime: HrTime;
  attributes: Record<string, string | boolean>;
  value: T;

  constructor(
    startTime: HrTime,
    endTime: HrTime,
    attributes: Record<string, string | boolean>,
    value: T,
  ) {
    this.startTime = startTime;
    this.endTime = endTime;
    this.attributes = attributes;
    this.value = value;
  }
}

class OwnBuckets {
  offset: number;
  bucketCounts: number[];

  constructor(offset: number, bucketCounts: number[]) {
    this.offset = offset;
    this.bucketCounts = bucketCounts;
  }
}
