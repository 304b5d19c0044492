import { gunzipSync, inflateSync } from "node:zlib";
import type { Protocol } from "./instrumentation.ts";

/** A request as it came, or a datagram or a part of a stream, which have no headers. */
export interface Received {
  readonly encoding?: string | undefined;
  readonly body: Buffer;
}

/** What arrived at the receiver, by metric: how much was counted, or for durations how many there were. */
export interface ReceivedTotals {
  readonly requests: number;
  readonly durations: number;
  readonly customers: number;
}

/** Takes one point: counters add their sums, distributions their counts. A total replaces the one before it. */
type Add = (point: {
  readonly name: string;
  readonly value: number;
  /** The series, where the point is a total. */
  readonly totalOf?: string;
}) => void;

/** Adds up what was received. Done after the measured time, because it takes some. */
export async function totalsOf(
  protocol: Protocol,
  received: readonly Received[],
): Promise<ReceivedTotals> {
  const added = new Map<string, number>();
  const totals = new Map<string, { readonly name: string; readonly value: number }>();
  const add: Add = ({ name, value, totalOf }) => {
    if (totalOf === undefined) added.set(name, (added.get(name) ?? 0) + value);
    else totals.set(`${name} ${totalOf}`, { name, value });
  };
  await readers[protocol](received, add);
  for (const { name, value } of totals.values()) add({ name, value });
  return {
    requests: added.get("http.requests") ?? 0,
    durations: added.get("http.duration") ?? 0,
    customers: added.get("customer.orders") ?? 0,
  };
}

const readers: Readonly<
  Record<Protocol, (received: readonly Received[], add: Add) => void | Promise<void>>
> = {
  async otlp(received, add) {
    const { getProtoRoot } = await import("@elastic/mockotlpserver/lib/proto.js");
    const type = getProtoRoot().lookupType(
      "opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest",
    );
    for (const each of received) {
      const request = type.toObject(type.decode(decoded(each)), { longs: Number, enums: String });
      for (const { scopeMetrics = [] } of request.resourceMetrics ?? [])
        for (const { name, sum, histogram, exponentialHistogram } of scopeMetrics.flatMap(
          ({ metrics = [] }) => metrics,
        )) {
          const data = sum ?? histogram ?? exponentialHistogram;
          const isTotal = data?.aggregationTemporality === "AGGREGATION_TEMPORALITY_CUMULATIVE";
          for (const { attributes, asDouble, asInt, count } of data?.dataPoints ?? [])
            add({
              name,
              value: Number(count ?? asDouble ?? asInt),
              ...(isTotal ? { totalOf: JSON.stringify(attributes) } : undefined),
            });
        }
    }
  },

  datadog: (received, add) =>
    pointsAtDatadog(received, (name, value, seriesAndSecond) =>
      add({ name, value, totalOf: seriesAndSecond }),
    ),

  "datadog added": (received, add) =>
    pointsAtDatadog(received, (name, value) => add({ name, value })),

  cloudwatch(received, add) {
    for (const each of received)
      for (const datum of JSON.parse(decoded(each).toString()).MetricData) {
        const { MetricName: name, StatisticValues, Values = [], Counts = [] } = datum;
        const counts: readonly number[] = Counts;
        const count = StatisticValues?.SampleCount ?? counts.reduce((all, each) => all + each, 0);
        const sum =
          StatisticValues?.Sum ??
          counts.reduce((all, each, i) => all + each * Number(Values[i]), 0);
        add({ name, value: name === "http.duration" ? count : sum });
      }
  },

  dogstatsd(received, add) {
    for (const line of received.flatMap(({ body }) => body.toString().split("\n"))) {
      const [, name, values, type] = /^([^:]+):([^|]+)\|(\w+)/.exec(line) ?? [];
      if (name === undefined || values === undefined || type === "g") continue;
      for (const value of values.split(":")) add({ name, value: type === "c" ? Number(value) : 1 });
    }
  },

  emf(received, add) {
    for (const line of Buffer.concat(received.map(({ body }) => body))
      .toString()
      .split("\n")) {
      if (line === "") continue;
      const event: Record<string, unknown> = JSON.parse(line);
      for (const name of ["http.requests", "http.duration", "customer.orders"])
        if (event[name] !== undefined)
          add({ name, value: name === "http.duration" ? 1 : Number(event[name]) });
    }
  },

  prometheus(received, add) {
    const names: Readonly<Record<string, string>> = {
      http_requests: "http.requests",
      http_requests_total: "http.requests",
      http_duration_count: "http.duration",
      http_duration_milliseconds_count: "http.duration",
      customer_orders: "customer.orders",
      customer_orders_total: "customer.orders",
    };
    const page = received.at(-1)?.body.toString() ?? "";
    for (const line of page.split("\n")) {
      const name = names[/^\w+/.exec(line)?.[0] ?? ""];
      if (name !== undefined) add({ name, value: Number(line.slice(line.lastIndexOf(" "))) });
    }
  },
};

function pointsAtDatadog(
  received: readonly Received[],
  take: (name: string, value: number, seriesAndSecond: string) => void,
): void {
  for (const each of received)
    for (const { metric, points, tags, type } of JSON.parse(decoded(each).toString()).series) {
      if (type === "gauge") continue;
      const name = String(metric).replace(/\.count$/, "");
      for (const [second, value] of points) take(name, value, `${tags} ${second}`);
    }
}

function decoded({ encoding, body }: Received): Buffer {
  switch (encoding) {
    case undefined:
      return body;
    case "gzip":
      return gunzipSync(body);
    case "deflate":
      return inflateSync(body);
    default:
      throw new Error(`a request is encoded as ${encoding}`);
  }
}
