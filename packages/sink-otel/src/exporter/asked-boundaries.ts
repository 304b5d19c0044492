import { quieten } from "@aiokpl/metrics-core/sink";
import { type BoundariesOf, explicitBoundaries } from "../metric-data/explicit-buckets.ts";
import type { MetricExporter } from "./metric-exporter.ts";

/** The SDK's number for explicit buckets, the same in 2.x and 3.x. */
const EXPLICIT_BUCKET_HISTOGRAM = 4;

/**
 * Returns what the exporter asks for itself. If it wants explicit buckets, all distributions get the
 * boundaries that it names, and those with thresholds get them as their boundaries. If it names none,
 * distributions without thresholds stay exponential histograms.
 */
export function askedBoundaries(exporter: MetricExporter): BoundariesOf {
  const asked: unknown = exporter.selectAggregation?.("HISTOGRAM");
  quieten(asked);
  const { type, options } = (asked ?? {}) as { type?: unknown; options?: unknown };
  if (type !== EXPLICIT_BUCKET_HISTOGRAM) return explicitBoundaries(undefined);
  const { boundaries } = (options ?? {}) as { boundaries?: unknown };
  return Array.isArray(boundaries) && boundaries.every(Number.isFinite)
    ? explicitBoundaries(boundaries.toSorted((a, b) => a - b))
    : ({ thresholds }) => thresholds?.bounds;
}
