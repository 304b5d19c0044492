import type { MetricKind, MetricSnapshot } from "@aiokpl/metrics-core";
import type { BoundariesOf } from "../metric-data/explicit-buckets.ts";
import { ObservationOrder } from "./observation-order.ts";

/** What all cumulative series of an instrument have in common, so that no series has to keep it. */
export class CumulativeMetric {
  /** The instrument's name. */
  readonly name: string;
  readonly kind: MetricKind;
  readonly unit: string;
  /** The first one that came. */
  description: string | undefined;
  readonly boundariesOf: BoundariesOf;
  /** The series that may make room: all but the overflow series. */
  readonly order: ObservationOrder = new ObservationOrder();

  constructor(name: string, { kind, unit }: MetricSnapshot, boundariesOf: BoundariesOf) {
    this.name = name;
    this.kind = kind;
    this.unit = unit;
    this.boundariesOf = boundariesOf;
  }
}
