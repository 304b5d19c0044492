import type { GaugeCombination, MetricKind } from "./metric-snapshot.ts";

/** How much is recorded: nothing, the metrics at level summary, or all. */
export type MetricLevel = "none" | "summary" | "detailed";

/**
 * The usual unit codes: times, amounts of data, shares and rates.
 *
 * @see https://ucum.org/ucum
 */
export type UnitCode =
  | ("ns" | "us" | "ms" | "s" | "min" | "h" | "d")
  | ("bit" | "By" | "kBy" | "MBy" | "GBy" | "KiBy" | "MiBy" | "GiBy")
  | ("1" | "%" | "{request}" | "{error}" | "{record}" | "By/s" | "1/s");

/** Words that look like a unit of time, and the code that is meant. */
interface MistakenUnits {
  readonly nanosecond: "ns";
  readonly nanoseconds: "ns";
  readonly nanos: "ns";
  readonly microsecond: "us";
  readonly microseconds: "us";
  readonly micros: "us";
  readonly µs: "us";
  readonly millisecond: "ms";
  readonly milliseconds: "ms";
  readonly millis: "ms";
  readonly msec: "ms";
  readonly second: "s";
  readonly seconds: "s";
  readonly sec: "s";
  readonly secs: "s";
  readonly minute: "min";
  readonly minutes: "min";
  readonly mins: "min";
  readonly hour: "h";
  readonly hours: "h";
  readonly day: "d";
  readonly days: "d";
}

/**
 * The same catalogue, where TypeScript finds no mistake in it: a property that does not exist,
 * "milliseconds" where "ms" is meant, or names of dimensions that TypeScript has forgotten. A mistake makes the types
 * differ at that very place, and the compiler's message says what is wrong.
 */
export type CheckedCatalogue<C extends MetricCatalogue> = {
  readonly [N in keyof C]: N extends ""
    ? Mistake<"a metric's name must not be empty">
    : {
        // What has nothing to check comes first, because catalogues are large.
        readonly [P in keyof C[N]]: P extends "kind" | "level" | "description"
          ? C[N][P]
          : P extends "dimensions"
            ? CheckedNames<C[N][P]>
            : P extends "unit"
              ? CheckedUnit<C[N][P]>
              : P extends keyof KindOfProperty
                ? KindOfProperty[P] extends C[N]["kind"]
                  ? CheckedValue<P, C[N][P]>
                  : Mistake<`only a ${KindOfProperty[P]} has this`>
                : P extends keyof MetricDefinition
                  ? CheckedValue<P, C[N][P]>
                  : Mistake<"a metric's definition has no such property">;
      };
};

// What these three check has few types, so that a large catalogue costs little: they are not made anew for each metric.

type CheckedUnit<Unit> = Unit extends keyof MistakenUnits
  ? Mistake<`the code of this unit is "${MistakenUnits[Unit]}"`>
  : Unit;

type CheckedNames<Names> = [Names] extends [readonly string[]]
  ? string extends Names[number]
    ? Mistake<`TypeScript knows these names only as string: write "as const" behind the catalogue`>
    : [MistakenName<Names>] extends [never]
      ? Names
      : Mistake<`the dimension "${MistakenName<Names>}" is empty or given twice`>
  : Names;

/** The first name that is empty or comes again, if it comes before all that are only known as a pattern. */
type MistakenName<Names> = Names extends readonly [infer First, ...infer Others extends string[]]
  ? BareName<First> extends "" | BareName<Others[number]>
    ? BareName<First>
    : MistakenName<Others>
  : never;

/** The name without the mark of one that may be left out; never of a pattern, such as `tag_${string}`, that stands for many. */
type BareName<Name> = Name extends string
  ? Record<never, never> extends Record<Name, unknown>
    ? never
    : Name extends `${infer Bare}?`
      ? Bare
      : Name
  : never;

type CheckedValue<P, Value> = Value extends number
  ? `${Value}` extends `-${string}`
    ? Mistake<"it must not be negative">
    : P extends "holdMs"
      ? Value
      : `${Value}` extends "0" | `${string}.${string}`
        ? Mistake<"it must be a whole number, at least 1">
        : Value
  : Value extends readonly []
    ? Mistake<"it must have at least one bound">
    : Value;

/** A catalogue in which TypeScript finds no mistake. It has a name so that TypeScript can compare the methods that take one. */
export type CorrectCatalogue<C extends MetricCatalogue> = C & CheckedCatalogue<C>;

/** What a catalogue must also be where another one is declared already: a metric of both is of the same kind. */
export type CompatibleCatalogue<C extends MetricCatalogue, Declared extends MetricCatalogue> = {
  readonly [N in keyof C]: N extends keyof Declared
    ? MetricKind extends Declared[N]["kind"]
      ? unknown
      : C[N]["kind"] extends Declared[N]["kind"]
        ? unknown
        : Mistake<`this metric is declared as a ${Declared[N]["kind"]} already`>
    : unknown;
};

/** Two catalogues as one. Of a metric that is in both, the second definition holds. */
export type MergedCatalogue<A extends MetricCatalogue, B extends MetricCatalogue> = {
  readonly [N in keyof A | keyof B]: N extends keyof B ? B[N] : N extends keyof A ? A[N] : never;
};

/** The properties that metrics of one kind have. */
interface KindOfProperty {
  readonly holdMs: "gauge";
  readonly combine: "gauge";
  readonly quiet: "counter";
  readonly thresholds: "distribution";
  readonly maxBuckets: "distribution";
}

/** No value has this type; the compiler shows its text. A plain `never` would hide where the mistake is. */
export interface Mistake<Text extends string> {
  readonly "~mistake": Text;
}

/** What a program declares about one of its metrics. */
export interface MetricDefinition {
  /** What the observations mean. */
  readonly kind: MetricKind;
  /** UCUM code as OpenTelemetry uses them, such as `ms`, `By`, `{record}`. Any code may be given; an editor offers the usual ones. @default "1" */
  readonly unit?: UnitCode | (string & {}) | undefined;
  /** The lowest level of the manager at which the metric is recorded. @default "summary" */
  readonly level?: "summary" | "detailed" | undefined;
  /** What the metric measures, for people. Vendors that have a place for it show it. */
  readonly description?: string | undefined;
  /**
   * The names of the dimensions that an observation has; one that ends in `?` may be left out.
   * An empty list takes none. @default any dimensions
   */
  readonly dimensions?: readonly string[] | undefined;
  /** Most series that the metric may have at a time: 1 to 10,000,000. @default the manager's `maxSeriesPerMetric` */
  readonly maxSeries?: number | undefined;
  /**
   * Gauges only: for how long a level that is not set again stays in every window, in milliseconds, at
   * least 0. 0 shows a level only in the windows in which it was set. @default Infinity
   */
  readonly holdMs?: number | undefined;
  /**
   * Gauges only: what the levels of several series or processes become where they are merged into
   * one. @default "sum", and "mean" where the unit is "%"
   */
  readonly combine?: GaugeCombination | undefined;
  /**
   * Counters only: whether a window in which nothing was counted is left out, or says 0. A series says
   * 0 once it was seen; one without dimensions, from the start. @default "absent"
   */
  readonly quiet?: "absent" | "zero" | undefined;
  /**
   * Distributions only: 1 to 64 bounds, ascending and finite, at which counts are exact, so that "how many took
   * at most 300 ms" has an exact answer. @default none
   */
  readonly thresholds?: readonly number[] | undefined;
  /**
   * Distributions only: the most buckets on each side of zero, 132 to 2,048. More make percentiles finer, and cost
   * memory. @default 160
   */
  readonly maxBuckets?: number | undefined;
}

/**
 * The metrics of a program or library, by name. A manager with a catalogue knows their kinds and units,
 * and TypeScript then finds every other name and dimension.
 */
export type MetricCatalogue = Readonly<Record<string, MetricDefinition>>;
