import type { CollectionResult } from "@opentelemetry/sdk-metrics";
import { closing } from "./closing-window.ts";
import { MANY_SERIES } from "./many-series.ts";
import type { Contender } from "./row.ts";
import { counters as shape } from "./window-shape.ts";

/** A peer's collection is short, so a round has several. */
const CLOSES = 2;

/** Cumulative, which is the default: the collected points are sums since the start. */
export const otel: Contender = async (settings) => {
  const { otelMeter } = await import("./otel-meter.ts");
  const { meter, reader, totals } = otelMeter({ maxSeries: MANY_SERIES });
  const counter = meter.createCounter("requests");
  return closing(settings, {
    shape,
    closes: CLOSES,
    record: (stream, shard, value) => counter.add(value, { stream, shard }),
    close: () => reader.collect(),
    totals,
  });
};

/** Deltas, like ours: the SDK begins each interval without series. */
export const otelDelta: Contender = async (settings) => {
  const { otelMeter, totalsOf } = await import("./otel-meter.ts");
  const { meter, reader } = otelMeter({ maxSeries: MANY_SERIES, temporality: "delta" });
  const counter = meter.createCounter("requests");
  let collected: CollectionResult | undefined;
  let sum = 0;
  return closing(settings, {
    shape,
    closes: CLOSES,
    record: (stream, shard, value) => counter.add(value, { stream, shard }),
    close: async () => (collected = await reader.collect()),
    async totals() {
      const totals = totalsOf(collected ?? (await reader.collect()));
      sum += totals.sum ?? NaN;
      return { sum, series: totals.series };
    },
  });
};

/** Collected as objects; text would take longer. */
export const promClient: Contender = async (settings) => {
  const { prometheusMetrics } = await import("./prometheus-metrics.ts");
  const { registry, requests, totals } = prometheusMetrics();
  return closing(settings, {
    shape,
    closes: CLOSES,
    record: (stream, shard, value) => requests.inc({ stream, shard }, value),
    close: () => registry.getMetricsAsJSON(),
    totals,
  });
};
