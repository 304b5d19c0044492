import { Counter, Histogram, Registry } from "prom-client";
import type { Totals } from "./totals.ts";

/** The contender of prom-client. */
export interface PrometheusMetrics {
  readonly registry: Registry;
  readonly requests: Counter<"stream" | "shard">;
  readonly latency: Histogram<"stream" | "shard">;
  /** The totals of the counter, or of the histogram if the counter has none. */
  readonly totals: () => Promise<Totals>;
}

/** The library's default buckets, which are in seconds, converted to milliseconds. */
export const BUCKETS_MS = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000];

/** Metrics on a registry of their own, without exemplars, which are off by default and would cost more. */
export function prometheusMetrics(
  labelNames: readonly ("stream" | "shard")[] = ["stream", "shard"],
): PrometheusMetrics {
  const registry = new Registry();
  const requests = new Counter({
    name: "requests",
    help: "Requests.",
    labelNames,
    registers: [registry],
  });
  const latency = new Histogram({
    name: "latency",
    help: "Latency in milliseconds.",
    labelNames,
    buckets: BUCKETS_MS,
    registers: [registry],
  });
  return {
    registry,
    requests,
    latency,
    async totals() {
      const counters = (await requests.get()).values;
      if (counters.length > 0) {
        return {
          sum: counters.reduce((sum, { value }) => sum + value, 0),
          series: counters.length,
        };
      }
      const totals = { count: 0, sum: 0, series: 0 };
      for (const { metricName, value } of (await latency.get()).values) {
        if (metricName === "latency_sum") totals.sum += value;
        if (metricName === "latency_count") {
          totals.count += value;
          totals.series++;
        }
      }
      return totals;
    },
  };
}
