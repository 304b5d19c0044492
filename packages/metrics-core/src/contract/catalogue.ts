import type { MetricKind } from "./metric-snapshot.ts";

/** How much is recorded: nothing, the metrics at level summary, or all. */
export type MetricLevel = "none" | "summary" | "detailed";

/** What a program declares about one of its metrics. */
export interface MetricDefinition {
  /** What the observations mean. */
  readonly kind: MetricKind;
  /** UCUM code as OpenTelemetry uses them, such as `ms`, `By`, `{record}`. @default "1" */
  readonly unit?: string | undefined;
  /** The lowest level of the manager at which the metric is recorded. @default "summary" */
  readonly level?: "summary" | "detailed" | undefined;
  /** What the metric measures, for people; vendors that have a place for it show it. */
  readonly description?: string | undefined;
  /**
   * The names of the dimensions that an observation has; one that ends in `?` may be left out.
   * An empty list takes none. @default any dimensions
   */
  readonly dimensions?: readonly string[] | undefined;
  /** Most series that the metric may have at a time: 1 to 10,000,000. @default the manager's `maxSeriesPerMetric` */
  readonly maxSeries?: number | undefined;
}

/**
 * The metrics of a program or library, by name. A manager that is given one knows their kinds and
 * units, and closes its types: other names and dimensions no longer compile.
 */
export type MetricCatalogue = Readonly<Record<string, MetricDefinition>>;
