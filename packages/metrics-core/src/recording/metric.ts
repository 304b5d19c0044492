import type { Dimensions, DimensionValues } from "../contract/dimensions.ts";
import type { MetricKind, MetricSnapshot } from "../contract/metric-snapshot.ts";
import { freezeSnapshot } from "../histogram/freeze-snapshot.ts";
import { DETACHED, Series } from "./series.ts";
import { SeriesIndex } from "./series-index.ts";

/** What a metric is, once every default is settled. */
export interface MetricProperties {
  readonly name: string;
  readonly kind: MetricKind;
  readonly unit: string;
  readonly description: string | undefined;
  /** False where the manager's level leaves the metric out. */
  readonly enabled: boolean;
  readonly maxSeries: number;
}

/** One metric: its properties, its series, and the overflow series that takes what is beyond the limit. */
export class Metric {
  readonly properties: MetricProperties;
  readonly kind: MetricKind;
  readonly enabled: boolean;
  /** The smallest value that the metric accepts. */
  readonly floor: number;
  #overflow: Series | undefined;
  readonly #index: SeriesIndex;
  readonly #common: Dimensions;

  constructor(
    properties: MetricProperties,
    common: Dimensions,
    onInvalidValue: (name: string) => void,
  ) {
    this.properties = properties;
    this.kind = properties.kind;
    this.enabled = properties.enabled;
    this.floor = properties.kind === "counter" ? 0 : -Number.MAX_VALUE;
    this.#index = new SeriesIndex(properties.kind, common, onInvalidValue);
    this.#common = common;
  }

  /** How many series there are, the overflow series included. */
  get seriesCount(): number {
    return this.#index.series.length + (this.#overflow === undefined ? 0 : 1);
  }

  /** See {@link SeriesIndex.find}. */
  find(dimensions: DimensionValues | undefined): Series | undefined {
    return this.#index.find(dimensions);
  }

  /** The series of these dimensions, registered if there is room; undefined where there is none. */
  findOrCreate(dimensions: DimensionValues | undefined): Series | undefined {
    return this.#index.findOrCreate(dimensions, this.properties.maxSeries);
  }

  /** The series that takes what is beyond the limit. */
  overflow(): Series {
    if (this.#overflow === undefined) {
      this.#overflow = new Series(this.kind, DETACHED + 1);
      this.#overflow.dimensions = this.#common;
    }
    return this.#overflow;
  }

  isOverflow(series: Series): boolean {
    return series === this.#overflow;
  }

  dimensionsOf(series: Series): Dimensions {
    return this.#index.dimensionsOf(series);
  }

  /** Adds what the open window holds to `into`; with `reset`, empties the window. */
  collect(into: MetricSnapshot[], windowStart: number, windowEnd: number, reset: boolean): void {
    for (const series of this.#index.series) {
      if (series.count === 0) continue;
      into.push(this.#snapshot(series, windowStart, windowEnd));
      if (reset) series.reset();
    }
    const overflow = this.#overflow;
    if (overflow === undefined || overflow.count === 0) return;
    into.push(this.#snapshot(overflow, windowStart, windowEnd));
    if (reset) overflow.reset();
  }

  /** How many observations the open window holds. */
  openCount(): number {
    let count = this.#overflow?.count ?? 0;
    for (const series of this.#index.series) count += series.count;
    return count;
  }

  /** Evicts series that were in use neither in this epoch nor in the one before; returns how many. */
  evict(epoch: number): number {
    return this.#index.evict((series) => series.count === 0 && series.epoch < epoch - 1);
  }

  #snapshot(series: Series, windowStart: number, windowEnd: number): MetricSnapshot {
    const { name, kind, unit, description } = this.properties;
    const { count, sum, min, max, last, histogram } = series;
    const dimensions = this.#index.dimensionsOf(series);
    // Written out where most snapshots come from: spreading costs ten times as much, and a window may have 100,000 series.
    if (histogram === undefined && description === undefined && series !== this.#overflow) {
      return Object.freeze({
        name,
        kind,
        unit,
        count,
        sum,
        min,
        max,
        last,
        dimensions,
        windowStart,
        windowEnd,
      });
    }
    return freezeSnapshot({
      name,
      kind,
      unit,
      ...(description === undefined ? undefined : { description }),
      count,
      sum,
      min,
      max,
      last,
      dimensions,
      windowStart,
      windowEnd,
      ...(histogram === undefined ? undefined : { histogram: histogram.toData() }),
      ...(series === this.#overflow ? { overflow: true } : undefined),
    });
  }
}
