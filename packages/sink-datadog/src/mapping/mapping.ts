import type { MetricKind } from "@aiokpl/metrics-core";
import { oneOf, plainObject, show } from "@aiokpl/metrics-core/sink";
import { metricName } from "../naming/metric-name.ts";

/**
 * How a distribution is sent. As `aggregates` it becomes counts and gauges, which are exact and safe
 * to send twice. As `distribution` it becomes a distribution of Datadog's, which computes percentiles.
 */
export type DistributionMapping = "aggregates" | "distribution";

/** How a metric is sent. */
export type Mapping = "counter" | "gauge" | DistributionMapping;

/** One way for all distributions, or a way for each metric by the name that the program uses. Metrics not named are aggregates. */
export type Distributions = DistributionMapping | Readonly<Record<string, DistributionMapping>>;

const MAPPINGS: readonly DistributionMapping[] = ["aggregates", "distribution"];

/**
 * Returns a function that says how a metric is sent, given its kind and its name at Datadog.
 *
 * @throws TypeError or RangeError for a wrong option
 */
export function mappingOf(
  distributions: Distributions,
  namespace: string,
): (kind: MetricKind, name: string) => Mapping {
  if (typeof distributions === "string") {
    const all = oneOf("distributions", distributions, MAPPINGS);
    return (kind) => (kind === "distribution" ? all : kind);
  }
  if (distributions === null || typeof distributions !== "object")
    throw new TypeError(
      `distributions is ${show(distributions)}, must be "aggregates", "distribution" or an object`,
    );
  const byName = new Map(
    Object.entries(plainObject("distributions", distributions)).map(([name, mapping]) => [
      metricName(namespace, name),
      oneOf(`distributions.${name}`, mapping, MAPPINGS),
    ]),
  );
  return (kind, name) => (kind === "distribution" ? (byName.get(name) ?? "aggregates") : kind);
}
