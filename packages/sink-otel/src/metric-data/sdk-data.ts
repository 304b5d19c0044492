import type { Attributes, HrTime, ValueType } from "@opentelemetry/api";

/*
 * The data of OpenTelemetry's metrics SDK as this package writes it. The SDK's own types are not used,
 * because its package may not be installed. What these types allow, the types of SDK 2 and 3 accept.
 */

/** Describes the process that emits metrics. A resource of the SDK is one, and so is what the SDK expects. */
export interface Resource {
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
  resource: Resource;
  scopeMetrics: ScopeMetrics[];
}

/** The metrics of one instrumentation scope. */
export interface ScopeMetrics {
  scope: { name: string; version?: string };
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
  startTime: HrTime;
  endTime: HrTime;
  attributes: Record<string, string | boolean>;
  value: T;
}

/** A distribution with explicit buckets. */
export interface Histogram {
  buckets: { boundaries: number[]; counts: number[] };
  count: number;
  sum?: number;
  min?: number;
  max?: number;
}

/** A distribution with exponential buckets. */
export interface ExponentialHistogram {
  count: number;
  sum?: number;
  min?: number;
  max?: number;
  scale: number;
  zeroCount: number;
  positive: { offset: number; bucketCounts: number[] };
  negative: { offset: number; bucketCounts: number[] };
}

/** What a reader gets from a metric producer. */
export interface CollectionResult {
  resourceMetrics: ResourceMetrics;
  errors: unknown[];
}
