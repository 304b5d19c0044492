import type { MetricKind, MetricSnapshot } from "../contract/metric-snapshot.ts";
import type { FlushResult } from "../delivery/flush-result.ts";
import { MetricsManager } from "../metrics-manager.ts";
import type { MetricsError, MetricsErrorCode } from "../problems/metrics-error.ts";
import { type Finding, Findings } from "./findings.ts";
import { ModelClock } from "./model-clock.ts";
import { oddError, rejectedPromise, unreadable } from "./odd-values.ts";
import {
  EXPORT_TIMEOUT_MS,
  type MetricName,
  type Observed,
  type OddRecord,
  type Place,
  type Program,
  type Step,
  VALUES,
} from "./program.ts";
import { catalogue, type Fate, Reference } from "./reference.ts";
import type { RejectionWatch } from "./rejection-watch.ts";
import { ScriptedSink, type SinkWorld } from "./scripted-sink.ts";

/** Plays a program on a manager with a clock of its own, and returns the promises that it saw broken. */
export async function playProgram(
  program: Program,
  rejections: RejectionWatch,
): Promise<readonly Finding[]> {
  const findings = new Findings();
  const restore = seedChance(program.chance);
  try {
    const run = new Run(program, findings);
    for (const step of program.steps) await run.step(step);
    await run.finish();
  } finally {
    restore();
  }
  const unhandled = await rejections.count();
  findings.expect(unhandled === 0, "a rejection that nobody handles", () => `${unhandled}`);
  return findings.all;
}

/** Makes `Math.random`, which core uses for jitter and back-off, the same each time. Returns what undoes it. */
function seedChance(seed: number): () => void {
  const { random } = Math;
  let state = seed >>> 0;
  Math.random = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    const mixed = Math.imul(state ^ (state >>> 15), state | 1);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return () => (Math.random = random);
}

/** Past the end of a program, so long is waited for something that must not happen. */
const AFTERLIFE_MS = 7_200_000;

/** Calls of `onError` inside each other past this are a recursion; a handler may record something that is refused. */
const DEEPEST_ON_ERROR = 3;

/**
 * More windows at one moment than were asked for, the schedule's own and one for what joined included.
 * A handler that flushes when an export fails makes a window for each failure, and that is its own affair.
 */
const SPARE_WINDOWS = 3;

/** More snapshots than this for each series, bound and exports apart, are no longer "coalesced". */
const PENDING_PER_SERIES = 24;

const VERBS = { counter: "count", gauge: "gauge", distribution: "distribution" } as const;
const KINDS = ["counter", "gauge", "distribution"] as const;

interface Closing {
  readonly endMs: number;
  readonly startMs: number;
  readonly blockedMs: number;
}

class Run implements SinkWorld {
  readonly clock: ModelClock;
  readonly findings: Findings;
  readonly #program: Program;
  readonly #reference: Reference;
  readonly #sinks: readonly ScriptedSink[];
  readonly #manager: MetricsManager;
  readonly #handles = new Map<string, ReturnType<MetricsManager["bind"]>>();
  readonly #reactions: { readonly in: Place; left: number; step: Step; awaits: boolean }[];
  readonly #unobserve: (() => void)[] = [];
  readonly #windows: readonly (readonly MetricSnapshot[])[][];
  readonly #told = new Map<string, number>();
  readonly #undelivered = new Map<string, MetricsError>();
  /** How deep in calls of the library this turn is. */
  #depth = 0;
  #onErrorDepth = 0;
  /** At this moment: flushes that were asked for outside `onError`, windows that were closed, exports that began. */
  #moment = { at: NaN, asked: 0, windows: 0, exports: 0 };
  #flushes = 0;
  #closing: Closing | undefined;
  #final: string | undefined;
  #isClosed = false;

  constructor(program: Program, findings: Findings) {
    this.findings = findings;
    this.#program = program;
    const { options, sinks, reactions } = program;
    this.clock = new ModelClock((error) =>
      findings.add("a timer's callback throws", describe(error)),
    );
    this.#reference = new Reference(findings, this.clock, options);
    this.#sinks = sinks.map((script, i) => new ScriptedSink(`sink${i}`, script, this));
    this.#windows = sinks.map(() => []);
    this.#reactions = reactions.map(({ in: place, times, step, awaits }) => ({
      in: place,
      left: times,
      step,
      awaits,
    }));
    this.#manager = new MetricsManager({
      clock: this.clock,
      sink: this.#sinks,
      metrics: catalogue,
      level: options.level,
      exportIntervalMs: options.exportIntervalMs,
      exportTimeoutMs: EXPORT_TIMEOUT_MS,
      maxSeriesPerMetric: options.maxSeriesPerMetric,
      coalesceAfterSnapshots: options.coalesceAfterSnapshots,
      onError: (error) => this.#onError(error),
    });
    if (options.heartbeat) this.#call(() => this.#manager.observe("beat", () => this.#beat()));
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  async step(step: Step): Promise<void> {
    const windows = this.#reference.windows;
    const isDue = this.#isTickDue(step);
    const done = this.#perform(step);
    if (step.do === "wait") await this.clock.advance(step.ms);
    else if (step.do === "waitWindows") await this.clock.advance(step.windows * this.#windowMs);
    else await this.clock.advance(0);
    // A call that hangs is seen by its deadline.
    void done;
    this.findings.expect(
      !isDue || this.#reference.windows > windows || this.#closing !== undefined,
      "the schedule stopped",
      () => `no window in ${JSON.stringify(step)}`,
    );
    this.#check(true);
  }

  /** Closes, if the program has not, and looks whether all is quiet afterwards. */
  async finish(): Promise<void> {
    if (this.#closing === undefined) void this.#perform({ do: "close", timeoutMs: 30_000 });
    await this.clock.advance(40_000);
    this.findings.expect(this.#isClosed, "close() does not resolve", () => "");
    this.findings.expect(this.#flushes === 0, "flush() does not resolve", () => "");
    for (const { name, closed } of this.#sinks) {
      this.findings.expect(closed > 0, "a sink is not closed", () => name);
    }
    await this.clock.advance(AFTERLIFE_MS);
    this.#check(true);
  }

  enter(place: Place, sink: ScriptedSink): Promise<unknown> {
    if (this.#isClosed) {
      const isAfterLateOpen = place === "close" && sink.closed === 2;
      this.findings.expect(
        isAfterLateOpen,
        "a sink is called after close() has resolved",
        () => place,
      );
    }
    if (place === "export") this.#now().exports++;
    this.#check(false);
    return this.#react(place);
  }

  onWindow(sink: ScriptedSink, window: readonly MetricSnapshot[]): void {
    const position = this.#sinks.indexOf(sink);
    const mine = this.#windows[position];
    mine?.push(window);
    if (position === 0) {
      const moment = this.#now();
      moment.windows++;
      this.findings.expect(
        moment.windows <= moment.asked + moment.exports + SPARE_WINDOWS,
        "one moment has many windows",
        () => `${moment.windows}, asked for ${moment.asked}`,
      );
      const isTick = moment.asked === 0 && this.#closing === undefined && this.#flushes === 0;
      this.#reference.window(window, isTick && this.#program.options.exportIntervalMs > 0);
      return;
    }
    const first = this.#windows[0]?.[(mine?.length ?? 0) - 1] ?? [];
    const isSame =
      first.length === window.length &&
      first.every((snapshot, i) => JSON.stringify(snapshot) === JSON.stringify(window[i]));
    this.findings.expect(isSame, "two sinks see different windows", () => sink.name);
  }

  get #windowMs(): number {
    return this.#program.options.exportIntervalMs || 60_000;
  }

  #now(): { at: number; asked: number; windows: number; exports: number } {
    const at = this.clock.monotonicTime();
    if (this.#moment.at !== at) this.#moment = { at, asked: 0, windows: 0, exports: 0 };
    return this.#moment;
  }

  /** Whether so much time passes in a step that the schedule must close a window. */
  #isTickDue(step: Step): boolean {
    const { exportIntervalMs, heartbeat, level } = this.#program.options;
    if (exportIntervalMs === 0 || !heartbeat || level === "none" || this.#closing !== undefined)
      return false;
    if (step.do === "waitWindows") return step.windows >= 3;
    return step.do === "wait" && step.ms >= 3 * exportIntervalMs;
  }

  /** Does something of the program's; what the library throws is a finding. */
  #call<T>(work: () => T): T | undefined {
    this.#depth++;
    try {
      return work();
    } catch (error) {
      this.findings.add("a call throws", describe(error));
      return undefined;
    } finally {
      this.#depth--;
    }
  }

  async #react(place: Place): Promise<unknown> {
    const mine = this.#reactions.filter((each) => each.in === place && each.left > 0);
    const awaited: unknown[] = [];
    for (const reaction of mine) {
      reaction.left--;
      const done = this.#perform(reaction.step);
      if (reaction.awaits && !["prepare", "observer", "onError", "record"].includes(place))
        awaited.push(done);
    }
    return Promise.all(awaited);
  }

  #perform(step: Step): Promise<unknown> | undefined {
    const manager = this.#manager;
    switch (step.do) {
      case "record":
        return this.#record(step);
      case "add": {
        const handle = this.#handleOf("level", step.series);
        const value = VALUES[step.value];
        this.#expect("level", step.series, value, this.#fateOf("level", "gauge", value));
        this.#call(() => handle?.add(value));
        return undefined;
      }
      case "odd":
        return this.#recordOddly(step.what);
      case "observe": {
        const end = this.#call(() =>
          manager.observe("observed", () => this.#observed(step.returns, step.error)),
        );
        if (end !== undefined) this.#unobserve.push(end);
        return undefined;
      }
      case "unobserve":
        this.#call(() => this.#unobserve.pop()?.());
        return undefined;
      case "block":
        this.clock.block(step.ms);
        return undefined;
      case "stepWall":
        this.clock.stepWall(step.ms);
        this.#reference.unsettle();
        return undefined;
      case "lie":
        this.clock.lie(step.readings);
        this.#reference.unsettle();
        return undefined;
      case "flush":
        return this.#flush(step.timeoutMs);
      case "close":
        return this.#close(step.timeoutMs);
      case "start":
        return this.#call(() => manager.start())?.catch((error: unknown) => {
          const isOurs = (error as { code?: unknown } | undefined)?.code === "open_failed";
          this.findings.expect(isOurs, "start() rejects with something else", () =>
            describe(error),
          );
        });
      case "read":
        this.#call(() => [manager.stats(), manager.snapshots()]);
        return undefined;
      default:
        return undefined;
    }
  }

  #fateOf(name: string, verb: MetricKind | undefined, value: unknown): Fate {
    const fate = this.#reference.fateOf(name, verb, value, this.#depth > 0);
    if (this.#closing === undefined) return fate;
    // The last window may not be closed yet, and afterwards nothing is taken; whether what the level leaves out is refused is open.
    return fate === "refused" || fate === "ignored" || fate === "refusedOrIgnored"
      ? "refusedOrIgnored"
      : "either";
  }

  #expect(name: string, series: number | undefined, value: unknown, fate: Fate): void {
    this.#book(name, series === undefined ? "" : `k=${series}`, value, fate);
  }

  #book(name: string, series: string, value: unknown, fate: Fate): void {
    const { least, most } = this.#reference.expect(name, series, value, fate);
    // What a sink records while it is told of something is not told to it.
    for (const { isTold, told } of this.#sinks) {
      if (isTold) continue;
      told.least += least;
      told.most += most;
    }
  }

  #record({ by, metric, value: name, series }: Step & { do: "record" }): undefined {
    const value = VALUES[name];
    if (by === "bound") {
      this.#expect(metric, series, value, this.#fateOf(metric, undefined, value));
      this.#call(() => this.#handleOf(metric, series)?.put(value));
      return;
    }
    const kind = catalogue[metric]?.kind ?? KINDS[series % KINDS.length] ?? "counter";
    const verb = by === "verb" ? kind : undefined;
    this.#expect(metric, series, value, this.#fateOf(metric, verb, value));
    // The same series, written in different ways.
    const dimensions =
      series % 2 === 0 ? { k: series, absent: undefined } : { empty: "", k: `${series}` };
    const method = verb === undefined ? "put" : VERBS[verb];
    this.#call(() => this.#manager[method](metric, value, dimensions));
  }

  #handleOf(
    metric: MetricName | "level",
    series: number,
  ): ReturnType<MetricsManager["bind"]> | undefined {
    const key = `${metric} ${series}`;
    const handle =
      this.#handles.get(key) ?? this.#call(() => this.#manager.bind(metric, { k: series }));
    // One that was made at the end, or of a metric that was not known, may record nothing.
    if (handle !== undefined) this.#handles.set(key, handle);
    return handle;
  }

  /** What a program in JavaScript may give in spite of the types. */
  #recordOddly(what: OddRecord): undefined {
    const call = (method: "put" | "count" | "bind", ...args: readonly unknown[]): void =>
      this.#call(() => {
        const given: unknown = Reflect.apply(this.#manager[method], this.#manager, args);
        if (method === "bind") Reflect.apply((given as { put: () => void }).put, given, [1]);
      });
    const isBind = what.startsWith("bind");
    const isTaken = what === "promiseDimensions" || what === "bindPromise";
    const fate: Fate = isTaken ? "either" : isBind ? "refusedOrIgnored" : "refused";
    const isOff = this.#program.options.level === "none";
    const settled = isOff ? (this.#closing === undefined ? "ignored" : "refusedOrIgnored") : fate;
    const isRefusable = this.#closing !== undefined && settled !== "ignored";
    this.#expect("extremeCounter", undefined, 1, isRefusable ? orIgnored(settled) : settled);
    const name = "extremeCounter";
    if (what === "promiseValue") call("put", name, rejectedPromise());
    else if (what === "undefinedValue") call("put", name, undefined);
    else if (what === "symbolValue") call("put", name, Symbol("1"));
    else if (what === "bigintValue") call("put", name, 1n);
    else if (what === "nullPrototypeValue") call("put", name, Object.create(null));
    else if (what === "unreadableDimensions") call("put", name, 1, unreadable(["k"]));
    else if (what === "stringDimensions") call("put", name, 1, "k");
    else if (what === "promiseDimensions") call("put", name, 1, { k: rejectedPromise() });
    else if (what === "emptyName") call("put", "", 1);
    else if (what === "symbolName") call("put", Symbol("name"), 1);
    else if (what === "bindUnreadable") call("bind", name, unreadable(["k"]));
    else call("bind", name, rejectedPromise());
  }

  #beat(): number {
    this.#observe(1, "beat", "");
    void this.#react("observer");
    return 1;
  }

  #observed(returns: Observed, error: Parameters<typeof oddError>[0]): number {
    void this.#react("observer");
    // The interface promises a type; this observer breaks it, as JavaScript programs can.
    const wrongly = (value: unknown): number => value as number;
    if (returns === "throws") throw oddError(error);
    if (returns === "NaN") {
      this.#expect("observed", undefined, NaN, "refused");
      return NaN;
    }
    if (returns === "max") {
      this.#book("observed", "", Number.MAX_VALUE, "either");
      return Number.MAX_VALUE;
    }
    if (returns === "text") return wrongly("many");
    if (returns === "promise") return wrongly(rejectedPromise());
    if (returns === "promisePairs") {
      this.#expect("observed", undefined, NaN, "refusedOrIgnored");
      return wrongly([[rejectedPromise(), { k: 1 }]]);
    }
    if (returns === "promiseOfPair") return wrongly([rejectedPromise()]);
    if (returns === "throwingIterator")
      return wrongly({ [Symbol.iterator]: () => oddError(error) });
    if (returns === "pairs") {
      this.#observe(2, "observed", "k=1");
      this.#observe(3, "observed", "k=2");
      return wrongly([
        [2, { k: 1 }],
        [3, { k: "2" }],
      ]);
    }
    this.#observe(7, "observed", "");
    return 7;
  }

  #observe(value: number, name: string, series: string): void {
    this.#book(name, series, value, "accepted");
  }

  #flush(timeoutMs: number): Promise<unknown> {
    const startMs = this.clock.monotonicTime();
    const { blockedMs } = this.clock;
    const isJoining = this.#closing !== undefined;
    if (this.#onErrorDepth === 0) this.#now().asked++;
    this.#flushes++;
    const flushing = this.#call(() => this.#manager.flush({ timeoutMs }));
    return this.#settled(flushing, "flush()").then((result) => {
      this.#flushes--;
      if (result === undefined) return;
      this.#checkResult(result);
      const now = this.clock.monotonicTime();
      const endMs = startMs + timeoutMs + (this.clock.blockedMs - blockedMs);
      if (isJoining || this.#closing !== undefined) return;
      this.findings.expect(now <= endMs, "flush() is late", () => `${now - endMs} ms`);
      this.#checkFlushed(result, now < startMs + timeoutMs);
    });
  }

  #close(timeoutMs: number): Promise<unknown> {
    const isFirst = this.#closing === undefined;
    const startMs = this.clock.monotonicTime();
    const { blockedMs } = this.clock;
    this.#closing ??= { startMs, endMs: startMs + timeoutMs, blockedMs };
    const closing = this.#call(() => this.#manager.close({ timeoutMs }));
    return this.#settled(closing, "close()").then((result) => {
      if (isFirst && result !== undefined) this.#onClosed(result);
    });
  }

  async #settled(
    promise: Promise<FlushResult> | undefined,
    what: string,
  ): Promise<FlushResult | undefined> {
    try {
      return await promise;
    } catch (error) {
      this.findings.add(`${what} rejects`, describe(error));
      return undefined;
    }
  }

  #checkResult(result: FlushResult): void {
    const parts = ["delivered", "rejected", "pending"] as const;
    const isSound =
      result.sinks.length === this.#sinks.length &&
      result.ok === (result.rejected === 0 && result.pending === 0) &&
      parts.every(
        (part) =>
          result[part] === result.sinks.reduce((total, sink) => total + sink[part], 0) &&
          result.sinks.every((sink) => Number.isSafeInteger(sink[part]) && sink[part] >= 0),
      );
    this.findings.expect(isSound, "a result is inconsistent", () => JSON.stringify(result));
  }

  #checkFlushed({ sinks }: FlushResult, isInTime: boolean): void {
    const stats = this.#manager.stats();
    for (const [i, { name, pending, error }] of sinks.entries()) {
      const left = stats.sinks[i]?.pending.snapshots ?? 0;
      this.findings.expect(
        pending <= left,
        "flush() says that something is pending that is not",
        () => `${name}: ${pending}, not ${left}`,
      );
      const isUnexplained = pending > 0 && error === undefined && isInTime;
      this.findings.expect(
        !isUnexplained || this.#sinks[i]?.askedForPatience === true,
        "flush() gives up though nothing went wrong",
        () => `${name}: ${pending}`,
      );
    }
  }

  #onClosed(result: FlushResult): void {
    this.#isClosed = true;
    this.#checkResult(result);
    const { startMs, endMs, blockedMs } = this.#closing ?? { startMs: 0, endMs: 0, blockedMs: 0 };
    const now = this.clock.monotonicTime();
    const lateMs = now - endMs - (this.clock.blockedMs - blockedMs);
    this.findings.expect(lateMs <= 0, "close() is late", () => `${lateMs} ms`);
    this.findings.expect(
      this.clock.coreTimers === 0,
      "timers are left when close() has resolved",
      () => `${this.clock.coreTimers}`,
    );
    const stats = this.#manager.stats();
    for (const [i, { name, pending, error }] of result.sinks.entries()) {
      const sink = this.#sinks[i];
      const left = stats.sinks[i]?.pending.snapshots;
      this.findings.expect(
        pending === left,
        "close() says something else than stats()",
        () => `${name}: ${pending}, not ${left}`,
      );
      this.findings.expect(
        sink?.isExporting !== true || now >= endMs,
        "close() resolves while an export may still answer, before its deadline",
        () => `${name}, ${endMs - now} ms before`,
      );
      if (pending === 0) continue;
      this.findings.expect(error !== undefined, "close() does not say why", () => name);
      const cause = this.#undelivered.get(name)?.cause;
      this.findings.expect(cause !== undefined, "`undelivered` has no cause", () => name);
      const isEarly = now < startMs + (endMs - startMs) / 2;
      const isGivenUp = sink?.askedForPatience === true || sink?.script.open.length !== 0;
      this.findings.expect(!isEarly || isGivenUp, "close() gives up early", () => name);
    }
    this.#final = this.#fingerprint();
  }

  /** The statistics without what the program itself may still cause: a refusal is counted also after the end. */
  #fingerprint(): string {
    const { refused: _, ...stats } = this.#manager.stats();
    return JSON.stringify(stats, (key, value: unknown) => (key === "lastError" ? "" : value));
  }

  #onError(error: MetricsError): unknown {
    const { code, message, affected, sink = "" } = error;
    this.#onErrorDepth++;
    this.findings.expect(
      this.#onErrorDepth <= DEEPEST_ON_ERROR,
      "onError recurses",
      () => `${this.#onErrorDepth} deep: ${code}`,
    );
    this.findings.expect(
      !this.#isClosed || code === "closed",
      "onError is called after close() has resolved",
      () => code,
    );
    const isSound =
      typeof message === "string" &&
      (affected === undefined || (Number.isSafeInteger(affected) && affected >= 0));
    this.findings.expect(isSound, "an error is malformed", () => `${code} ${affected}`);
    if (code === "undelivered") this.#undelivered.set(sink, error);
    const key = toldKey(code, sink);
    this.#told.set(key, (this.#told.get(key) ?? 0) + 1);
    try {
      this.#check(false);
      void this.#react("onError");
    } finally {
      this.#onErrorDepth--;
    }
    const { onError } = this.#program.options;
    if (onError === "throws") throw oddError("throwingMessage");
    return onError === "rejects" ? rejectedPromise() : undefined;
  }

  /** Checks all books; between the program's steps also those that are open in the middle of a call. */
  #check(isQuiet: boolean): void {
    const stats = this.#manager.stats();
    // A look at the open window reads the clock; what a lie would do to it is looked at in windows.
    this.#reference.check(stats, this.#manager.snapshots(), isQuiet);
    for (const [i, sink] of this.#sinks.entries()) {
      const books = stats.sinks[i];
      if (books === undefined) continue;
      const { prepared, delivered, rejected, pending, coalesced, possiblyDuplicated } = books;
      const at = (): string =>
        `${sink.name}: ${JSON.stringify(books, ["prepared", "delivered", "rejected", "pending", "coalesced", "snapshots", "observations"])}`;
      const tallies = [prepared, delivered, rejected, pending, possiblyDuplicated].flatMap(
        (tally) => [tally.snapshots, tally.observations],
      );
      this.findings.expect(
        [...tallies, coalesced].every((each) => Number.isSafeInteger(each) && each >= 0),
        "a sink's statistics have a number that is none",
        at,
      );
      this.findings.expect(
        prepared.observations ===
          delivered.observations + rejected.observations + pending.observations &&
          prepared.snapshots ===
            delivered.snapshots + rejected.snapshots + pending.snapshots + coalesced,
        isQuiet ? "a sink's ledger is not balanced" : "a sink's ledger is not balanced in a call",
        at,
      );
      if (isQuiet) this.#checkSink(sink, books);
    }
    if (isQuiet && this.#final !== undefined) {
      const now = this.#fingerprint();
      this.findings.expect(
        now === this.#final,
        "statistics change after close() has resolved",
        () => `${this.#final} became ${now}`,
      );
    }
  }

  #checkSink(
    sink: ScriptedSink,
    stats: ReturnType<MetricsManager["stats"]>["sinks"][number],
  ): void {
    const { books, faults, isVague, maxAgeMs, name, series, largestExport } = sink;
    const { prepared, delivered, rejected, pending } = stats;
    const at = (): string =>
      `${name}: ${delivered.observations} ${rejected.observations}, not ${JSON.stringify(books)}`;
    this.findings.expect(
      delivered.observations === books.delivered || this.#hasSlipped(sink),
      "what counts as delivered is not what a sink took",
      at,
    );
    if (!isVague) {
      this.findings.expect(
        prepared.observations === books.prepared,
        "what counts as prepared is not what a sink prepared",
        at,
      );
      this.findings.expect(
        maxAgeMs === undefined
          ? rejected.observations === books.rejected
          : rejected.observations >= books.rejected,
        "what counts as rejected is not what a sink refused",
        at,
      );
    }
    const { told } = sink;
    this.findings.expect(
      sink.script.kind !== "record" || (told.least <= books.told && books.told <= told.most),
      "record() is not called once for each observation",
      () => `${name}: ${books.told}, not ${JSON.stringify(told)}`,
    );
    this.findings.expect(
      (this.#told.get(toldKey("invalid_result", name)) ?? 0) >= faults || this.#isClosed,
      "a wrong result is not reported",
      () =>
        `${name}: ${faults} wrong, ${this.#told.get(toldKey("invalid_result", name)) ?? 0} told`,
    );
    const { coalesceAfterSnapshots } = this.#program.options;
    const bound = coalesceAfterSnapshots + 2 * largestExport + PENDING_PER_SERIES * series.size;
    this.findings.expect(
      pending.snapshots <= bound,
      "pending snapshots are not coalesced",
      () => `${name}: ${pending.snapshots} of ${series.size} series`,
    );
  }

  #hasSlipped({ script }: ScriptedSink): boolean {
    return script.prepare.some(({ does }) => does === "slippery");
  }
}

function toldKey(code: MetricsErrorCode, sink: string): string {
  return `${code} ${sink}`;
}

function orIgnored(fate: Fate): Fate {
  return fate === "refused" || fate === "refusedOrIgnored" ? "refusedOrIgnored" : "either";
}

function describe(error: unknown): string {
  try {
    return error instanceof Error ? (error.stack ?? error.message) : typeof error;
  } catch {
    return "unreadable";
  }
}
