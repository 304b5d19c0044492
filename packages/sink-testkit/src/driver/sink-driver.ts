import type {
  MetricEvent,
  MetricSnapshot,
  MetricsSink,
  RejectedSnapshot,
  SinkHost,
} from "@aiokpl/metrics-core";
import { asManagersDo, whole } from "./window-cut.ts";
import type { Cut } from "./window-cut.ts";
import { deepFreeze } from "../examples/deep-freeze.ts";
import { exampleEvents, exampleSnapshots } from "../examples/example-snapshots.ts";
import type { ExampleEventOptions, ExampleSeries } from "../examples/example-snapshots.ts";
import type { Breach } from "./breach.ts";
import { nextTurn } from "./deadline.ts";
import type { Settled } from "./deadline.ts";
import { DriverClock, WINDOW_MS } from "./driver-clock.ts";
import { EventRecorder, isEventful } from "./event-recorder.ts";
import type { RecordingMethod } from "./event-recorder.ts";
import { describeThrown } from "./excerpt.ts";
import { readExportResult } from "./read-export-result.ts";
import { OpenWindow } from "./open-window.ts";
import { prepareInParts } from "./prepare-in-parts.ts";
import type { ReadWindow } from "./read-prepared-window.ts";
import { SinkCalls } from "./sink-calls.ts";
import { CALL_DEADLINE_MS, settleExport } from "./settle-export.ts";
import type { PassOptions } from "./settle-export.ts";

/** The longest that a manager gives `close`, in milliseconds. */
const CLOSE_TIMEOUT_MS = 5_000;

/** How often a sink may ask for a retry while the vendor answers as it should. */
const MAX_PASSES = 12;

/** What became of one export: the snapshots to retry, and whether it was aborted. */
interface Attempt {
  readonly retry: readonly MetricSnapshot[];
  readonly aborted: boolean;
}

/**
 * Calls one sink as a manager does, without waiting between attempts, and keeps a ledger: each
 * snapshot that `prepare` returned is pending, delivered or rejected. Throws when the sink breaks the
 * contract.
 */
export class SinkDriver {
  readonly sink: MetricsSink;
  readonly breach: Breach;
  readonly #graceMs: number;
  readonly #clock = new DriverClock();
  readonly #recorder: EventRecorder | undefined;
  readonly #calls: SinkCalls;
  #pending: readonly MetricSnapshot[] = [];
  readonly #delivered: MetricSnapshot[] = [];
  readonly #rejected: RejectedSnapshot[] = [];
  readonly #uncertain: MetricSnapshot[] = [];
  readonly #openWindow = new OpenWindow();
  #lastFailure: unknown = undefined;
  #closed = false;

  constructor(sink: MetricsSink, breach: Breach, graceMs: number) {
    this.sink = sink;
    this.breach = breach;
    this.#graceMs = graceMs;
    this.#calls = new SinkCalls(breach);
    this.#recorder = isEventful(sink) ? new EventRecorder(sink, breach) : undefined;
  }

  get pending(): readonly MetricSnapshot[] {
    return this.#pending;
  }

  get delivered(): readonly MetricSnapshot[] {
    return this.#delivered;
  }

  /** What `export` and `prepare` have rejected. */
  get rejected(): readonly RejectedSnapshot[] {
    return this.#rejected;
  }

  /** The snapshots that the sink reported as uncertain, once for each report. */
  get uncertain(): readonly MetricSnapshot[] {
    return this.#uncertain;
  }

  /** Everything that the sink's methods have returned, resolved with, thrown or rejected with. */
  get answers(): readonly unknown[] {
    return this.#calls.answers;
  }

  /** Calls `open`, and returns how it settled. */
  async tryOpen(): Promise<Settled<unknown>> {
    const host: SinkHost = {
      snapshots: () => this.#openWindow.snapshots(),
      series: () => this.#openWindow.series(),
      now: () => this.#clock.now(),
      exportIntervalMs: WINDOW_MS,
    };
    return this.#calls.settle(
      "open()",
      () => this.sink.open?.(host) ?? Promise.resolve(),
      CALL_DEADLINE_MS,
    );
  }

  /** Opens the sink, which must succeed. */
  async open(): Promise<void> {
    const opened = await this.tryOpen();
    if ("error" in opened) {
      this.breach(
        "open() resolves when the sink is ready",
        `It rejected: ${describeThrown(opened.error)}`,
        opened.error,
      );
    }
  }

  /** Records and closes the next window, of a minute, with these series. Returns what is to be exported of it. */
  take(series?: readonly ExampleSeries[]): readonly MetricSnapshot[] {
    return this.takeSnapshots(this.record(series)).snapshots;
  }

  /** Records the next window and closes it; returns its frozen snapshots, which `prepare` has not seen yet. */
  record(series?: readonly ExampleSeries[]): readonly MetricSnapshot[] {
    return this.#record({ series }, (event) => this.#recorder?.give(event));
  }

  /** Does the same as `record`, but through this method of an eventful sink. */
  recordThrough(
    method: RecordingMethod,
    observations: Pick<ExampleEventOptions, "series" | "counted"> = {},
  ): readonly MetricSnapshot[] {
    return this.#record(observations, (event) => this.#recorder?.giveThrough(method, event));
  }

  /**
   * Gives `prepare` a window of these snapshots, in parts. Freezes and returns what it makes of them,
   * as a manager does, but in one turn.
   */
  takeSnapshots(window: readonly MetricSnapshot[], cut: Cut = asManagersDo): ReadWindow {
    return together(
      Array.from(this.#prepare(window, cut), (part) => this.#enter(deepFreeze(part))),
    );
  }

  /** Does the same, with each part in a turn of its own. Between parts it exports what is pending, as of windows before. */
  async takeInTurns(window: readonly MetricSnapshot[], cut: Cut): Promise<ReadWindow> {
    const prepared: ReadWindow[] = [];
    for (const part of this.#prepare(window, cut)) {
      prepared.push(deepFreeze(part));
      await this.pass();
      await nextTurn();
      this.#enter(part);
    }
    return together(prepared);
  }

  /** Gives `prepare` a whole window, and freezes nothing, so that the sink can write to the snapshots. */
  takeWritable(window: readonly MetricSnapshot[]): ReadWindow {
    return together(Array.from(this.#prepare(window, whole), (part) => this.#enter(part)));
  }

  /** Exports all that is pending once, in calls of at most `maxExportSnapshots`. An abort ends the pass. */
  async pass(options: PassOptions = {}): Promise<void> {
    options.abortWhen?.catch(() => undefined);
    const pending = this.#pending;
    const most = Math.max(1, Math.floor(this.sink.maxExportSnapshots ?? 10_000));
    const retry: MetricSnapshot[] = [];
    let start = 0;
    for (let aborted = false; start < pending.length && !aborted; start += most) {
      const attempt = await this.#export(
        Object.freeze(pending.slice(start, start + most)),
        options,
      );
      retry.push(...attempt.retry);
      aborted = attempt.aborted;
    }
    this.#pending = [...retry, ...pending.slice(start)];
  }

  /** Exports what is pending until nothing is. The vendor must answer as it should. */
  async untilNothingIsPending(): Promise<void> {
    for (let passes = 0; passes < MAX_PASSES; passes++) {
      await this.pass();
      if (this.#pending.length === 0) return;
    }
    const failure =
      this.#lastFailure === undefined
        ? ""
        : ` The last failure was: ${describeThrown(this.#lastFailure)}`;
    this.breach(
      "what is retried is delivered or rejected in the end",
      `After ${MAX_PASSES} attempts ${this.#pending.length} snapshots were still to be retried.${failure}`,
      this.#lastFailure,
    );
  }

  /** Calls `export` with an empty array. */
  async exportNothing(): Promise<void> {
    await this.#export(Object.freeze([]), {});
  }

  /** Calls `export` and returns its promise. The ledger does not change. */
  startExport(snapshots: readonly MetricSnapshot[], signal: AbortSignal): Promise<unknown> {
    return this.#calls.start("export()", () => this.sink.export(snapshots, { signal }));
  }

  /** Closes the sink, which must succeed within the time that a manager gives it, or when the given signal aborts. */
  async close(signal: AbortSignal = AbortSignal.timeout(CLOSE_TIMEOUT_MS)): Promise<void> {
    this.#closed = true;
    const deadlineMs = signal.aborted ? this.#graceMs : CLOSE_TIMEOUT_MS + this.#graceMs;
    const closed = await this.#calls.settle(
      "close()",
      () => this.sink.close?.({ signal }) ?? Promise.resolve(),
      deadlineMs,
    );
    if ("error" in closed) {
      this.breach("close() resolves", `It rejected: ${describeThrown(closed.error)}`, closed.error);
    }
  }

  /** Closes the sink if nobody has called `close` yet. */
  async closeUnlessClosed(): Promise<void> {
    if (!this.#closed) await this.close();
  }

  #record(
    observations: Pick<ExampleEventOptions, "series" | "counted">,
    give: (event: MetricEvent) => void,
  ): readonly MetricSnapshot[] {
    const { windowStart } = this.#clock;
    const options = { ...observations, windowStart, windowMs: WINDOW_MS };
    this.#clock.closeWindow();
    const window = deepFreeze(exampleSnapshots(options));
    this.#openWindow.show(window);
    for (const event of exampleEvents(options)) give(deepFreeze(event));
    return window;
  }

  #prepare(window: readonly MetricSnapshot[], cut: Cut): Generator<ReadWindow> {
    const { sink, breach } = this;
    const open = this.#openWindow;
    open.show(window);
    return prepareInParts(cut(window), { sink, calls: this.#calls, breach, open });
  }

  /** Enters what `prepare` returned in the ledger. */
  #enter(part: ReadWindow): ReadWindow {
    this.#pending = [...this.#pending, ...part.snapshots];
    this.#rejected.push(...part.rejected);
    return part;
  }

  async #export(chunk: readonly MetricSnapshot[], options: PassOptions): Promise<Attempt> {
    const controller = new AbortController();
    if (options.aborted === true) controller.abort();
    const exported = this.startExport(chunk, controller.signal);
    const settled = await settleExport(exported, controller, options, this.#graceMs, this.breach);
    const { aborted } = controller.signal;
    if ("error" in settled)
      return { retry: this.#retryAfter(settled.error, chunk, aborted), aborted };
    const result = readExportResult(settled.value, chunk, this.breach);
    this.#delivered.push(...result.delivered);
    this.#rejected.push(...result.rejected);
    this.#uncertain.push(...result.uncertain);
    this.#lastFailure = result.cause;
    return { retry: result.retry, aborted };
  }

  /** Enters an export that rejected in the ledger, and returns what is to be retried. */
  #retryAfter(
    error: unknown,
    chunk: readonly MetricSnapshot[],
    aborted: boolean,
  ): readonly MetricSnapshot[] {
    const thrown = describeThrown(error);
    this.#lastFailure = error;
    if (aborted) {
      this.breach(
        "export() resolves when aborted, with retry = what was not accepted",
        `It rejected: ${thrown}`,
        error,
      );
    }
    if (isFinal(error)) {
      this.#rejected.push(...chunk.map((snapshot) => ({ snapshot, reason: thrown })));
      return [];
    }
    if (chunk.length === 0) this.breach("export([]) resolves", `It rejected: ${thrown}`, error);
    return chunk;
  }
}

function together(parts: readonly ReadWindow[]): ReadWindow {
  return {
    snapshots: parts.flatMap(({ snapshots }) => snapshots),
    rejected: parts.flatMap(({ rejected }) => rejected),
  };
}

function isFinal(error: unknown): boolean {
  try {
    return (
      typeof error === "object" &&
      error !== null &&
      "retryable" in error &&
      error.retryable === false
    );
  } catch {
    return false;
  }
}
