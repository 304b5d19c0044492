import type { MetricKind } from "@aiokpl/metrics-core";
import { oneOf, plainObject, show } from "@aiokpl/metrics-core/sink";
import { metricName } from "../naming/metric-name.ts";

/**
 * What becomes of a distribution: `aggregates` are counts and gauges, exact and safe to send twice;
 * a `distribution` is one of Datadog's, with percentiles there.
 */
export type DistributionMapping = "aggregates" | "distribution";

/** What becomes of a metric. */
export type Mapping = "counter" | "gauge" | DistributionMapping;

/** One for all distributions, or each metric's by the program's name, the others being aggregates. */
export type Distributions = DistributionMapping | Readonly<Record<string, DistributionMapping>>;

const MAPPINGS: readonly DistributionMapping[] = ["aggregates", "distribution"];

/**
 * Returns what becomes of a metric, by its kind and its name at Datadog.
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
