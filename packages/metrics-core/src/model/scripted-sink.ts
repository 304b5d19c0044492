import type { EventSeries, MetricEvent } from "../contract/metric-event.ts";
import type { MetricSnapshot } from "../contract/metric-snapshot.ts";
import type {
  ExportResult,
  MetricsSink,
  PreparedWindow,
  SinkHost,
} from "../contract/metrics-sink.ts";
import { type Answer, answerOf, ANSWERS_WITH_PATIENCE, untilItAnswers } from "./export-answers.ts";
import type { Findings } from "./findings.ts";
import type { ModelClock } from "./model-clock.ts";
import { observationsIn } from "./observations-in.ts";
import { oddError, rejectedPromise } from "./odd-values.ts";
import { isGoodView, isList, viewOf } from "./prepared-views.ts";
import type { ExportScript, Place, PrepareDeed, SinkScript } from "./program.ts";
import { type Bounds, checkSnapshot } from "./reference.ts";

/** What a scripted sink needs of the run that it is part of. */
export interface SinkWorld {
  readonly clock: ModelClock;
  readonly findings: Findings;
  /** Whether the manager's `close()` has resolved. */
  readonly isClosed: boolean;
  /** Called at the beginning of each of the sink's methods: checks the books, then does what the program does there. */
  enter(place: Place, sink: ScriptedSink): Promise<unknown>;
  /** Called with each window that the sink is given. */
  onWindow(sink: ScriptedSink, window: readonly MetricSnapshot[]): void;
}

/** In observations. */
interface Books {
  prepared: number;
  delivered: number;
  rejected: number;
  uncertain: number;
  told: number;
}

/** An export that was begun. */
interface Call {
  readonly snapshots: readonly MetricSnapshot[];
  isSettled: boolean;
  abortedAt: number | undefined;
  /** Its grace after the abort is over: by a timer, for where timers are late, as core's is. */
  isGivenUp: boolean;
}

/** After its abort, an export has so long before it is abandoned; part of the contract. */
const GRACE_MS = 1_000;

/** Longer than the exports of one pass take. */
const LONGEST_PASS_MS = 600_000;

/** A sink that does what its script says, keeps its own books, and checks what it is asked to do. */
export class ScriptedSink implements MetricsSink {
  readonly name: string;
  readonly maxExportSnapshots: number;
  readonly maxAgeMs: number | undefined;
  readonly wantsEmptyWindows: boolean;
  readonly script: SinkScript;
  declare readonly record?: (event: MetricEvent) => void;
  declare readonly bind?: (series: EventSeries) => (value: number, count?: number) => void;

  /** In observations; what core's books must say. */
  readonly books: Books = { prepared: 0, delivered: 0, rejected: 0, uncertain: 0, told: 0 };
  /** How often it must have been told of an observation. */
  readonly told: Bounds = { least: 0, most: 0 };
  /** Whether the books on what was prepared or rejected can't be known. */
  isVague = false;
  /** Answers that had a fault of the sink's. */
  faults = 0;
  askedForPatience = false;
  closed = 0;
  isTold = false;
  /** When the last answer was given that core has heard. */
  answeredAt: number = -Infinity;
  /** Series that were ever prepared. */
  readonly series: Set<string> = new Set();
  largestExport = 0;

  readonly #world: SinkWorld;
  readonly #over = new WeakSet<MetricSnapshot>();
  readonly #calls: Record<Place & keyof SinkScript, number> = {
    open: 0,
    prepare: 0,
    export: 0,
    record: 0,
    close: 0,
  };
  #running: Call | undefined;
  #isOpen = false;
  #opening = false;
  #host: SinkHost | undefined;
  #noCallBefore = -Infinity;
  /** What may have been delivered, in its order: the next export is this and nothing else. */
  #uncertain: readonly MetricSnapshot[] = [];

  constructor(name: string, script: SinkScript, world: SinkWorld) {
    this.name = name;
    this.script = script;
    this.#world = world;
    this.maxExportSnapshots = script.maxExportSnapshots;
    this.maxAgeMs = script.maxAgeMs ?? undefined;
    this.wantsEmptyWindows = script.wantsEmptyWindows;
    if (script.kind === "plain") return;
    this.record = ({ count }) => this.#take(count);
    if (script.kind === "bind") this.bind = () => (_value, count) => this.#take(count);
    // The interface promises a type; this sink breaks it, as JavaScript programs can.
    if (script.kind === "bindPromise") this.bind = () => rejectedPromise() as () => void;
  }

  /** Whether an export is under way that core may not have given up on. */
  get isExporting(): boolean {
    return this.#running !== undefined && this.#isHeard(this.#running) && !this.#running.isSettled;
  }

  async open(host: SinkHost): Promise<void> {
    const { findings, clock } = this.#world;
    findings.expect(!this.#isOpen, "open() after it has succeeded", () => this.name);
    findings.expect(!this.#opening, "open() while it is under way", () => this.name);
    findings.expect(this.closed === 0, "open() after close()", () => this.name);
    const { does, error } = nth(this.script.open, this.#calls.open++, {
      does: "opens",
      error: "error",
    });
    this.#host = host;
    if (does === "throwsAtOnce") throw oddError(error);
    this.#opening = true;
    try {
      await this.#world.enter("open", this);
      await Promise.resolve();
      if (does === "slow") await clock.after(7_300);
      if (does === "hangs") await new Promise(() => {});
      if (does === "throws") throw oddError(error);
      this.#isOpen = true;
    } finally {
      this.#opening = false;
    }
  }

  prepare(window: readonly MetricSnapshot[]): readonly MetricSnapshot[] | PreparedWindow {
    const { findings } = this.#world;
    findings.expect(this.closed === 0, "prepare() after close()", () => this.name);
    this.#world.onWindow(this, window);
    void this.#world.enter("prepare", this);
    const { does, error } = nth(this.script.prepare, this.#calls.prepare++, {
      does: "same",
      error: "error",
    });
    if (does === "slippery") this.isVague = true;
    const isWhole = does === "same" || does === "rejectsHalf" || does === "scribbles";
    if (isWhole || !isGoodView(does)) this.books.prepared += observationsIn(window);
    if (!isGoodView(does)) this.books.rejected += observationsIn(window);
    if (does === "throws") throw oddError(error);
    const view = viewOf(does, window);
    if (isGoodView(does)) this.#bookView(does, view);
    return view;
  }

  #bookView(does: PrepareDeed, view: readonly MetricSnapshot[] | PreparedWindow): void {
    const { snapshots, rejected = [] } = isList(view) ? { snapshots: view } : view;
    if (does === "rollUp") this.books.prepared += observationsIn(snapshots);
    for (const { snapshot } of rejected) this.books.rejected += snapshot.count;
    for (const { name, dimensions } of snapshots) {
      this.series.add(`${name} ${JSON.stringify(dimensions)}`);
    }
  }

  async export(
    snapshots: readonly MetricSnapshot[],
    { signal }: { readonly signal: AbortSignal },
  ): Promise<ExportResult | void> {
    const { clock } = this.#world;
    this.#bookAbandoned();
    this.#checkExport(snapshots);
    const call: Call = { snapshots, isSettled: false, abortedAt: undefined, isGivenUp: false };
    this.#running = call;
    const aborted = new Promise<void>((resolve) => {
      signal.addEventListener("abort", () => {
        call.abortedAt = clock.monotonicTime();
        void clock.after(GRACE_MS).then(() => (call.isGivenUp = true));
        resolve();
      });
    });
    const script = nth(this.script.export, this.#calls.export++, PLAIN_EXPORT);
    await this.#world.enter("export", this);
    if (script.delayMs > 0) await clock.after(script.delayMs);
    await untilItAnswers(script, aborted, clock);
    const answer = answerOf(script, snapshots);
    this.#settle(call, script, answer);
    // The interface promises a type; this sink breaks it, as JavaScript programs can.
    return answer.gives() as ExportResult | void;
  }

  async close(): Promise<void> {
    const { findings, clock } = this.#world;
    this.closed++;
    const mayBeTwice = this.closed === 2 && this.#isOpen;
    findings.expect(this.closed === 1 || mayBeTwice, "close() twice", () => this.name);
    const { does, error } = nth(this.script.close, this.#calls.close++, {
      does: "closes",
      error: "error",
    });
    const isEarly = this.#running?.isSettled === false && this.#running.abortedAt === undefined;
    findings.expect(!isEarly, "close() while an export runs", () => this.name);
    if (this.closed > 1) return;
    const entered = this.#world.enter("close", this);
    if (does === "throwsAtOnce") throw oddError(error);
    await entered;
    if (does === "slow") await clock.after(200);
    if (does === "hangs") await new Promise(() => {});
    if (does === "throws") throw oddError(error);
  }

  #take(count = 1): void {
    this.books.told += count;
    const { findings } = this.#world;
    findings.expect(!this.isTold, "record() inside record()", () => this.name);
    this.isTold = true;
    try {
      void this.#world.enter("record", this);
    } finally {
      this.isTold = false;
    }
    const { does, error } = nth(this.script.record, this.#calls.record++, {
      does: "takes",
      error: "error",
    });
    if (does === "throws") throw oddError(error);
    // What a sink in JavaScript may return in spite of the type.
    if (does === "promise") return rejectedPromise() as undefined;
  }

  #checkExport(snapshots: readonly MetricSnapshot[]): void {
    const { findings, clock } = this.#world;
    const expect = (holds: boolean, what: string): void =>
      findings.expect(holds, what, () => `${this.name}, ${snapshots.length} snapshots`);
    expect(this.closed === 0, "export() after close()");
    expect(this.#isOpen, "export() before open() has resolved");
    const running = this.#running;
    const isRunning = running?.isSettled === false && this.#isHeard(running);
    expect(!isRunning, "two exports at a time");
    expect(clock.monotonicTime() >= this.#noCallBefore, "export() before retryAfterMs is over");
    expect(snapshots.length <= this.maxExportSnapshots, "an export is too large");
    expect(snapshots.length > 0 || this.wantsEmptyWindows, "an export is empty");
    expect(!snapshots.some((each) => this.#over.has(each)), "an export repeats what is over");
    // Windows without length, of flushes at one moment, may share their bounds.
    const lasting = snapshots.filter(({ windowStart, windowEnd }) => windowStart < windowEnd);
    const keys = lasting.map(({ name, kind, unit, dimensions, overflow, windowStart, windowEnd }) =>
      JSON.stringify([name, kind, unit, dimensions, overflow, windowStart, windowEnd]),
    );
    expect(new Set(keys).size === keys.length, "an export has a series of a window twice");
    const repeated = this.#uncertain.filter((each) => snapshots.includes(each));
    // What has become too old is not repeated.
    const isWhole = this.maxAgeMs !== undefined || repeated.length === this.#uncertain.length;
    const isAlone = repeated.length === 0 || repeated.length === snapshots.length;
    expect(isWhole && isAlone, "an export of unknown outcome is not repeated as it was");
    this.#checkAge(snapshots);
    for (const snapshot of snapshots) checkSnapshot(findings, "an export", snapshot);
    this.largestExport = Math.max(this.largestExport, snapshots.length);
    void this.#host?.snapshots();
  }

  /** An export that has not answered in time may have delivered all the same. */
  #bookAbandoned(): void {
    if (this.#running?.isSettled !== false) return;
    this.books.uncertain += observationsIn(this.#running.snapshots);
    this.#uncertain = this.#running.snapshots;
  }

  /** Expiry comes with each pass and window; a pass with many exports takes its time. */
  #checkAge(snapshots: readonly MetricSnapshot[]): void {
    const { clock, findings } = this.#world;
    if (this.maxAgeMs === undefined || clock.wasSet) return;
    const oldest = clock.trueWallTime - this.maxAgeMs - LONGEST_PASS_MS - clock.blockedMs;
    const isTooOld = ({ windowEnd }: MetricSnapshot): boolean => windowEnd < oldest;
    findings.expect(!snapshots.some(isTooOld), "an export is too old", () => this.name);
  }

  /** Whether core still waits for what an export says. */
  #isHeard({ abortedAt = Infinity }: Call): boolean {
    return this.#world.clock.monotonicTime() < abortedAt + GRACE_MS;
  }

  #settle(call: Call, { does, retryAfterMs }: ExportScript, answer: Answer): void {
    call.isSettled = true;
    // A further export says too that core waits for this one no longer.
    if (this.#world.isClosed || call.isGivenUp || this.#running !== call) return;
    this.answeredAt = this.#world.clock.monotonicTime();
    if (answer.isFault) this.faults++;
    this.books.delivered += observationsIn(answer.delivered);
    this.books.rejected += observationsIn(answer.rejected);
    this.books.uncertain += observationsIn(answer.uncertain);
    for (const each of [...answer.delivered, ...answer.rejected]) this.#over.add(each);
    // That a repetition was not taken says nothing about the time before.
    const isOpen = new Set([...this.#uncertain, ...answer.uncertain]);
    this.#uncertain = call.snapshots.filter((each) => isOpen.has(each) && !this.#over.has(each));
    if (!ANSWERS_WITH_PATIENCE.has(does) || retryAfterMs === 0) return;
    this.askedForPatience = true;
    this.#noCallBefore = this.#world.clock.monotonicTime() + retryAfterMs;
  }
}

/** What a script says of the call of this number; past its end, the good thing. */
function nth<Script>(script: readonly Script[], call: number, otherwise: NoInfer<Script>): Script {
  return script[call] ?? otherwise;
}

const PLAIN_EXPORT: ExportScript = {
  does: "succeeds",
  error: "error",
  delayMs: 0,
  retryAfterMs: 0,
};
