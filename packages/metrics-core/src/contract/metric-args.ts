import type { BoundMetric } from "./bound-metric.ts";
import type { MetricCatalogue, MetricDefinition, Mistake } from "./catalogue.ts";
import type { DimensionsObject, DimensionValue, DimensionValues } from "./dimensions.ts";
import type { MetricKind } from "./metric-snapshot.ts";
import type { None } from "./observe-args.ts";

/** UCUM codes of the units in which `time` and `timer` measure. */
export type TimeUnit = "ns" | "us" | "ms" | "s" | "min" | "h" | "d";

/** Gives the dimensions by how the work ended: `error` is undefined if it succeeded, `result` if it failed. */
export type OutcomeDimensions<T, V> = (error: unknown, result: Awaited<T> | undefined) => V;

/** What the name that `time` takes must also be: anything, unless the work is a generator, which nobody would run. */
export type CheckedWork<T> = T extends
  | Generator<unknown, unknown, never>
  | AsyncGenerator<unknown, unknown, never>
  ? Mistake<"the work is a generator, which would not run: pass a function that does the work">
  : unknown;

/** The dimensions of an observation of the metric. One whose declared name ends in `?` may be left out. */
export type DimensionsOf<D extends MetricDefinition> = D extends {
  readonly dimensions: readonly (infer N extends string)[];
}
  ? DimensionsNamed<N>
  : DimensionValues;

/**
 * The names that a method takes if it does not take all: the metrics of one kind, or those whose unit is
 * a time (`timed`). A metric whose definition is only known at run time is in every group.
 */
export type NamesOf<C extends MetricCatalogue> = {
  readonly [Kind in MetricKind]: {
    [N in keyof C & string]: Kind extends C[N]["kind"] ? N : never;
  }[keyof C & string];
} & {
  readonly timed: { [N in keyof C & string]: IsTimed<C[N]> extends true ? N : never }[keyof C &
    string];
};

/**
 * The arguments and results that depend on the metric, by its name. TypeScript compares two such tables
 * entry by entry. That makes the metrics of a catalogue assignable to the metrics of a part of it, which
 * conditional types on the methods would not.
 */
export type ArgsOf<C extends MetricCatalogue> = {
  readonly [N in keyof C]: MetricArgs<C[N]["kind"], DimensionsOf<C[N]>>;
};

/**
 * What the parameter of a verb takes as a name: those of one group, and of another name a type that says which verb to
 * use. A wrapper that is generic over the name has a parameter of this type, or of the type `N` where `N` extends
 * `NamesOf<C>["counter"]`, or another group. The verbs themselves spell it out: the compiler's message would show this
 * name, and not the mistake.
 */
export type NameFor<
  C extends MetricCatalogue,
  Group extends keyof NamesOf<C>,
  N extends keyof C & string,
> = N & Uncompared<N, NameIn<C, Group, N>>;

/** What a name must also be to be in the group. The kind is compared first: that is usually enough, and costs least. */
export type NameIn<
  C extends MetricCatalogue,
  Group extends keyof NamesOf<C>,
  N extends keyof C & string,
> = [C[N]["kind"]] extends [Group]
  ? unknown
  : [N] extends [NamesOf<C>[Group]]
    ? unknown
    : // All names at once are what TypeScript takes a name for that is in no catalogue.
      [keyof C & string] extends [N]
      ? NamesOf<C>[Group]
      : Mistake<Group extends "timed" ? UntimedText<N, C[N]> : KindText<N, C[N]["kind"]>>;

type KindText<N extends string, K extends MetricKind> = `${N} is a ${K}: use ${{
  counter: "count()";
  gauge: "gauge() or add()";
  distribution: "distribution()";
}[K]}`;

type UntimedText<N extends string, D extends MetricDefinition> = D extends { kind: "counter" }
  ? `${N} is a counter: only a gauge or a distribution takes a time`
  : D extends { readonly unit: infer Unit extends string }
    ? `${N} has unit ${Unit}: a time needs a unit of time, such as ms or s`
    : `${N} has no unit: a time needs a unit of time, such as ms or s`;

/**
 * What a verb takes after the name, for a wrapper of it that is generic over the name:
 * `<N extends keyof C & string>(name: N, ...args: ArgsFor<C, N, "put">)`. `Verb` is `"count"`, `"distribution"` or
 * `"put"`, `"value"` for `gauge`, `"delta"` for `add`, and `"dimensions"` for `bind`, `time` and what `timer` returns.
 * Where the name may be one of several, it is what all of them take.
 */
export type ArgsFor<
  C extends MetricCatalogue,
  N extends keyof C,
  Verb extends keyof MetricArgs<MetricKind, unknown>,
> = Uncompared<
  N,
  // An editor that completes a name asks for all of them at once.
  [keyof C] extends [N] ? SharedArgs<C, N, Verb> : EachArgs<C, N, Verb>
>;

type EachArgs<
  C extends MetricCatalogue,
  N extends keyof C,
  Verb extends keyof MetricArgs<MetricKind, unknown>,
  All extends keyof C = N,
> = N extends unknown ? ([All] extends [N] ? ArgsOf<C>[N][Verb] : SharedArgs<C, All, Verb>) : never;

/** What all of these take. */
type SharedArgs<
  C extends MetricCatalogue,
  All extends keyof C,
  Verb extends keyof MetricArgs<MetricKind, unknown>,
> = C[All] extends infer D extends MetricDefinition
  ? MetricArgs<D["kind"], Intersection<DimensionsOf<D>>>[Verb]
  : never;

/**
 * The type `T`. While `N` is not known, TypeScript takes it to be assignable to and from everything. So the methods of two
 * catalogues are never what tells them apart: `ComparedMetrics` does that alone, also for another version or
 * format of this package.
 */
// oxlint-disable-next-line typescript/no-explicit-any -- no other type is assignable both to and from everything
export type Uncompared<N, T> = { readonly known: T; readonly unknown: any }[[N] extends [never]
  ? "unknown"
  : "known"];

type Intersection<V> = (V extends unknown ? (v: V) => void : never) extends (v: infer All) => void
  ? All
  : never;

/** What the verbs take for a metric of the kind `K` with dimensions `V`. */
interface MetricArgs<K extends MetricKind, V> {
  readonly values: V;
  // With the verb of another kind, the name is what is wrong, whatever else is given.
  readonly count: "counter" extends K ? CountArgs<V> : unknown[];
  /** What `gauge` takes. */
  readonly value: "gauge" extends K ? ValueArgs<V> : unknown[];
  /** What `add` takes. */
  readonly delta: "gauge" extends K ? DeltaArgs<V> : unknown[];
  readonly distribution: "distribution" extends K ? DistributionArgs<V> : unknown[];
  /** What `put` takes: the value may be left out for a counter only. */
  readonly put: [K] extends ["counter"] ? CountArgs<V> : ValueArgs<V>;
  readonly dimensions: DimensionArgs<V>;
  readonly bound: BoundMetric<K>;
  readonly stop: (...dimensions: DimensionArgs<V>) => number;
}

/** What is taken where dimensions `V` are wanted: if they may have any names, interfaces and classes too. */
export type Accepted<V> = DimensionValues extends V
  ? string extends keyof V
    ? V | DimensionsObject
    : V
  : V;

type DimensionArgs<V> = None extends V ? [dimensions?: Accepted<V> | undefined] : [dimensions: V];

// `[] |` and not `value?`, which would let an explicit undefined pass.
type CountArgs<V> = None extends V
  ? [] | [value: number, dimensions?: Accepted<V> | undefined]
  : [value: number, dimensions: V];

type ValueArgs<V> = None extends V
  ? [value: number, dimensions?: Accepted<V> | undefined]
  : [value: number, dimensions: V];

type DeltaArgs<V> = None extends V
  ? [delta: number, dimensions?: Accepted<V> | undefined]
  : [delta: number, dimensions: V];

type DistributionArgs<V> = None extends V
  ? [value: number, dimensions?: Accepted<V> | undefined, count?: number | undefined]
  : [value: number, dimensions: V, count?: number | undefined];

type DimensionsNamed<N extends string> = [N] extends [never]
  ? Readonly<Record<string, Mistake<"this metric takes no dimensions">>>
  : string extends N
    ? DimensionValues
    : // One plain object type without names for its parts, so that an editor and error messages show what to pass.
      Record<Exclude<N, `${string}?`>, string | number | boolean> & {
          [P in N as P extends `${infer Name}?` ? Name : never]?: DimensionValue;
        } extends infer All
      ? { readonly [P in keyof All]: All[P] }
      : never;

/** Whether `time` and `timer` take the metric. */
export type IsTimed<D extends MetricDefinition> = MetricDefinition extends D
  ? true
  : D extends { readonly kind: "gauge" | "distribution"; readonly unit: TimeUnit }
    ? true
    : false;
