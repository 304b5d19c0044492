import type { MetricSnapshot } from "../contract/metric-snapshot.ts";
import type { FlushResult } from "../delivery/flush-result.ts";
import { MetricsManager } from "../metrics-manager.ts";
import type { MetricsError, MetricsErrorCode } from "../problems/metrics-error.ts";
import { checkFlushed, checkResult } from "./check-results.ts";
import { checkBalance, checkBooks } from "./check-books.ts";
import type { Findings } from "./findings.ts";
import { ModelClock } from "./model-clock.ts";
import { oddError, rejectedPromise } from "./odd-values.ts";
import { EXPORT_TIMEOUT_MS, type Place, type Program, type Step } from "./program.ts";
import { Recorder, type RecorderRun } from "./recorder.ts";
import { catalogue, Reference } from "./reference.ts";
import { ScriptedSink, type SinkWorld } from "./scripted-sink.ts";

/** Past the end of a program, so long is waited for something that must not happen. */
const AFTERLIFE_MS = 7_200_000;

/** Calls of `onError` inside each other past this are a recursion; a handler may record something that is refused. */
const DEEPEST_ON_ERROR = 8;

/**
 * A handler that flushes when a delivery fails makes a window for each failure, and that is its own
 * affair. One that flushes when an observer fails must not: the next window would fail in turn.
 */
const DELIVERY_ERRORS: ReadonlySet<MetricsErrorCode> = new Set([
  "open_failed",
  "prepare_failed",
  "forgotten_failed",
  "export_failed",
  "export_timeout",
  "rejected",
  "invalid_result",
  "recovered",
  "close_failed",
  "undelivered",
]);

/**
 * More windows at one moment than were asked for: the schedule's own, one for what joined it, and one
 * for each of the 12 times that a handler of recording errors may flush.
 */
const SPARE_WINDOWS = 15;

interface Closing {
  readonly endMs: number;
  readonly startMs: number;
  readonly blockedMs: number;
}

/** One program that is played: the manager, its sinks, the handler, and what is checked after each step. */
export class Run implements SinkWorld, RecorderRun {
  readonly clock: ModelClock;
  readonly findings: Findings;
  readonly #program: Program;
  readonly #reference: Reference;
  readonly sinks: readonly ScriptedSink[];
  readonly manager: MetricsManager;
  readonly #recorder: Recorder;
  readonly #reactions: { readonly in: Place; left: number; step: Step; awaits: boolean }[];
  readonly #unobserve: (() => void)[] = [];
  readonly #windows: readonly (readonly MetricSnapshot[])[][];
  readonly #told = new Map<string, number>();
  readonly #undelivered = new Map<string, MetricsError>();
  /** How deep in calls of the library this turn is. */
  #depth = 0;
  #onErrorDepth = 0;
  /** Calls of `onError` under way that are about something recorded, and not about a delivery. */
  #recordingErrors = 0;
  /** At this moment: flushes that were asked for, but for those of a handler of recording errors, steps of the program, windows that were closed, attempts to open or export that began. */
  #moment = { at: NaN, asked: 0, steps: 0, windows: 0, attempts: 0 };
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
    this.#recorder = new Recorder(this, this.#reference);
    this.sinks = sinks.map((script, i) => new ScriptedSink(`sink${i}`, script, this));
    this.#windows = sinks.map(() => []);
    this.#reactions = reactions.map(({ in: place, times, step, awaits }) => ({
      in: place,
      left: times,
      step,
      awaits,
    }));
    this.manager = new MetricsManager({
      clock: this.clock,
      sink: this.sinks,
      metrics: catalogue,
      level: options.level,
      undeclared: options.undeclared,
      exportIntervalMs: options.exportIntervalMs,
      exportTimeoutMs: EXPORT_TIMEOUT_MS,
      maxSeriesPerMetric: options.maxSeriesPerMetric,
      coalesceAfterSnapshots: options.coalesceAfterSnapshots,
      onError: (error) => this.#onError(error),
    });
    if (options.heartbeat)
      this.call(() => this.manager.observe("beat", () => this.#recorder.beat()));
  }

  get isClosing(): boolean {
    return this.#closing !== undefined;
  }

  get isNested(): boolean {
    return this.#depth > 0;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  async step(step: Step): Promise<void> {
    const windows = this.#reference.windows;
    const isDue = this.#isTickDue(step);
    const { changes } = this.#reference.levels;
    // Its error may be new to a handler that flushes, since each window sums up the errors before it.
    this.#now().steps++;
    const done = this.#perform(step);
    if (step.do === "wait") await this.clock.advance(step.ms);
    else if (step.do === "waitWindows") await this.clock.advance(step.windows * this.#windowMs);
    else await this.clock.advance(0);
    // A call that hangs is seen by its deadline.
    void done;
    this.findings.expect(
      !isDue ||
        this.#reference.windows > windows ||
        this.#closing !== undefined ||
        this.#reference.levels.changes > changes,
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
    for (const { name, closed } of this.sinks) {
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
    if (place === "export" || place === "open") this.#now().attempts++;
    this.#check(false);
    return this.react(place);
  }

  onWindow(sink: ScriptedSink, window: readonly MetricSnapshot[]): void {
    const position = this.sinks.indexOf(sink);
    const mine = this.#windows[position];
    mine?.push(window);
    if (position === 0) {
      const moment = this.#now();
      moment.windows++;
      this.findings.expect(
        moment.windows <= moment.asked + moment.steps + moment.attempts + SPARE_WINDOWS,
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

  #now(): { at: number; asked: number; steps: number; windows: number; attempts: number } {
    const at = this.clock.monotonicTime();
    if (this.#moment.at !== at) this.#moment = { at, asked: 0, steps: 0, windows: 0, attempts: 0 };
    return this.#moment;
  }

  /** Whether so much time passes in a step that the schedule must close a window. */
  #isTickDue(step: Step): boolean {
    const { exportIntervalMs, heartbeat } = this.#program.options;
    const isBeating = heartbeat && this.#reference.levels.isOn("beat");
    if (exportIntervalMs === 0 || !isBeating || this.#closing !== undefined) return false;
    if (step.do === "waitWindows") return step.windows >= 3;
    return step.do === "wait" && step.ms >= 3 * exportIntervalMs;
  }

  /** Does something of the program's; what the library throws is a finding. */
  call<T>(work: () => T): T | undefined {
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

  async react(place: Place): Promise<unknown> {
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
    const manager = this.manager;
    switch (step.do) {
      case "record":
        this.#recorder.record(step);
        return undefined;
      case "recordMany":
        this.#recorder.recordMany(step);
        return undefined;
      case "level":
        this.#recorder.setLevel(step);
        return undefined;
      case "add":
        this.#recorder.add(step);
        return undefined;
      case "forget":
        this.#recorder.forget(step);
        return undefined;
      case "odd":
        this.#recorder.recordOddly(step.what);
        return undefined;
      case "observe": {
        const end = this.call(() =>
          manager.observe("observed", () => this.#recorder.observed(step.returns, step.error)),
        );
        if (end !== undefined) this.#unobserve.push(end);
        return undefined;
      }
      case "unobserve":
        this.call(() => this.#unobserve.pop()?.());
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
        return this.call(() => manager.start())?.catch((error: unknown) => {
          const isOurs = (error as { code?: unknown } | undefined)?.code === "open_failed";
          this.findings.expect(isOurs, "start() rejects with something else", () =>
            describe(error),
          );
        });
      case "read":
        this.call(() => [manager.stats(), manager.snapshots()]);
        return undefined;
      default:
        return undefined;
    }
  }

  #flush(timeoutMs: number): Promise<unknown> {
    const startMs = this.clock.monotonicTime();
    const { blockedMs } = this.clock;
    const isJoining = this.#closing !== undefined;
    if (this.#recordingErrors === 0) this.#now().asked++;
    this.#flushes++;
    const flushing = this.call(() => this.manager.flush({ timeoutMs }));
    return this.#settled(flushing, "flush()").then((result) => {
      this.#flushes--;
      if (result === undefined) return;
      checkResult(this.findings, result, this.sinks);
      const now = this.clock.monotonicTime();
      const endMs = startMs + timeoutMs + (this.clock.blockedMs - blockedMs);
      if (isJoining || this.#closing !== undefined) return;
      this.findings.expect(now <= endMs, "flush() is late", () => `${now - endMs} ms`);
      checkFlushed(this.findings, result, {
        stats: this.manager.stats(),
        sinks: this.sinks,
        now,
        isInTime: now < startMs + timeoutMs,
      });
    });
  }

  #close(timeoutMs: number): Promise<unknown> {
    const isFirst = this.#closing === undefined;
    const startMs = this.clock.monotonicTime();
    const { blockedMs } = this.clock;
    if (isFirst) this.#recorder.doubtWhatIsUnderWay();
    this.#closing ??= { startMs, endMs: startMs + timeoutMs, blockedMs };
    const closing = this.call(() => this.manager.close({ timeoutMs }));
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

  #onClosed(result: FlushResult): void {
    this.#isClosed = true;
    checkResult(this.findings, result, this.sinks);
    const { startMs, endMs, blockedMs } = this.#closing ?? { startMs: 0, endMs: 0, blockedMs: 0 };
    const now = this.clock.monotonicTime();
    const lateMs = now - endMs - (this.clock.blockedMs - blockedMs);
    this.findings.expect(lateMs <= 0, "close() is late", () => `${lateMs} ms`);
    this.findings.expect(
      this.clock.coreTimers === 0,
      "timers are left when close() has resolved",
      () => `${this.clock.coreTimers}`,
    );
    this.findings.expect(
      this.manager.snapshots().length === 0,
      "observations are in no window when close() has resolved",
      () => `${this.manager.snapshots().length} series`,
    );
    const stats = this.manager.stats();
    for (const [i, { name, pending, error }] of result.sinks.entries()) {
      const sink = this.sinks[i];
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
      const isEarly = endMs - startMs >= 5_000 && now < startMs + (endMs - startMs) / 2;
      const isGivenUp = sink?.askedForPatience === true || sink?.script.open.length !== 0;
      this.findings.expect(!isEarly || isGivenUp, "close() gives up early", () => name);
    }
    this.#final = this.#fingerprint();
  }

  /** The statistics without what the program itself may still cause: a refusal is counted also after the end. */
  #fingerprint(): string {
    const { refused: _, ...stats } = this.manager.stats();
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
      DELIVERY_ERRORS.has(code)
        ? "a delivery is reported after close() has resolved"
        : "a refusal is reported after close() has resolved",
      () => code,
    );
    const isSound =
      typeof message === "string" &&
      (affected === undefined || (Number.isSafeInteger(affected) && affected >= 0));
    this.findings.expect(isSound, "an error is malformed", () => `${code} ${affected}`);
    if (code === "undelivered") this.#undelivered.set(sink, error);
    const key = toldKey(code, sink);
    this.#told.set(key, (this.#told.get(key) ?? 0) + 1);
    const ofRecording = DELIVERY_ERRORS.has(code) ? 0 : 1;
    this.#recordingErrors += ofRecording;
    try {
      this.#check(false);
      void this.react("onError");
    } finally {
      this.#onErrorDepth--;
      this.#recordingErrors -= ofRecording;
    }
    const { onError } = this.#program.options;
    if (onError === "throws") throw oddError("throwingMessage");
    return onError === "rejects" ? rejectedPromise() : undefined;
  }

  /** Checks all books; between the program's steps also those that are open in the middle of a call. */
  #check(isQuiet: boolean): void {
    // A look at the open window reads observers, and the clock; what a lie would do to it is looked at in windows.
    const open = this.manager.snapshots();
    const stats = this.manager.stats();
    this.#reference.check(stats, open, isQuiet);
    for (const [i, sink] of this.sinks.entries()) {
      const books = stats.sinks[i];
      if (books === undefined) continue;
      checkBalance(this.findings, books, isQuiet);
      if (!isQuiet) continue;
      checkBooks(this.findings, sink, books, {
        faultsTold: this.#told.get(toldKey("invalid_result", sink.name)) ?? 0,
        held: stats.held,
        isClosed: this.#isClosed,
        coalesceAfterSnapshots: this.#program.options.coalesceAfterSnapshots,
      });
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
}

function toldKey(code: MetricsErrorCode, sink: string): string {
  return `${code} ${sink}`;
}

function describe(error: unknown): string {
  try {
    return error instanceof Error ? (error.stack ?? error.message) : typeof error;
  } catch {
    return "unreadable";
  }
}
