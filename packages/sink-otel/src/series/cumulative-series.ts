import type { Dimensions, MetricSnapshot } from "@aiokpl/metrics-core";
import { mergeSnapshots, type SeriesOfMetric } from "@aiokpl/metrics-core/sink";
import { added, type BoundariesOf, explicitCounts } from "../metric-data/explicit-buckets.ts";
import type { Delta } from "./delta.ts";
import { KeptTotal, type Total } from "./kept-total.ts";

/** A series whose total only grows. Its start never changes: receivers take a new start for a reset. */
export class CumulativeSeries implements SeriesOfMetric {
  /** The instrument's name. */
  readonly name: string;
  readonly dimensions: Dimensions;
  readonly overflow: boolean;
  /** In milliseconds since the epoch. */
  readonly start: number;
  /** End of the last window in which the series was observed, in milliseconds since the epoch. */
  observedUntil: number = -Infinity;
  /** The settlement before which it was placed last, counted by its {@link CumulativeTotals}. */
  placedBefore = -1;
  /** The neighbours in the metric's {@link ObservationOrder}. */
  older: CumulativeSeries | undefined;
  newer: CumulativeSeries | undefined;
  /** Where the running export has the series' point. */
  position = -1;
  /** What is new of the series in the running export. */
  delta: Delta | undefined;
  /** The number of the last collection that has read the series. */
  collection = -1;
  /** What that collection, or one before it, has shown. */
  shown: KeptTotal | undefined;
  readonly #boundariesOf: BoundariesOf;
  #total: KeptTotal | undefined;

  constructor(
    name: string,
    { dimensions, overflow = false }: SeriesOfMetric,
    start: number,
    boundariesOf: BoundariesOf,
  ) {
    this.name = name;
    this.dimensions = dimensions;
    this.overflow = overflow;
    this.start = start;
    this.#boundariesOf = boundariesOf;
  }

  /** All that has been added; undefined as long as nothing has. The object shows later totals too. */
  get total(): Total | undefined {
    return this.#total;
  }

  /** Adds what is new to the total. */
  add(delta: MetricSnapshot): void {
    if (this.#total === undefined) this.#total = new KeptTotal(this.plus(delta));
    else
      this.#total.add({ snapshot: delta, counts: explicitCounts(delta, this.#total.boundaries) });
  }

  /** Returns a total, by default the series' own, with a delta added. Nothing changes. */
  plus(delta: MetricSnapshot, total: Total | undefined = this.#total): Total {
    const boundaries = total === undefined ? this.#boundariesOf(delta) : total.boundaries;
    const counts = explicitCounts(delta, boundaries);
    const merged = total === undefined ? this.#own(delta) : mergeSnapshots(total.snapshot, delta);
    const { start: windowStart } = this;
    return {
      snapshot: merged.windowStart === windowStart ? merged : { ...merged, windowStart },
      counts: counts && added(total?.counts, counts),
      boundaries,
    };
  }

  /** In the overflow series, a delta has another series' dimensions. */
  #own(delta: MetricSnapshot): MetricSnapshot {
    return this.overflow ? { ...delta, dimensions: this.dimensions, overflow: true } : delta;
  }
}
