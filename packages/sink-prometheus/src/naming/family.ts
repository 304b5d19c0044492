import type { GaugeCombination, MetricKind } from "@aiokpl/metrics-core";

/** What Prometheus calls a metric family: all series of one name. Several metrics share one if their names become equal. */
export interface Family {
  readonly kind: MetricKind;
  /** A UCUM code. */
  readonly unit: string;
  /** How levels of series that become equal are combined; of gauges. */
  readonly combine: GaugeCombination;
  /** As {@link MetricName.name}. */
  readonly name: string;
  /** As {@link MetricName.utf8Name}. */
  readonly utf8Name: string;
  /** As {@link MetricName.unit}. */
  readonly unitWords: string;
  /** What the metric measures, for people. */
  readonly help: string;
  /** Ascending upper bounds of classic buckets; of distributions. */
  readonly bounds: readonly number[];
}

/** What decides a metric's family. */
export interface MetricIdentity {
  readonly name: string;
  readonly kind: MetricKind;
  readonly unit: string;
  readonly combine?: GaugeCombination | undefined;
}

/** A metric's family, or the reason why it has none. */
export type FamilyOrRefusal =
  | { readonly family: Family; readonly refusal?: undefined }
  | { readonly family?: undefined; readonly refusal: string };

/** Whether a metric may be part of a family. */
export function belongsTo(
  family: Family,
  { kind, unit, combine = "sum" }: MetricIdentity,
): boolean {
  return kind === family.kind && unit === family.unit && combine === family.combine;
}

/** The names of all samples that a family may have, and of the family itself in any format. */
export function namesOf(kind: MetricKind, name: string): readonly string[] {
  switch (kind) {
    case "counter": {
      const base = baseName(kind, name);
      return [name, base, `${base}_created`];
    }
    case "gauge":
      return [name];
    case "distribution":
      return [name, ...["bucket", "count", "sum", "created"].map((each) => `${name}_${each}`)];
  }
}

/** A family's name in OpenMetrics, where a counter's samples end in `_total` and the family does not. */
export function baseName(kind: MetricKind, name: string): string {
  return kind === "counter" ? name.slice(0, -"_total".length) : name;
}
