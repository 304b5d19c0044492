import type { Attributes, HrTime, ValueType } from "@opentelemetry/api";

/*
 * The data of OpenTelemetry's metrics SDK as this package writes it. The SDK's own types are not used,
 * because its package may not be installed. What these types allow, the types of SDK 2 and 3 accept.
 */

/** Describes the process that emits metrics. A resource of the SDK is one, and so is what the SDK expects. */
export interface Resource {
  /** The attributes that are known already. */
  readonly attributes: Attributes;
  /** True as long as attributes are still being looked up. */
  readonly asyncAttributesPending?: boolean;
  /** Returns the attributes, each of which may be a promise. */
  // oxlint-disable-next-line typescript/no-redundant-type-constituents -- the API 1.9 knows fewer attributes than 1.10
  getRawAttributes(): [string, Attributes[string] | Promise<Attributes[string]>][];
  /** Returns a resource with the attributes of both; those of the other one win. */
  merge(other: Resource | null): Resource;
  /** Resolves when all attributes are known. */
  waitForAsyncAttributes?(): Promise<void>;
}

/** What one process reports at one time. */
export interface ResourceMetrics {
  /** The process. */
  resource: Resource;
  /** Its metrics, by instrumentation scope. */
  scopeMetrics: ScopeMetrics[];
}

/** The metrics of one instrumentation scope. */
export interface ScopeMetrics {
  /** What the metrics come from: the name and version of a library. */
  scope: { name: string; version?: string };
  /** The metrics of that scope. */
  metrics: MetricData[];
}

/** One metric with its data points, told apart by the number `dataPointType`. */
export type MetricData =
  | (AnyMetric & { dataPointType: 0; dataPoints: DataPoint<Histogram>[] })
  | (AnyMetric & { dataPointType: 1; dataPoints: DataPoint<ExponentialHistogram>[] })
  | (AnyMetric & { dataPointType: 2; dataPoints: DataPoint<number>[] })
  | (AnyMetric & { dataPointType: 3; isMonotonic: boolean; dataPoints: DataPoint<number>[] });

interface AnyMetric {
  descriptor: { name: string; description: string; unit: string; valueType: ValueType };
  /** 0 is delta, 1 is cumulative. */
  aggregationTemporality: 0 | 1;
}

/** A value of one series, and the time that it covers. */
export interface DataPoint<T> {
  /** Where the time begins that the value covers: seconds since the epoch, and nanoseconds. */
  startTime: HrTime;
  /** Where it ends. */
  endTime: HrTime;
  /** What tells the series from others of the metric. */
  attributes: Record<string, string | boolean>;
  /** A number, or a histogram. */
  value: T;
}

/** A distribution with explicit buckets. */
export interface Histogram {
  /** `counts[i]` values are above `boundaries[i - 1]`, and at or under `boundaries[i]`. */
  buckets: { boundaries: number[]; counts: number[] };
  /** Number of values. */
  count: number;
  /** Their sum; absent if some are negative, because receivers take it for a counter. */
  sum?: number;
  /** The smallest value. */
  min?: number;
  /** The largest value. */
  max?: number;
}

/** A distribution with exponential buckets. */
export interface ExponentialHistogram {
  /** Number of values. */
  count: number;
  /** Their sum; absent if some are negative, because receivers take it for a counter. */
  sum?: number;
  /** The smallest value. */
  min?: number;
  /** The largest value. */
  max?: number;
  /** The finer the buckets, the higher: each bound is `2 ** 2 ** -scale` times the one before. */
  scale: number;
  /** Number of values that are 0. */
  zeroCount: number;
  /** Counts of the values above 0; the first bucket is number `offset`. */
  positive: { offset: number; bucketCounts: number[] };
  /** Counts of the values below 0, by their size. */
  negative: { offset: number; bucketCounts: number[] };
}

/** What a reader gets from a metric producer. */
export interface CollectionResult {
  /** What was collected. */
  resourceMetrics: ResourceMetrics;
  /** What failed meanwhile; empty where nothing did. */
  errors: unknown[];
}
