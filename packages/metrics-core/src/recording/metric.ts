import type { Dimensions, DimensionValues } from "../contract/dimensions.ts";
import type { MetricKind, MetricSnapshot } from "../contract/metric-snapshot.ts";
import { freezeSnapshot } from "../histogram/freeze-snapshot.ts";
import type { Window } from "../windows/window-clock.ts";
import { newSeries, type Series } from "./series.ts";
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
      this.#overflow = newSeries(this.kind);
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

  /** Adds to `into` what the open window holds, and leaves it there. */
  peek(into: MetricSnapshot[], window: Window): void {
    this.#forEachInUse((series) => into.push(this.#snapshot(series, window)));
  }

  /** Moves to `into` what the open window holds. */
  drain(into: MetricSnapshot[], window: Window): void {
    this.#forEachInUse((series) => {
      into.push(this.#snapshot(series, window));
      series.reset();
    });
  }

  /** How many observations the open window holds. */
  openCount(): number {
    let count = 0;
    this.#forEachInUse((series) => (count += series.count));
    return count;
  }

  /** Evicts series that were in use neither in this epoch nor in the one before; returns how many. */
  evict(epoch: number): number {
    return this.#index.evict((series) => series.count === 0 && series.epoch < epoch - 1);
  }

  #forEachInUse(visit: (series: Series) => void): void {
    for (const series of this.#index.series) if (series.count > 0) visit(series);
    if (this.#overflow !== undefined && this.#overflow.count > 0) visit(this.#overflow);
  }

  #snapshot(series: Series, { windowStart, windowEnd }: Window): MetricSnapshot {
    const { name, kind, unit, description } = this.properties;
    const { count, sum, min, max, last, histogram } = series;
    const dimensions = this.#index.dimensionsOf(series);
    // Written out for most snapshots: spreading costs ten times as much, and a window may have 100,000 series.
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
