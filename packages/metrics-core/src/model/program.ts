import type { OddError } from "./odd-values.ts";

/**
 * A program for the model: what is done to a manager, and how its sinks and the handler behave.
 * Plain data, so that a failing one can be printed and kept as a test.
 */
export interface Program {
  /** Seed of the chance that core itself takes, for jitter and back-off. */
  readonly chance: number;
  readonly options: ProgramOptions;
  readonly sinks: readonly SinkScript[];
  readonly reactions: readonly Reaction[];
  readonly steps: readonly Step[];
}

export interface ProgramOptions {
  readonly exportIntervalMs: number;
  readonly maxSeriesPerMetric: number;
  readonly coalesceAfterSnapshots: number;
  readonly undeclared: "allow" | "warn";
  readonly level: "none" | "summary" | "detailed";
  /** A gauge is observed from the start, so that no window is empty. */
  readonly heartbeat: boolean;
  /** What `onError` does after its reactions. */
  readonly onError: "returns" | "throws" | "rejects";
}

export const EXPORT_TIMEOUT_MS = 5_000;

/** How a sink behaves: each list holds what it does in its first calls; after that, the good thing. */
export interface SinkScript {
  readonly kind: "plain" | "record" | "bind" | "bindPromise";
  readonly maxExportSnapshots: number;
  readonly maxAgeMs: number | null;
  readonly wantsEmptyWindows: boolean;
  readonly open: readonly CallScript<OpenDeed>[];
  readonly prepare: readonly CallScript<PrepareDeed>[];
  readonly export: readonly ExportScript[];
  readonly record: readonly CallScript<RecordDeed>[];
  readonly close: readonly CallScript<CloseDeed>[];
}

export interface CallScript<Deed> {
  readonly does: Deed;
  readonly error: OddError;
}

export interface ExportScript extends CallScript<ExportDeed> {
  /** How long it takes before it does that. */
  readonly delayMs: number;
  /** For how long it asks for no further call. */
  readonly retryAfterMs: number;
}

export const OPEN_DEEDS = ["opens", "throws", "throwsAtOnce", "slow", "hangs"] as const;
type OpenDeed = (typeof OPEN_DEEDS)[number];

export const PREPARE_DEEDS = [
  "same",
  "rollUp",
  "rejectsHalf",
  "drops",
  "throws",
  "scribbles",
  "countZero",
  "countNegative",
  "countHalf",
  "sumNaN",
  "minInfinite",
  "lastMissing",
  "kindUnknown",
  "backwards",
  "seriesTwice",
  "snapshotTwice",
  "slippery",
  "noList",
  "promise",
  "promiseMembers",
  "promiseReason",
] as const;
export type PrepareDeed = (typeof PREPARE_DEEDS)[number];

export const EXPORT_DEEDS = [
  "succeeds",
  "throws",
  "hangs",
  "retriesAll",
  "answersInPart",
  "uncertain",
  "foreign",
  "heeds",
  "heedsInPart",
  "heedsLate",
  "throwsLate",
  "late",
  "scribbles",
  "array",
  "number",
  "string",
  "false",
  "emptyObject",
  "unknownKeys",
  "unreadable",
  "promiseRetry",
  "promiseMembers",
  "promiseCause",
  "oddCause",
  "promiseRetryAfter",
  "promiseRejected",
  "promiseReason",
  "symbolReason",
] as const;
type ExportDeed = (typeof EXPORT_DEEDS)[number];

export const RECORD_DEEDS = ["takes", "throws", "promise"] as const;
type RecordDeed = (typeof RECORD_DEEDS)[number];

export const CLOSE_DEEDS = ["closes", "throws", "throwsAtOnce", "slow", "hangs"] as const;
type CloseDeed = (typeof CLOSE_DEEDS)[number];

/** Something that is done inside a call that core makes, in its first so many calls. */
export interface Reaction {
  readonly in: Place;
  readonly times: number;
  readonly step: Step;
  /** Whether an `open`, `export` or `close` goes on only when what it began is done. */
  readonly awaits: boolean;
}

export const PLACES = [
  "export",
  "prepare",
  "observer",
  "onError",
  "record",
  "open",
  "close",
] as const;
export type Place = (typeof PLACES)[number];

export type Step =
  | {
      readonly do: "record";
      readonly by: (typeof DOORS)[number];
      readonly metric: MetricName;
      readonly value: Value;
      readonly series: number;
    }
  | {
      readonly do: "recordMany";
      readonly by: (typeof WEIGHT_DOORS)[number];
      readonly metric: MetricName;
      readonly value: Value;
      readonly count: number;
      readonly series: number;
    }
  | ({ readonly do: "level" } & LevelSetting)
  | { readonly do: "add"; readonly series: number; readonly value: Value }
  | {
      readonly do: "forget";
      readonly metric: MetricName | "level" | "observed";
      readonly series: number | null;
    }
  | { readonly do: "odd"; readonly what: OddRecord }
  | { readonly do: "observe"; readonly returns: Observed; readonly error: OddError }
  | { readonly do: "unobserve" }
  | { readonly do: "wait"; readonly ms: number }
  | { readonly do: "waitWindows"; readonly windows: number }
  | { readonly do: "block"; readonly ms: number }
  | { readonly do: "stepWall"; readonly ms: number }
  | { readonly do: "lie"; readonly readings: number }
  | { readonly do: "flush"; readonly timeoutMs: number }
  | { readonly do: "close"; readonly timeoutMs: number }
  | { readonly do: "start" }
  | { readonly do: "read" };

/** Ways to record: with the verb of the metric's kind, with `put`, by a handle, or by a view, which makes a handle too. */
export const DOORS = ["verb", "put", "bound", "with", "boundWith"] as const;
export const WEIGHT_DOORS = ["verb", "with", "bound"] as const;

/** Counts with which a value is recorded; the last ones are refused. */
export const WEIGHTS: readonly number[] = [1, 2, 100, 70_000, 2 ** 32, 0, 1.5, -1, 2 ** 32 + 1];

/** Sets the level of all metrics, or of those whose names match a pattern. */
export interface LevelSetting {
  readonly pattern: string | null;
  readonly level: ProgramOptions["level"];
}

export const PATTERNS = [null, "*", "extreme*", "loose?", "distribution", "l*", "d*"] as const;

/**
 * `counter`, `gauge` and `distribution` take whole numbers, so that their sums are exact in any
 * order. `extremeCounter` and so on take what is at the edges. `detail` is left out at level summary. The two `loose`
 * ones are not declared: their first observation settles their kind.
 */
export const METRICS = [
  "counter",
  "gauge",
  "distribution",
  "extremeCounter",
  "extremeGauge",
  "extremeDistribution",
  "detail",
  "loose1",
  "loose2",
] as const;
export type MetricName = (typeof METRICS)[number];

export type Value =
  | "one"
  | "zero"
  | "seven"
  | "million"
  | "minus3"
  | "minusZero"
  | "denormal"
  | "max"
  | "minusMax"
  | "twoTo53"
  | "NaN"
  | "infinity";

/** By name, since JSON knows no NaN and no minus zero. */
export const VALUES: Readonly<Record<Value, number>> = {
  one: 1,
  zero: 0,
  seven: 7,
  million: 1_000_000,
  minus3: -3,
  minusZero: -0,
  denormal: 5e-324,
  max: Number.MAX_VALUE,
  minusMax: -Number.MAX_VALUE,
  twoTo53: 2 ** 53,
  NaN: NaN,
  infinity: Infinity,
};

export const ODD_RECORDS = [
  "promiseValue",
  "undefinedValue",
  "symbolValue",
  "bigintValue",
  "nullPrototypeValue",
  "unreadableDimensions",
  "stringDimensions",
  "promiseDimensions",
  "emptyName",
  "symbolName",
  "bindUnreadable",
  "bindToPromise",
] as const;
export type OddRecord = (typeof ODD_RECORDS)[number];

export const OBSERVED = [
  "number",
  "pairs",
  "max",
  "throws",
  "NaN",
  "text",
  "promise",
  "promisePairs",
  "promiseOfPair",
  "throwingIterator",
] as const;
export type Observed = (typeof OBSERVED)[number];
