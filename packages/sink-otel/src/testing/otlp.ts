import type { IntakeAnswer, IntakeRequest, IntakeScript } from "@aiokpl/sink-testkit";
import { getProtoRoot } from "@elastic/mockotlpserver/lib/proto.js";

/** A data point as it is on the wire, decoded by another hand than the exporter's. */
export interface WirePoint {
  readonly attributes?: readonly {
    readonly key: string;
    readonly value: { readonly stringValue?: string; readonly boolValue?: boolean };
  }[];
  readonly startTimeUnixNano: number | string;
  readonly timeUnixNano: number | string;
  readonly asDouble?: number;
  readonly count?: number | string;
  readonly sum?: number;
  readonly min?: number;
  readonly max?: number;
  readonly scale?: number;
  readonly zeroCount?: number | string;
  readonly positive?: WireBuckets;
  readonly negative?: WireBuckets;
  readonly explicitBounds?: readonly number[];
  readonly bucketCounts?: readonly (number | string)[];
}

interface WireBuckets {
  readonly offset?: number;
  readonly bucketCounts?: readonly (number | string)[];
}

interface WireData {
  readonly dataPoints?: readonly WirePoint[];
  readonly aggregationTemporality?: string | number;
  readonly isMonotonic?: boolean;
}

/** A metric as it is on the wire. */
export interface WireMetric {
  readonly name: string;
  readonly unit?: string;
  readonly description?: string;
  readonly sum?: WireData;
  readonly gauge?: WireData;
  readonly histogram?: WireData;
  readonly exponentialHistogram?: WireData;
}

/** A request as it is on the wire. */
export interface WireRequest {
  readonly resourceMetrics?: readonly {
    readonly resource?: { readonly attributes?: WirePoint["attributes"] };
    readonly scopeMetrics?: readonly {
      readonly scope?: { readonly name?: string; readonly version?: string };
      readonly metrics?: readonly WireMetric[];
    }[];
  }[];
}

const REQUEST = getProtoRoot().lookupType(
  "opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest",
);

/** A protobuf request, with its integers as numbers. */
export function decoded({ body }: Pick<IntakeRequest, "body">): WireRequest {
  return REQUEST.toObject(REQUEST.decode(body), { longs: Number, enums: String });
}

/** The metrics of a request. */
export function metricsOf(request: WireRequest): readonly WireMetric[] {
  const { resourceMetrics = [] } = request;
  return resourceMetrics.flatMap(({ scopeMetrics = [] }) =>
    scopeMetrics.flatMap(({ metrics = [] }) => metrics),
  );
}

/** The points of a metric, of whatever type. */
export function pointsOf({
  sum,
  gauge,
  histogram,
  exponentialHistogram,
}: WireMetric): readonly WirePoint[] {
  return (sum ?? gauge ?? histogram ?? exponentialHistogram)?.dataPoints ?? [];
}

/** Attributes as a record. */
export function attributesOf({
  attributes = [],
}: Pick<WirePoint, "attributes">): Record<string, string | boolean | undefined> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [key, value.stringValue ?? value.boolValue]),
  );
}

/** How many values are in a point's buckets. */
export function inBuckets({ bucketCounts, zeroCount = 0, positive, negative }: WirePoint): number {
  const all = [
    bucketCounts ?? [],
    positive?.bucketCounts ?? [],
    negative?.bucketCounts ?? [],
  ].flat();
  return all.reduce<number>((sum, each) => sum + Number(each), Number(zeroCount));
}

/** Takes OTLP over HTTP in protobuf. */
export const fakeOtlp: IntakeScript = (request): IntakeAnswer => {
  const { method, path, headers } = request;
  if (method !== "POST" || path !== "/v1/metrics") return { status: 404 };
  if (headers["content-type"] !== "application/x-protobuf") return { status: 415 };
  try {
    return metricsOf(decoded(request)).length === 0
      ? { status: 400, body: "no metrics" }
      : { status: 200, headers: { "content-type": "application/x-protobuf" } };
  } catch (error) {
    return { status: 400, body: String(error) };
  }
};
