import type { Mistake } from "./catalogue.ts";
import type { Accepted, Uncompared } from "./metric-args.ts";
import type { MetricKind } from "./metric-snapshot.ts";

/** How `observe` of `Metrics` reads a counter. */
export interface ObserveOptions {
  /**
   * What the first total of a series counts from: zero, or the total itself, so that only what comes
   * after it is counted. @default "zero"
   */
  readonly baseline?: "zero" | "first" | undefined;
}

/** The dimensions and options that `observe` takes beside a `read` that returns `R`. */
export type ObserveArgs<R, V, K extends MetricKind> = [R] extends [never]
  ? PairsArgs<V, K>
  : Awaited<R> extends number
    ? None extends V
      ? [dimensions?: Accepted<V> | undefined, ...options: OptionsOf<K>]
      : [dimensions: V, ...options: OptionsOf<K>]
    : PairsArgs<V, K>;

type PairsArgs<V, K extends MetricKind> = [
  commonDimensions?: Accepted<Partial<V>> | undefined,
  ...options: OptionsOf<K>,
];

type OptionsOf<K extends MetricKind> = "counter" extends K
  ? [options?: ObserveOptions | undefined]
  : [];

/**
 * What TypeScript expects of `read` while it infers what that returns. With it, `[1, { queue: "a" }]` is a pair and no
 * array, and an editor offers the dimensions. It refuses next to nothing: `CheckedReading` does, with a shorter message.
 */
export type ExpectedReading<V> =
  | Reading<V>
  | PromiseLike<Reading<V>>
  | (object | string | boolean | bigint | symbol | null | undefined | void);

type Reading<V> = number | Iterable<readonly [value: number, dimensions?: V]>;

/** What a name must also be, by what is read for it: anything, or the mistake in that. */
export type CheckedReading<N extends string, R, V> = [Awaited<R>] extends [number]
  ? unknown
  : [ExpectedReading<V>] extends [R]
    ? unknown
    : CheckedPairs<N, Exclude<Awaited<R>, number>, V>;

type CheckedPairs<N extends string, Pairs, V> = [Pairs] extends [string]
  ? Mistake<"read must return a number, or [value, dimensions] pairs">
  : [Pairs] extends [Iterable<infer Pair>]
    ? Uncompared<DimensionsIn<Pair>, CheckedDimensions<N, DimensionsIn<Pair>, V>>
    : Mistake<"read must return a number, or [value, dimensions] pairs">;

/** The dimensions of the pairs, also where they are in what an array is inferred as that is filled by `push`. */
type DimensionsIn<Pair> = Pair extends readonly [number, (object | undefined)?]
  ? Pair[1]
  : Pair extends readonly (infer Each extends object | number | undefined)[]
    ? number extends Pair["length"]
      ? [Each] extends [number]
        ? undefined
        : Exclude<Each, number>
      : NoPair
    : NoPair;

interface NoPair {
  readonly "~pair": never;
}

type CheckedDimensions<N extends string, D, V> = [Plain<D>] extends [V | UnlessRequired<V>]
  ? [KeysBeyond<D, V>] extends [never]
    ? unknown
    : Mistake<`${N} has no dimension ${KeysBeyond<D, V>}`>
  : [NoPair] extends [D]
    ? Mistake<"read must return a number, or [value, dimensions] pairs">
    : V extends Readonly<Record<string, Mistake<infer Text>>>
      ? Mistake<Text>
      : [KeysBeyond<D, V>] extends [never]
        ? [MissingIn<D, V>] extends [never]
          ? Mistake<"a dimension must be a string, a number or a boolean">
          : Mistake<`${N} requires the dimension ${MissingIn<D, V>}`>
        : Mistake<`${N} has no dimension ${KeysBeyond<D, V>}`>;

/** Without it, an interface would not do for dimensions of any names. What is `any` stays so. */
type Plain<D> = D extends object ? { [P in keyof D]: D[P] } : D;

type UnlessRequired<V> = None extends V ? undefined : never;

type KeysBeyond<D, V> = D extends object
  ? string extends keyof D
    ? never
    : Exclude<keyof D & string, keyof V>
  : never;

type MissingIn<D, V> = D extends object
  ? string extends keyof D
    ? RequiredKeys<V>
    : Exclude<RequiredKeys<V>, keyof D>
  : RequiredKeys<V>;

type RequiredKeys<V> = {
  [P in keyof V & string]: None extends Pick<V, P> ? never : P;
}[keyof V & string];

/** The empty object is a `V`: no dimension is required. */
export type None = Record<never, never>;
