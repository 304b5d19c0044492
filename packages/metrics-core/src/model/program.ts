import fc from "fast-check";
import { ODD_ERRORS, type OddError } from "./odd-values.ts";

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

interface CallScript<Deed> {
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
interface Reaction {
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
      readonly by: "verb" | "put" | "bound";
      readonly metric: MetricName;
      readonly value: Value;
      readonly series: number;
    }
  | { readonly do: "add"; readonly series: number; readonly value: Value }
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
  "bindPromise",
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

const values = Object.keys(VALUES) as readonly Value[];

const record: fc.Arbitrary<Step> = fc.record({
  do: fc.constant("record" as const),
  by: fc.constantFrom("verb" as const, "put" as const, "bound" as const),
  metric: fc.constantFrom(...METRICS),
  value: fc.oneof(
    { weight: 2, arbitrary: fc.constantFrom<Value>("one", "zero", "seven", "million") },
    { weight: 1, arbitrary: fc.constantFrom(...values) },
  ),
  series: fc.nat(3),
});

const inner: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: record },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("flush" as const),
      timeoutMs: fc.constantFrom(10_000, 0, 700),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("close" as const),
      timeoutMs: fc.constantFrom(5_000, 0, 30_000, 1, 700),
    }),
  },
  { weight: 1, arbitrary: fc.constantFrom<Step>({ do: "read" }, { do: "start" }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("observe" as const),
      returns: fc.constantFrom(...OBSERVED),
      error: fc.constantFrom(...ODD_ERRORS),
    }),
  },
  { weight: 1, arbitrary: fc.constant<Step>({ do: "unobserve" }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("odd" as const),
      what: fc.constantFrom(...ODD_RECORDS),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("add" as const),
      series: fc.nat(3),
      value: fc.constantFrom<Value>("one", "minus3", "zero", "max", "NaN"),
    }),
  },
);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 10, arbitrary: inner },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("wait" as const),
      ms: fc.constantFrom(0, 1, 999, 5_500, 15_000, 60_000),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("waitWindows" as const),
      windows: fc.constantFrom(1, 3, 25),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("block" as const),
      ms: fc.constantFrom(10, 1_500, 8_000, 200_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("stepWall" as const),
      ms: fc.constantFrom(-500, 500, -90_000, 90_000, -86_400_000, 86_400_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("lie" as const), readings: fc.constantFrom(1, 2, 5) }),
  },
);

/** Mostly the good deed, which is the first: a sink that never works teaches little. */
function calls<Deed extends string>(
  deeds: readonly [Deed, ...Deed[]],
  maxLength: number,
): fc.Arbitrary<readonly CallScript<Deed>[]> {
  return fc.array(
    fc.record({
      does: fc.oneof(fc.constant(deeds[0]), fc.constantFrom(...deeds)),
      error: fc.constantFrom(...ODD_ERRORS),
    }),
    { maxLength },
  );
}

const sink: fc.Arbitrary<SinkScript> = fc.record({
  kind: fc.constantFrom<SinkScript["kind"]>("plain", "plain", "record", "bind", "bindPromise"),
  maxExportSnapshots: fc.constantFrom(10_000, 1, 3),
  maxAgeMs: fc.constantFrom(null, null, 700_000, 7_200_000),
  wantsEmptyWindows: fc.boolean(),
  open: calls(OPEN_DEEDS, 2),
  prepare: calls(PREPARE_DEEDS, 4),
  export: fc.array(
    fc.record({
      does: fc.constantFrom(...EXPORT_DEEDS),
      error: fc.constantFrom(...ODD_ERRORS),
      delayMs: fc.constantFrom(0, 10, 4_300),
      retryAfterMs: fc.constantFrom(0, 0, 0, 700, 40_000),
    }),
    { maxLength: 8 },
  ),
  record: calls(RECORD_DEEDS, 3),
  close: calls(CLOSE_DEEDS, 1),
});

const reaction: fc.Arbitrary<Reaction> = fc.record({
  in: fc.constantFrom(...PLACES),
  times: fc.constantFrom(1, 2, 12),
  step: inner,
  awaits: fc.boolean(),
});

/** Any program. */
export const program: fc.Arbitrary<Program> = fc.record({
  chance: fc.nat(1_000_000),
  options: fc.record({
    exportIntervalMs: fc.constantFrom(60_000, 0, 1_000, 600_000),
    maxSeriesPerMetric: fc.constantFrom(2_000, 1, 2),
    coalesceAfterSnapshots: fc.constantFrom(50_000, 1, 6),
    level: fc.constantFrom(
      "detailed" as const,
      "detailed" as const,
      "summary" as const,
      "none" as const,
    ),
    heartbeat: fc.boolean(),
    onError: fc.constantFrom("returns" as const, "throws" as const, "rejects" as const),
  }),
  sinks: fc.array(sink, { minLength: 1, maxLength: 3 }),
  reactions: fc.array(reaction, { maxLength: 3 }),
  steps: fc.array(step, { maxLength: 30 }),
});
