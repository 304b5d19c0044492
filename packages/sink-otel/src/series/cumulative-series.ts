import type { Dimensions, MetricKind, MetricSnapshot } from "@aiokpl/metrics-core";
import type { SeriesOfMetric } from "@aiokpl/metrics-core/sink";
import type { DescribedSeries } from "../metric-data/metric-data-builder.ts";
import type { CumulativeMetric } from "./cumulative-metric.ts";
import type { Delta } from "./delta.ts";
import { finiteSum, KeptTotal, type Total, totalOf } from "./kept-total.ts";
import { NEVER, type SharedTime } from "./shared-times.ts";

/** All observations of a series since its start; of a counter, their sum. */
export type SumOrTotal = number | Total;

/** What a producer has shown of a series. */
export interface Reading {
  /** The number of the last collection that has read the series. */
  collection: number;
  /** What that collection, or one before it, has shown. */
  shown: number | KeptTotal | undefined;
}

/**
 * A series whose total only grows. Its start never changes: receivers take a new start for a reset.
 *
 * There may be very many of them, so a series has few fields, and none that V8 would keep as a separate number.
 */
export class CumulativeSeries implements DescribedSeries {
  readonly metric: CumulativeMetric;
  readonly dimensions: Dimensions;
  readonly overflow: boolean;
  readonly #start: SharedTime;
  /** The end of the last window in which it was observed, and the settlement before which it was placed last. */
  observed: SharedTime = NEVER;
  /** The neighbours in the metric's {@link ObservationOrder}. */
  older: CumulativeSeries | undefined;
  newer: CumulativeSeries | undefined;
  /** Where the running export has the series' point. */
  position = -1;
  /** What is new of the series in the running export. */
  delta: Delta | undefined;
  /** What a producer has shown of the series. */
  reading: Reading | undefined;
  /** A sum that is a small integer takes no memory of its own. */
  #total: number | KeptTotal | undefined;

  constructor(
    metric: CumulativeMetric,
    { dimensions, overflow = false }: SeriesOfMetric,
    start: SharedTime,
  ) {
    this.metric = metric;
    this.dimensions = dimensions;
    this.overflow = overflow;
    this.#start = start;
  }

  /** The instrument's name. */
  get name(): string {
    return this.metric.name;
  }

  get kind(): MetricKind {
    return this.metric.kind;
  }

  get unit(): string {
    return this.metric.unit;
  }

  get description(): string | undefined {
    return this.metric.description;
  }

  /** In milliseconds since the epoch. */
  get start(): number {
    return this.#start.time;
  }

  /** All that has been added; undefined as long as nothing has. An object shows later totals too. */
  get total(): SumOrTotal | undefined {
    return this.#total;
  }

  /** Adds what is new to the total. */
  add(delta: MetricSnapshot): void {
    const total = this.#total;
    if (typeof total === "object") total.add(delta);
    else {
      const sum = this.plus(delta);
      this.#total = typeof sum === "number" ? sum : new KeptTotal(sum);
    }
  }

  /** Returns a total, by default the series' own, with a delta added. Nothing changes. */
  plus(delta: MetricSnapshot, total: SumOrTotal | undefined = this.#total): SumOrTotal {
    const { kind, boundariesOf } = this.metric;
    if (kind === "counter")
      return typeof total === "number" ? finiteSum(total, delta.sum) : delta.sum;
    if (typeof total !== "object") return totalOf(delta, boundariesOf(delta));
    const sum = new KeptTotal(total);
    sum.add(delta);
    return sum;
  }
}
