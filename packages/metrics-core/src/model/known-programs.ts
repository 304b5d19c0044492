import type { ExportScript, Program, ProgramOptions, SinkScript, Step } from "./program.ts";

/** A program that once broke a promise, and what must not happen again. */
export interface KnownProgram {
  readonly name: string;
  readonly program: Program;
}

const PLAIN_SINK: SinkScript = {
  kind: "plain",
  maxExportSnapshots: 10_000,
  maxAgeMs: null,
  wantsEmptyWindows: false,
  open: [],
  prepare: [],
  export: [],
  record: [],
  close: [],
};

const ONE: Step = { do: "record", by: "verb", metric: "counter", value: "one", series: 0 };
const LOOSE: Step = { do: "record", by: "verb", metric: "loose1", value: "one", series: 0 };
const SPREAD: Step = {
  do: "record",
  by: "verb",
  metric: "distribution",
  value: "seven",
  series: 1,
};
const BOUND: Step = { do: "record", by: "bound", metric: "gauge", value: "seven", series: 1 };
const FLUSH: Step = { do: "flush", timeoutMs: 10_000 };
const CLOSE: Step = { do: "close", timeoutMs: 5_000 };
const TICK: Step = { do: "waitWindows", windows: 1 };
const TICKS: Step = { do: "waitWindows", windows: 3 };

/** What a sink throws can be hard to read; these were found to end the process. */
const UNREADABLE = ["symbolMessage", "objectMessage", "finalSymbolMessage"] as const;

const programs: readonly KnownProgram[] = [
  ...UNREADABLE.flatMap((error): KnownProgram[] => [
    known(`export() throws ${error}`, [{ export: [answer("throws", { error })] }], [ONE, FLUSH]),
    known(`a cause is ${error}`, [{ export: [answer("oddCause", { error })] }], [ONE, TICK]),
    known(`open() throws ${error}`, [{ open: [{ does: "throws", error }] }], [ONE, TICK]),
    known(
      `open() throws ${error} before it waits`,
      [{ open: [{ does: "throwsAtOnce", error }] }],
      [{ do: "start" }, ONE],
    ),
    known(`close() throws ${error}`, [{ close: [{ does: "throws", error }] }], [ONE]),
    known(
      `prepare() throws ${error}`,
      [{ prepare: [{ does: "throws", error }] }, {}],
      [ONE, FLUSH],
    ),
    known(
      `record() throws ${error}`,
      [{ kind: "record", record: [{ does: "throws", error }] }],
      [ONE, BOUND],
    ),
    known(
      `a function that bind() returned throws ${error}`,
      [{ kind: "bind", record: [{ does: "throws", error }] }],
      [ONE, BOUND],
    ),
    known(`an observer throws ${error}`, [{}], [{ do: "observe", returns: "throws", error }, TICK]),
  ]),
  ...(
    [
      "promiseRetry",
      "promiseMembers",
      "promiseCause",
      "promiseRetryAfter",
      "promiseRejected",
      "promiseReason",
      "symbolReason",
      "unreadable",
      "array",
      "number",
      "string",
      "false",
      "emptyObject",
      "unknownKeys",
      "foreign",
      "scribbles",
    ] as const
  ).map((does) =>
    known(
      `export() answers with ${does}`,
      [{ export: [answer(does)] }, {}],
      [SPREAD, FLUSH, TICKS],
    ),
  ),
  ...(
    [
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
    ] as const
  ).map((does) =>
    known(
      `prepare() returns ${does}`,
      [{ prepare: [{ does, error: "error" }] }, {}],
      [SPREAD, FLUSH, ONE],
    ),
  ),
  ...(["promise", "promisePairs", "promiseOfPair", "throwingIterator"] as const).map((returns) =>
    known(
      `an observer returns ${returns}`,
      [{}],
      [{ do: "observe", returns, error: "error" }, TICK],
    ),
  ),
  known("bind() returns a promise", [{ kind: "bindPromise" }], [ONE, BOUND]),
  ...(["promiseValue", "promiseDimensions", "bindToPromise", "nullPrototypeValue"] as const).map(
    (what) => known(`a program records ${what}`, [{}], [{ do: "odd", what }]),
  ),
  known(
    "close() says the cause that the vendor gave with its wish for patience",
    [{ export: [answer("retriesAll", { retryAfterMs: 40_000 })] }],
    [ONE, FLUSH, { do: "close", timeoutMs: 5_000 }],
  ),
  known(
    "close() says that an export hung",
    [{ export: [answer("hangs"), answer("hangs"), answer("hangs")] }],
    [ONE, { do: "close", timeoutMs: 5_000 }],
  ),
  known(
    "close() says the cause that an export gave when it was stopped",
    [{ export: [answer("heeds"), answer("heeds"), answer("heeds")] }],
    [ONE, { do: "close", timeoutMs: 5_000 }],
  ),
  known(
    "close() waits, within its deadline, for an export that answers late",
    [{ export: [answer("heedsLate")] }],
    [ONE, { do: "close", timeoutMs: 5_000 }],
  ),
  ...(["heedsLate", "throwsLate", "late", "foreign", "answersInPart"] as const).map((does) =>
    known(
      `nothing is told of an export that ends after close(): ${does}`,
      [{ export: [answer("throws"), answer(does, { delayMs: 4_300 })] }],
      [SPREAD, FLUSH, { do: "close", timeoutMs: 700 }],
    ),
  ),
  ...(["promiseCause", "promiseRetry", "promiseMembers", "promiseReason"] as const).map((does) =>
    known(
      `a promise in an answer that nobody waits for any more harms nobody: ${does}`,
      [{ export: [answer(does, { delayMs: 4_300 })] }],
      [ONE, { do: "close", timeoutMs: 700 }],
    ),
  ),
  known(
    "what has become too old while the vendor wanted no call is rejected",
    [{ maxAgeMs: 700_000, export: [answer("retriesAll", { retryAfterMs: 1_500_000 })] }],
    [ONE, FLUSH, { do: "waitWindows", windows: 25 }, { do: "waitWindows", windows: 25 }],
  ),
  known(
    "nothing is told of what is recorded wrongly after close()",
    [{}],
    [
      ONE,
      { do: "close", timeoutMs: 5_000 },
      { do: "record", by: "verb", metric: "counter", value: "NaN", series: 0 },
      { do: "odd", what: "bindUnreadable" },
      { do: "record", by: "verb", metric: "loose1", value: "one", series: 0 },
      { do: "record", by: "verb", metric: "loose1", value: "one", series: 1 },
    ],
  ),
  known(
    "flush() says what is true when it resolves",
    [{ export: [answer("throws")] }, { export: [answer("succeeds", { delayMs: 4_300 })] }],
    [ONE, { do: "flush", timeoutMs: 10_000 }, { do: "wait", ms: 15_000 }],
  ),
  known(
    "gauges at the largest value are coalesced",
    [{ export: Array.from({ length: 900 }, () => answer("retriesAll")) }],
    [
      { do: "observe", returns: "max", error: "error" },
      ...Array.from({ length: 24 }, (): Step => ({ do: "waitWindows", windows: 25 })),
    ],
    { exportIntervalMs: 1_000, coalesceAfterSnapshots: 6 },
  ),
  known(
    "counters and distributions at the largest value are kept apart in bounded number",
    [{ export: Array.from({ length: 900 }, () => answer("retriesAll")) }],
    Array.from({ length: 300 }, (): readonly Step[] => [
      { do: "record", by: "verb", metric: "extremeCounter", value: "max", series: 0 },
      { do: "record", by: "verb", metric: "extremeDistribution", value: "minusMax", series: 0 },
      TICK,
    ]).flat(),
    { exportIntervalMs: 1_000, coalesceAfterSnapshots: 6 },
  ),
  {
    name: "flush() inside an observer makes an attempt",
    program: {
      ...known("", [{}], [TICK], { heartbeat: true }).program,
      reactions: [{ in: "observer", times: 1, step: FLUSH, awaits: false }],
    },
  },
  {
    name: "a handler that flushes does not recurse when an observer fails",
    program: {
      ...known(
        "",
        [{}],
        [
          { do: "observe", returns: "throws", error: "error" },
          { do: "observe", returns: "promise", error: "error" },
          { do: "observe", returns: "promise", error: "error" },
          ONE,
          TICK,
          TICK,
        ],
      ).program,
      reactions: [{ in: "onError", times: 12, step: FLUSH, awaits: false }],
    },
  },
  ...[1, 2, 5].map((readings) =>
    known(
      `a wall clock that is NaN ${readings} times does not stop the schedule`,
      [{}],
      [ONE, TICK, { do: "lie", readings }, TICKS, ONE, { do: "lie", readings }, FLUSH, TICKS],
      { heartbeat: true },
    ),
  ),
  known(
    "a wall clock that is NaN at the first observation does no harm",
    [{}],
    [{ do: "lie", readings: 5 }, ONE, TICKS],
    { heartbeat: true },
  ),
  {
    name: "a handler that records the undeclared metric that it is told of loses nothing",
    program: {
      ...known("", [{}], [LOOSE, FLUSH], { undeclared: "warn" }).program,
      reactions: [{ in: "onError", times: 2, step: LOOSE, awaits: false }],
    },
  },
  {
    name: "a handler that closes the manager when it is told of an undeclared metric loses nothing",
    program: {
      ...known("", [{}], [LOOSE], { undeclared: "warn" }).program,
      reactions: [{ in: "onError", times: 1, step: CLOSE, awaits: false }],
    },
  },
  {
    name: "a handler that closes the manager when it is told of a series limit loses nothing",
    program: {
      ...known("", [{}], [ONE, { ...ONE, series: 1 }], { maxSeriesPerMetric: 1 }).program,
      reactions: [{ in: "onError", times: 1, step: CLOSE, awaits: false }],
    },
  },
];

/** Small programs for what the random ones do not reach soon, or have reached once. */
export const knownPrograms: readonly KnownProgram[] = programs;

function known(
  name: string,
  sinks: readonly Partial<SinkScript>[],
  steps: readonly Step[],
  options: Partial<ProgramOptions> = {},
): KnownProgram {
  const program: Program = {
    chance: 1,
    options: {
      exportIntervalMs: 60_000,
      maxSeriesPerMetric: 2_000,
      coalesceAfterSnapshots: 50_000,
      undeclared: "allow",
      level: "detailed",
      heartbeat: false,
      onError: "returns",
      ...options,
    },
    sinks: sinks.map((script) => ({ ...PLAIN_SINK, ...script })),
    reactions: [],
    steps,
  };
  return { name, program };
}

function answer(does: ExportScript["does"], rest: Partial<ExportScript> = {}): ExportScript {
  return { does, error: "error", delayMs: 0, retryAfterMs: 0, ...rest };
}
