import type { Dimensions, DimensionValues } from "../contract/dimensions.ts";
import type { MetricKind } from "../contract/metric-snapshot.ts";
import type { BoundMetric } from "../contract/bound-metric.ts";
import { boundedText, flatCopy } from "../problems/kept-text.ts";
import type { Metric } from "./metric.ts";
import { flatDimensions } from "./given-dimensions.ts";
import { withInherited } from "./inherited-dimensions.ts";
import type { Undeclared } from "./metric-registry.ts";
import type { SeriesStore } from "./series-store.ts";
import { Series } from "./series.ts";
import type { SeriesWindows } from "./series-windows.ts";

/**
 * Makes a handle on one series, which costs no look-up per observation. It registers the series with the
 * first observation, and again after an eviction; the level that `add` goes on from stays with it.
 *
 * @throws TypeError if the dimensions are no object, and what a getter of them throws.
 */
export function bindSeries(
  store: SeriesStore,
  name: string,
  dimensions: DimensionValues | undefined,
  inherited: Dimensions | undefined,
): BoundMetric {
  const bound = new BoundSeries(store, name, dimensions, inherited);
  return methodsOf(bound, bound.series, bound.floor, store.windows);
}

/**
 * The methods of a handle. They are closures, so that a program can hand them on without the handle. What most
 * puts need is in variables of theirs, which are read faster than fields of `bound`.
 */
function methodsOf(
  bound: BoundSeries,
  series: Series,
  floor: number,
  windows: SeriesWindows,
): BoundMetric {
  return {
    put(value?: unknown): void {
      if (typeof value === "number" && value >= floor) if (series.add(value, windows.open)) return;
      if (bound.isOff) return;
      // An explicit undefined is a mistake, and not the same as no argument.
      // oxlint-disable-next-line prefer-rest-params -- a rest parameter allocates
      if (arguments.length === 0) bound.putNothing();
      else bound.put(value);
      ({ series, floor } = bound);
    },
    putMany(value: number, count: number): void {
      bound.putMany(value, count);
      ({ series, floor } = bound);
    },
    add(delta: number): void {
      bound.add(delta);
      ({ series, floor } = bound);
    },
  };
}

/** What a handle knows of its series, and what it does with an observation that needs the store. */
class BoundSeries {
  /** Until there is a registered series, one that only keeps the level. */
  series: Series = new Series(undefined);
  /** The smallest value that may be added without the store; NaN, which no value reaches, where the store must see each. */
  floor = NaN;
  readonly #store: SeriesStore;
  readonly #name: string;
  readonly #dimensions: DimensionValues;
  #metric: Metric | undefined;

  constructor(
    store: SeriesStore,
    name: string,
    dimensions: DimensionValues | undefined,
    inherited: Dimensions | undefined,
  ) {
    this.#store = store;
    this.#name = typeof name === "string" ? flatCopy(boundedText(name)) : name;
    const own = store.places.readDimensions(name, dimensions);
    this.#dimensions = flatDimensions(withInherited(inherited, own));
    const metric = store.metrics.known(name);
    if (metric !== undefined) this.#know(metric);
  }

  putNothing(): void {
    const isCounter = this.#store.metrics.known(this.#name)?.kind === "counter";
    this.put(isCounter ? 1 : undefined);
  }

  put(value: unknown): void {
    if (this.#metric !== undefined && this.#store.addToBegun(this.#metric, this.series, value))
      return;
    const metric = this.#admit(undefined, value);
    if (metric !== undefined) this.#store.recordAttached(metric, this.series, value as number);
  }

  putMany(value: number, count: number): void {
    if (this.isOff || !this.#store.metrics.admitCount(this.#name, value, count)) return;
    const metric = this.#admit("distribution", value);
    if (metric !== undefined) this.#store.recordAttached(metric, this.series, value, count);
  }

  add(delta: number): void {
    if (this.isOff) return;
    const metric = this.#admit("gauge", delta);
    if (metric !== undefined) this.#store.moveAttached(metric, this.series, delta);
  }

  /** Whether the level leaves the metric out. */
  get isOff(): boolean {
    return this.#metric === undefined ? !this.#store.levels.isOn : !this.#metric.enabled;
  }

  /** The metric, with the handle's series attached to it; undefined where the observation is not taken. */
  #admit(verb: MetricKind | undefined, value: unknown): Metric | undefined {
    const metric = this.#store.places.admitWith(
      this.#name,
      verb,
      value,
      this.#dimensions,
      this.#definition(verb),
    );
    if (metric === undefined) return undefined;
    if (metric !== this.#metric) this.#know(metric);
    const series = this.#store.places.attach(metric, this.series, this.#dimensions);
    if (series === undefined) return undefined;
    this.series = series;
    return metric;
  }

  /** What an undeclared metric becomes that was forgotten while the handle was not used: what it was, where the verb fits. */
  #definition(verb: MetricKind | undefined): Undeclared | undefined {
    const known = this.#metric;
    return known !== undefined && (verb ?? known.kind) === known.kind
      ? known.properties
      : undefined;
  }

  #know(metric: Metric): void {
    this.#metric = metric;
    if (!this.#store.isEventful) this.floor = metric.floor;
  }
}
