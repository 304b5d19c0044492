import fc from "fast-check";
import { ODD_ERRORS } from "./odd-values.ts";
import {
  type CallScript,
  CLOSE_DEEDS,
  DOORS,
  EXPORT_DEEDS,
  METRICS,
  OBSERVED,
  ODD_RECORDS,
  OPEN_DEEDS,
  PATTERNS,
  PLACES,
  PREPARE_DEEDS,
  type Program,
  type Reaction,
  RECORD_DEEDS,
  type SinkScript,
  type Step,
  type Value,
  VALUES,
  WEIGHT_DOORS,
  WEIGHTS,
} from "./program.ts";

const values = Object.keys(VALUES) as readonly Value[];

const value: fc.Arbitrary<Value> = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom<Value>("one", "zero", "seven", "million") },
  { weight: 1, arbitrary: fc.constantFrom(...values) },
);

const record: fc.Arbitrary<Step> = fc.record({
  do: fc.constant("record" as const),
  by: fc.constantFrom(...DOORS),
  metric: fc.constantFrom(...METRICS),
  value,
  series: fc.nat(3),
});

const recordMany: fc.Arbitrary<Step> = fc.record({
  do: fc.constant("recordMany" as const),
  by: fc.constantFrom(...WEIGHT_DOORS),
  metric: fc.constantFrom("distribution" as const, "loose1" as const, ...METRICS),
  value,
  count: fc.constantFrom(...WEIGHTS),
  series: fc.nat(3),
});

const inner: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: record },
  { weight: 2, arbitrary: recordMany },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("level" as const),
      pattern: fc.constantFrom(...PATTERNS),
      level: fc.constantFrom("none" as const, "summary" as const, "detailed" as const),
    }),
  },
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
      do: fc.constant("forget" as const),
      metric: fc.constantFrom(...METRICS, "level" as const, "observed" as const),
      series: fc.constantFrom(null, 0, 1, 2, 3),
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
  kind: fc.constantFrom(...(["plain", "plain", "record", "bind", "bindPromise"] as const)),
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
      retryAfterMs: fc.constantFrom(0, 0, 0, 700, 40_000, 1_500_000),
    }),
    { maxLength: 8 },
  ),
  record: calls(RECORD_DEEDS, 3),
  close: calls(CLOSE_DEEDS, 1),
});

const reaction: fc.Arbitrary<Reaction> = fc
  .record({
    in: fc.constantFrom(...PLACES),
    times: fc.constantFrom(1, 2, 12),
    step: inner,
    awaits: fc.boolean(),
  })
  // An export that awaits start() waits for a pass after itself, so that it hangs until it is abandoned; what it says then has no place in the reference.
  .filter((each) => !(each.in === "export" && each.awaits && each.step.do === "start"))
  // Whether what is being recorded at that moment is left out is open.
  .filter(
    (each) => each.step.do !== "level" || !["observer", "onError", "record"].includes(each.in),
  );

/** Any program. */
export const program: fc.Arbitrary<Program> = fc.record({
  chance: fc.nat(1_000_000),
  options: fc.record({
    exportIntervalMs: fc.constantFrom(60_000, 0, 1_000, 600_000),
    maxSeriesPerMetric: fc.constantFrom(2_000, 1, 2),
    coalesceAfterSnapshots: fc.constantFrom(50_000, 1, 6),
    // What a handler records when it is told that a metric is undeclared may be lost: another fault that is open.
    undeclared: fc.constant("allow" as const),
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
