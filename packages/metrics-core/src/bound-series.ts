import type { DimensionValues } from "./dimensions.ts";
import type { Metric } from "./metric.ts";
import type { MetricKind } from "./metric-snapshot.ts";
import type { BoundMetric } from "./metrics.ts";
import type { SeriesStore } from "./series-store.ts";
import { DETACHED, Series } from "./series.ts";

/**
 * A handle on one series, which costs no look-up per observation. It registers the series with the
 * first observation, and again after an eviction; the level that `add` goes on from stays with it.
 */
export class BoundSeries implements BoundMetric {
  readonly #store: SeriesStore;
  readonly #name: string;
  readonly #dimensions: DimensionValues;
  #metric: Metric | undefined;
  #series: Series;
  #floor = -Infinity;

  constructor(store: SeriesStore, name: string, dimensions: DimensionValues) {
    this.#store = store;
    this.#name = name;
    this.#dimensions = dimensions;
    this.#metric = store.known(name);
    this.#floor = this.#metric?.floor ?? -Infinity;
    this.#series = new Series("counter", DETACHED);
  }

  put(value?: unknown): void {
    // An explicit undefined is a mistake, and not the same as no argument.
    // oxlint-disable-next-line prefer-rest-params -- a rest parameter allocates
    const given = arguments.length === 0 && this.#metric?.kind === "counter" ? 1 : value;
    const series = this.#series;
    const { onRecord } = this.#store;
    if (!series.add(given, this.#floor)) this.#record(undefined, given);
    else if (onRecord !== undefined && this.#metric !== undefined)
      onRecord(this.#metric, series, given);
  }

  add(delta: number): void {
    const metric = this.#resolve("gauge");
    if (metric === undefined) return;
    this.#series = this.#store.attach(metric, this.#series, this.#dimensions);
    this.#record("gauge", typeof delta === "number" ? this.#series.last + delta : delta);
  }

  #record(verb: MetricKind | undefined, value: unknown): void {
    const metric = this.#resolve(verb);
    if (metric?.enabled !== true) return;
    this.#series = this.#store.recordBound(metric, this.#series, value, this.#dimensions);
  }

  /** An undeclared metric gets its kind with the first observation, as everywhere. */
  #resolve(verb: MetricKind | undefined): Metric | undefined {
    if (this.#metric === undefined || (verb !== undefined && verb !== this.#metric.kind)) {
      const metric = this.#store.metric(this.#name, verb, verb ?? "distribution", "1");
      if (metric === undefined) return undefined;
      this.#metric = metric;
      this.#floor = metric.floor;
    }
    return this.#metric;
  }
}

/** The handle on a metric that the level leaves out. */
export const unrecorded: BoundMetric = Object.freeze({ put() {}, add() {} });
