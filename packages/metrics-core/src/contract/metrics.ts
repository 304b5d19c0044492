import type {
  CompatibleCatalogue,
  CorrectCatalogue,
  MetricCatalogue,
  MetricDefinition,
} from "./catalogue.ts";
import type { DimensionValue } from "./dimensions.ts";
import type {
  ArgsFor,
  ArgsOf,
  CheckedWork,
  DimensionsOf,
  IsTimed,
  NameIn,
  OutcomeDimensions,
  Uncompared,
} from "./metric-args.ts";
import type { MetricKind } from "./metric-snapshot.ts";
import type { CheckedReading, ExpectedReading, ObserveArgs } from "./observe-args.ts";

/**
 * The methods with which a program records its metrics. With a catalogue `C`, TypeScript finds a
 * misspelt metric or dimension, a forgotten dimension, a missing value and a verb of the wrong kind.
 * Without a catalogue, any name and any dimensions are allowed.
 *
 * Every method is synchronous, does no I/O, never waits, and throws nothing of its own. What can't be
 * recorded is refused: it is counted by reason, reported to the manager's `onError`, and has no other
 * effect. That is so for a value that is not a finite number, an explicit `undefined` in place of a
 * value that may be left out, a negative value for a counter, a verb of another kind than the
 * metric's, and everything after the manager was closed. A metric above the manager's level is
 * neither recorded nor refused. Past a metric's limit of series, observations go to its one overflow
 * series.
 *
 * Each set of dimensions makes a series. A dimension that is `undefined`, `null` or `""` is absent. A
 * dimension that is given with an observation wins over the manager's common dimension of that name.
 *
 * The `Metrics` of a catalogue are also the `Metrics` of each part of it. So a function can ask for
 * just the metrics that it uses. A part keeps the kinds, and the dimensions that are required; level,
 * description, limits and further optional dimensions may differ. `Metrics` without a catalogue take any
 * name, so the `Metrics` of a catalogue do not stand in for them.
 *
 * Where a name may be one of several, a method takes what all of them take. Call the methods on their object:
 * `this: object` makes `const { count } = metrics` an error where `count` is called. What is handed on is a handle's
 * method, such as `setInterval(metrics.bind("ticks").put, 1000)`.
 *
 * The type parameter `_Definition` of the methods is not used. With it, an editor that shows the call
 * also shows the metric's unit and description.
 */
export interface Metrics<C extends MetricCatalogue = MetricCatalogue> {
  /** What decides whether the metrics of one catalogue stand in for those of another. It does not exist at run time. */
  readonly "~metrics"?: ComparedMetrics<C> | undefined;

  /**
   * Adds `value` to a counter: finite, not negative, 1 if only the name is given. Zero is an
   * observation, too: if you count 1 for each success and 0 for each failure, the counter's average
   * is the rate of success. An undeclared name becomes a counter.
   */
  count<N extends keyof C & string, _Definition = C[N]>(
    this: object,
    name: N & Uncompared<N, NameIn<C, "counter", N>>,
    ...args: ArgsFor<C, N, "count">
  ): void;

  /**
   * Sets a gauge to `value`, any finite number. The gauge keeps this level until it is set again, so it is
   * in every window, for as long as its `holdMs` says. An undeclared name becomes a gauge.
   */
  gauge<N extends keyof C & string, _Definition = C[N]>(
    this: object,
    name: N & Uncompared<N, NameIn<C, "gauge", N>>,
    ...args: ArgsFor<C, N, "value">
  ): void;

  /**
   * Moves a gauge's level by `delta`, any finite number. A series without a level starts at 0. The
   * level is in every window, as with `gauge`. The first move in a window also counts the level before
   * it, so the window's smallest and largest value are those of the whole window. Past the metric's limit of
   * series, the overflow series shows the sum of the levels that were moved there. An undeclared name
   * becomes a gauge.
   */
  add<N extends keyof C & string, _Definition = C[N]>(
    this: object,
    name: N & Uncompared<N, NameIn<C, "gauge", N>>,
    ...args: ArgsFor<C, N, "delta">
  ): void;

  /**
   * Records one measurement, any finite number, or `count` equal ones: whole, 1 to 2^32 (4,294,967,296).
   * That is the same as so many calls, except that `value × count` is added to the sum at once, and that a
   * refused call counts as one. An undeclared name becomes a distribution.
   */
  distribution<N extends keyof C & string, _Definition = C[N]>(
    this: object,
    name: N & Uncompared<N, NameIn<C, "distribution", N>>,
    ...args: ArgsFor<C, N, "distribution">
  ): void;

  /**
   * Records `value` as the metric's declared kind says. For a counter, the name alone counts 1. An
   * undeclared name becomes a distribution.
   */
  put<N extends keyof C & string, _Definition = C[N]>(
    this: object,
    name: N,
    ...args: ArgsFor<C, N, "put">
  ): void;

  /**
   * Returns the same methods for the same metrics, with these dimensions on each observation: what is
   * set once for a request, a tenant or a job. A dimension that is given with an observation wins, then
   * that of the innermost `with`, then the manager's common one. It is one small object, so make one for
   * each request, and let it go.
   */
  with<const D extends DimensionNamesOf<C>>(
    this: object,
    dimensions: { readonly [P in D]?: DimensionValue } & Uncompared<
      D,
      { readonly [P in D & RequiredNames<C[keyof C]>]: string | number | boolean }
    >,
  ): Uncompared<D, Metrics<CatalogueWith<C, D>>>;

  /**
   * Returns a handle on one series, for code that records so often that looking up the series each
   * time costs too much. The handle can be used as long as the manager: it registers its series with
   * the first observation, and again after an eviction. All handles on one series share it.
   */
  bind<N extends keyof C & string, _Definition = C[N]>(
    this: object,
    name: N,
    ...dimensions: ArgsFor<C, N, "dimensions">
  ): ArgsOf<C>[N]["bound"];

  /**
   * Calls `read` when a window closes, and when somebody reads the open window, at most once a second. It
   * returns a number, for the series that has the `dimensions`. Or it returns `[value, dimensions]` pairs for
   * several series, in anything iterable; `commonDimensions` are those that all of these have, and a pair's
   * own win. Or it returns a promise of either.
   *
   * - For a gauge, the values are its levels. A series that `read` does not return any more has ended.
   * - For a counter, the values are totals that the program keeps itself, such as the requests since the
   *   start. What a total has grown by is counted; a smaller total than before was reset, and counts from
   *   zero. Pairs of one series are added up first. The first total counts from zero, or from itself with
   *   `{ baseline: "first" }`. An undeclared name becomes a gauge.
   *
   * A promise is awaited for 5 seconds, or half an interval if that is shorter. It counts in the window in
   * which it settles, and until then `read` is not called again. If `read` throws, that is reported to
   * `onError`, and it is called again for the next window. Returns a function that ends this, and may be
   * called twice.
   */
  observe<
    N extends keyof C & string,
    R extends ExpectedReading<ArgsFor<C, N, "values">>,
    _Definition = C[N],
  >(
    this: object,
    name: N &
      Uncompared<N, NameIn<C, "counter" | "gauge", N>> &
      Uncompared<N | R, CheckedReading<N, R, ArgsFor<C, N, "values">>>,
    read: () => R,
    ...args: Uncompared<N | R, ObserveArgs<R, ArgsFor<C, N, "values">, C[N]["kind"]>>
  ): () => void;

  /**
   * Calls `work` once, and returns what it returns or throws what it throws. Records the time that
   * it took, also when it fails. Where `work` returns a promise, the time ends when that is settled;
   * for a thenable that is no promise, a promise of its value is returned.
   *
   * The dimensions may be a function of the outcome (`dimensionsOf`), which is called when the work has ended:
   * `(error, result) => ({ status: error ? "error" : "ok" })`. `result` is what the promise resolved
   * with. If the function throws, the time is refused.
   *
   * The time is in the metric's declared unit; an undeclared name becomes a distribution in `ms`.
   * After close `work` is still done. `work` must not be a generator, which nobody would run.
   */
  time<N extends keyof C & string, T, _Definition = C[N]>(
    this: object,
    name: N & Uncompared<N, NameIn<C, "timed", N>> & Uncompared<T, CheckedWork<T>>,
    work: () => T,
    ...args:
      | ArgsFor<C, N, "dimensions">
      | [dimensionsOf: OutcomeDimensions<T, ArgsFor<C, N, "values">>]
  ): T;

  /**
   * Starts to measure a time, for work that is not a single function. Each call of the function that
   * it returns records the time since the start, with the dimensions that are given then, and returns
   * that time, in the metric's unit.
   */
  timer<N extends keyof C & string, _Definition = C[N]>(
    this: object,
    name: N & Uncompared<N, NameIn<C, "timed", N>>,
  ): ArgsOf<C>[N]["stop"];

  /**
   * Adds a library's own metrics to the manager, and returns the same object with their types. If a
   * metric exists already with another kind or unit, it stays as it was, and `kind_conflict` is
   * reported.
   *
   * @throws TypeError or RangeError for a definition that is wrong in itself. The message names the
   * metric, the option, the value and the rule.
   */
  declare<const D extends MetricCatalogue>(
    catalogue: CorrectCatalogue<D> & Uncompared<D, CompatibleCatalogue<D, C>>,
  ): Uncompared<D, Metrics<D>>;
}

/**
 * What TypeScript compares of two catalogues. The metrics of one stand in for those of another if it has all of
 * them, with the same kind, each takes the dimensions that the other's does, and none requires more. Levels,
 * descriptions and limits don't matter.
 */
export interface ComparedMetrics<C extends MetricCatalogue> {
  /** Of each metric, by its name: the kind, whether it is timed, and what it takes. */
  readonly metrics: {
    readonly [N in keyof C]: ComparedMetric<
      C[N]["kind"],
      IsTimed<C[N]>,
      DimensionsOf<C[N]>,
      NamesOfDefinition<C[N]>
    >;
  };
  /** A property and no method, so that what it takes is compared the other way round: more names do for fewer. */
  readonly takesName: (name: keyof C & string) => void;
}

interface ComparedMetric<Kind extends MetricKind, Timed extends boolean, V, Name> {
  readonly kind: Kind;
  readonly isTimed: Timed;
  readonly takes: (
    dimensions: [Name] extends [never] ? Readonly<Record<string, never>> : V,
    name: Name,
  ) => void;
}

/** The names of all dimensions that the metrics of a catalogue have; any string if one of them takes any. */
export type DimensionNamesOf<C extends MetricCatalogue> = NamesOfDefinition<C[keyof C]>;

type NamesOfDefinition<D extends MetricDefinition> = D extends {
  readonly dimensions: readonly (infer N extends string)[];
}
  ? N extends `${infer Name}?`
    ? Name
    : N
  : string;

/** The dimensions that must be given. */
type RequiredNames<Definition extends MetricDefinition> = Definition extends {
  readonly dimensions: readonly (infer N extends string)[];
}
  ? string extends N
    ? never
    : Exclude<N, `${string}?`>
  : never;

/** The same catalogue, where the dimensions named `D` may be left out. */
export type CatalogueWith<C extends MetricCatalogue, D extends string> = {
  readonly [N in keyof C]: {
    readonly [P in keyof C[N]]: P extends "dimensions"
      ? C[N][P] extends readonly (infer Name extends string)[]
        ? readonly (Name extends D ? `${Name}?` : Name)[]
        : C[N][P]
      : C[N][P];
  };
};
