import type { DimensionValues } from "../contract/dimensions.ts";
import type { Metric } from "./metric.ts";
import type { MetricKind } from "../contract/metric-snapshot.ts";
import type { BoundMetric } from "../contract/metrics.ts";
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
  /** The smallest value that may be added without asking the store; with NaN it is always asked. */
  #floor = NaN;

  constructor(store: SeriesStore, name: string, dimensions: DimensionValues) {
    this.#store = store;
    this.#name = name;
    this.#dimensions = dimensions;
    this.#series = new Series("counter", DETACHED);
    this.#know(store.known(name));
  }

  put(value?: unknown): void {
    if (typeof value === "number" && value >= this.#floor && this.#series.add(value)) return;
    // An explicit undefined is a mistake, and not the same as no argument.
    // oxlint-disable-next-line prefer-rest-params -- a rest parameter allocates
    const isLeftOut = arguments.length === 0 && this.#metric?.kind === "counter";
    this.#record(undefined, isLeftOut ? 1 : value);
  }

  add(delta: number): void {
    if (!this.#store.check(this.#name, "gauge", delta)) return;
    const metric = this.#resolve("gauge");
    if (metric?.enabled !== true) return;
    this.#series = this.#store.attach(metric, this.#series, this.#dimensions);
    this.#record("gauge", this.#series.last + delta);
  }

  #record(verb: MetricKind | undefined, value: unknown): void {
    // What is refused must not have named a metric.
    const isNew = this.#metric === undefined;
    if (isNew && !this.#store.check(this.#name, verb ?? "distribution", value)) return;
    const metric = this.#resolve(verb);
    if (metric?.enabled !== true) return;
    this.#series = this.#store.recordBound(metric, this.#series, value, this.#dimensions);
  }

  /** An undeclared metric gets its kind with the first observation, as everywhere. */
  #resolve(verb: MetricKind | undefined): Metric | undefined {
    if (this.#metric === undefined || (verb !== undefined && verb !== this.#metric.kind)) {
      const metric = this.#store.metric(this.#name, verb, verb ?? "distribution", "1");
      if (metric === undefined) return undefined;
      this.#know(metric);
    }
    return this.#metric;
  }

  #know(metric: Metric | undefined): void {
    this.#metric = metric;
    if (metric !== undefined && !this.#store.isEventful) this.#floor = metric.floor;
  }
}

/** The handle on a metric that the level leaves out. */
export const unrecorded: BoundMetric = /* @__PURE__ */ Object.freeze({ put() {}, add() {} });
