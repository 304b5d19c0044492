import type {
  EventfulMetricsSink,
  MetricSnapshot,
  MetricsSink,
  RejectedSnapshot,
  SinkHost,
} from "@aiokpl/metrics-core";
import { settledWithin } from "./deadline.ts";
import type { Settled } from "./deadline.ts";
import { deepFreeze } from "../examples/deep-freeze.ts";
import { exampleEvents, exampleSnapshots } from "../examples/example-snapshots.ts";
import type { ExampleOptions, ExampleSeries } from "../examples/example-snapshots.ts";
import { readExportResult } from "./read-export-result.ts";
import type { Breach } from "./read-export-result.ts";
import { CALL_DEADLINE_MS, settleExport } from "./settle-export.ts";
import type { PassOptions } from "./settle-export.ts";

/** What the manager gives `close` at most, in milliseconds. */
const CLOSE_TIMEOUT_MS = 5_000;

/** How often what is offered again may be put off by a vendor's end that answers as it should. */
const MAX_PASSES = 12;

const WINDOW_MS = 60_000;

/**
 * Calls one sink as a manager does, without waiting between attempts, and keeps the books: whatever
 * `prepare` returned is pending, delivered or rejected. What breaks the contract throws.
 */
export class SinkDriver {
  readonly sink: MetricsSink;
  readonly breach: Breach;
  readonly #graceMs: number;
  #pending: readonly MetricSnapshot[] = [];
  readonly #delivered: MetricSnapshot[] = [];
  readonly #rejected: RejectedSnapshot[] = [];
  readonly #uncertain: MetricSnapshot[] = [];
  #openWindow: readonly MetricSnapshot[] = [];
  #windowStart: number = Math.floor(Date.now() / WINDOW_MS - 15) * WINDOW_MS;
  #closed = false;

  constructor(sink: MetricsSink, breach: Breach, graceMs: number) {
    this.sink = sink;
    this.breach = breach;
    this.#graceMs = graceMs;
  }

  get pending(): readonly MetricSnapshot[] {
    return this.#pending;
  }

  get delivered(): readonly MetricSnapshot[] {
    return this.#delivered;
  }

  get rejected(): readonly RejectedSnapshot[] {
    return this.#rejected;
  }

  /** What the sink did not know the outcome of, each time. */
  get uncertain(): readonly MetricSnapshot[] {
    return this.#uncertain;
  }

  /** Calls `open`, and says how it settled. */
  async tryOpen(): Promise<Settled<void>> {
    const host: SinkHost = {
      snapshots: () => this.#openWindow,
      now: Date.now,
      exportIntervalMs: WINDOW_MS,
    };
    return this.#call(
      "open()",
      () => this.sink.open?.(host) ?? Promise.resolve(),
      CALL_DEADLINE_MS,
    );
  }

  /** Opens the sink, which must succeed. */
  async open(): Promise<void> {
    const opened = await this.tryOpen();
    if ("error" in opened)
      this.breach(
        "open() resolves when the sink is ready",
        `It rejected: ${String(opened.error)}`,
        opened.error,
      );
  }

  /** Closes the next window, of a minute, with these series in it. */
  take(series?: readonly ExampleSeries[]): readonly MetricSnapshot[] {
    const options: ExampleOptions = { series, windowStart: this.#windowStart, windowMs: WINDOW_MS };
    this.#windowStart += WINDOW_MS;
    const window = deepFreeze(exampleSnapshots(options));
    this.#openWindow = window;
    if (isEventful(this.sink))
      for (const event of exampleEvents(options)) this.sink.record(deepFreeze(event));
    return this.takeSnapshots(window);
  }

  /** Closes a window of these snapshots; returns what `prepare` makes of it. */
  takeSnapshots(window: readonly MetricSnapshot[]): readonly MetricSnapshot[] {
    this.#openWindow = [];
    const prepared = this.#prepare(window);
    this.#pending = [...this.#pending, ...prepared];
    return prepared;
  }

  /** Offers all that is pending once, in calls of at most `maxExportSnapshots`; an abort ends the pass. */
  async pass(options: PassOptions = {}): Promise<void> {
    options.abortWhen?.catch(() => undefined);
    const offered = this.#pending;
    const most = Math.max(1, Math.floor(this.sink.maxExportSnapshots ?? 10_000));
    const kept: MetricSnapshot[] = [];
    let start = 0;
    for (let aborted = false; start < offered.length && !aborted; start += most) {
      const chunk = Object.freeze(offered.slice(start, start + most));
      aborted = await this.#export(chunk, options, kept);
    }
    this.#pending = [...kept, ...offered.slice(start)];
  }

  /** Offers what is pending until nothing is. The vendor's end must answer as it should. */
  async untilNothingIsPending(): Promise<void> {
    for (let passes = 0; passes < MAX_PASSES; passes++) {
      await this.pass();
      if (this.#pending.length === 0) return;
    }
    this.breach(
      "what is offered again is delivered or rejected in the end",
      `After ${MAX_PASSES} attempts ${this.#pending.length} snapshots were still put off.`,
    );
  }

  /** Calls `export` with nothing. */
  async exportNothing(): Promise<void> {
    await this.#export(Object.freeze([]), {}, []);
  }

  /** Calls `export`, to see how it settles; nothing is booked. */
  startExport(snapshots: readonly MetricSnapshot[], signal: AbortSignal): Promise<unknown> {
    let exported: unknown;
    try {
      exported = this.sink.export(snapshots, { signal });
    } catch (error) {
      return this.breach("export() answers with a promise", `It threw: ${String(error)}`, error);
    }
    if (!isThenable(exported))
      return this.breach("export() answers with a promise", `It returned ${String(exported)}.`);
    return Promise.resolve(exported);
  }

  /** Closes the sink, which must succeed within the time that a manager gives it, or the given signal. */
  async close(signal: AbortSignal = AbortSignal.timeout(CLOSE_TIMEOUT_MS)): Promise<void> {
    this.#closed = true;
    const deadlineMs = signal.aborted ? this.#graceMs : CLOSE_TIMEOUT_MS + this.#graceMs;
    const closed = await this.#call(
      "close()",
      () => this.sink.close?.({ signal }) ?? Promise.resolve(),
      deadlineMs,
    );
    if ("error" in closed)
      this.breach("close() resolves", `It rejected: ${String(closed.error)}`, closed.error);
  }

  /** Closes the sink if that has not been tried. */
  async closeUnlessClosed(): Promise<void> {
    if (!this.#closed) await this.close();
  }

  #prepare(window: readonly MetricSnapshot[]): readonly MetricSnapshot[] {
    if (this.sink.prepare === undefined) return window;
    let prepared: unknown;
    try {
      prepared = this.sink.prepare(window);
    } catch (error) {
      return this.breach("prepare() does not throw", `It threw: ${String(error)}`, error);
    }
    if (!Array.isArray(prepared)) {
      return this.breach(
        "prepare() returns an array, in the same turn",
        `It returned ${isThenable(prepared) ? "a promise" : String(prepared)}.`,
      );
    }
    const snapshots: readonly MetricSnapshot[] = prepared;
    if (new Set(snapshots).size < snapshots.length) {
      this.breach("prepare() returns each snapshot once", "One object is in the array twice.");
    }
    return snapshots;
  }

  /** Returns whether the export was aborted. */
  async #export(
    chunk: readonly MetricSnapshot[],
    options: PassOptions,
    kept: MetricSnapshot[],
  ): Promise<boolean> {
    const controller = new AbortController();
    if (options.aborted === true) controller.abort();
    const exported = this.startExport(chunk, controller.signal);
    const settled = await settleExport(exported, controller, options, this.#graceMs, this.breach);
    if ("value" in settled) {
      const result = readExportResult(settled.value, chunk, this.breach);
      this.#delivered.push(...result.delivered);
      this.#rejected.push(...result.rejected);
      this.#uncertain.push(...result.uncertain);
      kept.push(...result.retry);
    } else if (controller.signal.aborted) {
      this.breach(
        "export() resolves when aborted, with retry = what was not accepted",
        `It rejected: ${String(settled.error)}`,
        settled.error,
      );
    } else if (isFinal(settled.error)) {
      const reason = String(settled.error);
      this.#rejected.push(...chunk.map((snapshot) => ({ snapshot, reason })));
    } else {
      kept.push(...chunk);
      if (chunk.length === 0)
        this.breach("export([]) resolves", `It rejected: ${String(settled.error)}`, settled.error);
    }
    return controller.signal.aborted;
  }

  async #call(what: string, call: () => unknown, deadlineMs: number): Promise<Settled<void>> {
    let called: unknown;
    try {
      called = call();
    } catch (error) {
      return this.breach(`${what} answers with a promise`, `It threw: ${String(error)}`, error);
    }
    if (!isThenable(called))
      return this.breach(`${what} answers with a promise`, `It returned ${String(called)}.`);
    const settled = await settledWithin(called, deadlineMs);
    if (settled === undefined)
      return this.breach(`${what} settles`, `It had not after ${deadlineMs} ms.`);
    return "error" in settled ? settled : { value: undefined };
  }
}

function isFinal(error: unknown): boolean {
  return (
    typeof error === "object" && error !== null && "retryable" in error && error.retryable === false
  );
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === "object" &&
    value !== null &&
    "then" in value &&
    typeof value.then === "function"
  );
}

function isEventful(sink: MetricsSink): sink is EventfulMetricsSink {
  return "record" in sink && typeof sink.record === "function";
}
