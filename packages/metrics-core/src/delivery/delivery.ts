import { backoffMs } from "./backoff.ts";
import type { Clock } from "../contract/clock.ts";
import type { Deadline } from "../windows/deadline.ts";
import {
  DeliveryLedger,
  type SinkFlushResult,
  type SinkStats,
  type Ticket,
} from "./delivery-ledger.ts";
import { DeliveryQueue } from "./delivery-queue.ts";
import { ABORT_GRACE_MS, attemptExport, type ExportOutcome } from "./export-attempt.ts";
import type { MetricSnapshot } from "../contract/metric-snapshot.ts";
import type {
  MetricsError,
  MetricsErrorCode,
  MetricsErrorContext,
} from "../problems/metrics-error.ts";
import type { MetricsSink, SinkHost } from "../contract/metrics-sink.ts";
import type { SettledSink } from "../metrics-manager-options.ts";
import { numberOf } from "../problems/number-of.ts";
import { type CheckedWindow, prepareWindow } from "./prepare-window.ts";
import type { Problems } from "../problems/problems.ts";
import { SinkLifecycle } from "./sink-lifecycle.ts";
import { isFinal, messageOf } from "../problems/thrown.ts";

/** A coalesced span is at most this part of the age that the vendor accepts. */
const SPANS_PER_MAX_AGE = 8;

/** Coalescing goes on until this part of the bound is reached, so that it does not come with every window, unless more series than that are live. */
const COALESCE_TO = 0.75;

/** So many reasons of one export are told each for itself. */
const MAX_REASONS = 10;

/** While closing, so long at least from one attempt to the next. */
const SHORTEST_PAUSE_MS = 100;

/** What a {@link Delivery} needs besides its sink. */
export interface DeliveryOptions {
  readonly clock: Clock;
  readonly problems: Problems;
  readonly host: SinkHost;
  readonly exportTimeoutMs: number;
  readonly coalesceAfterSnapshots: number;
  /** Length of a window in milliseconds, for the first spans of coalescing. */
  readonly intervalMs: number;
}

/** How the time of a close is shared out; each is part of the next. */
export interface CloseDeadlines {
  readonly deadline: Deadline;
  readonly stopBy: Deadline;
  readonly end: Deadline;
}

/**
 * Brings windows to one sink: a queue, and passes over it, one at a time. A pass opens the sink if
 * need be, then exports what is queued, oldest first, until all was offered or something failed.
 * After a failure the next pass waits for the back-off, unless a flush asks for one.
 */
export class Delivery {
  readonly #settled: SettledSink;
  readonly #sink: MetricsSink;
  readonly #options: DeliveryOptions;
  readonly #lifecycle: SinkLifecycle;
  readonly #queue = new DeliveryQueue();
  readonly #ledger = new DeliveryLedger();
  #sequence = 0;
  /** An empty window waits to be told to a sink that wants those. */
  #emptyWindow = false;

  /** Set while the sink says that opening it again is of no use. */
  #misconfigured: MetricsError | undefined;
  /** Resolves with whether it has offered anything: not where the vendor wants no call yet. */
  #pass: Promise<boolean> | undefined;
  #nextPass: Promise<boolean> | undefined;
  #attempt: AbortController | undefined;
  #cancelTimer: (() => void) | undefined;
  /** `close()` plans the passes. */
  #closing = false;
  /** No pass begins any more. */
  #closed = false;

  /** Failures in a row. */
  #failing = 0;
  /** No pass of our own before this monotonic time. */
  #notBefore = -Infinity;
  /** The vendor asked for none before this one. */
  #vendorNotBefore = -Infinity;

  constructor(settled: SettledSink, options: DeliveryOptions) {
    this.#settled = settled;
    this.#sink = settled.sink;
    this.#options = options;
    const { host, clock, exportTimeoutMs: openTimeoutMs } = options;
    this.#lifecycle = new SinkLifecycle(settled.sink, { host, clock, openTimeoutMs });
  }

  stats(): SinkStats {
    const { snapshots, observations } = this.#queue;
    return {
      name: this.#settled.name,
      acknowledges: this.#settled.acknowledges,
      pending: { snapshots, observations },
      ...this.#ledger.stats(),
    };
  }

  /** Queues a closed window, in the vendor's view of it. */
  take(window: readonly MetricSnapshot[]): void {
    const sequence = ++this.#sequence;
    let prepared: CheckedWindow;
    try {
      prepared = prepareWindow(this.#sink, window);
    } catch (cause) {
      this.#ledger.count("prepared", window);
      for (const snapshot of window) this.#ledger.settle("rejected", snapshot, sequence);
      const message = `could not prepare a window, which is lost to it: ${messageOf(cause)}`;
      this.#report("prepare_failed", message, { affected: window.length, cause });
      return;
    }
    const { snapshots, rejected } = prepared;
    this.#ledger.count("prepared", snapshots);
    this.#ledger.count("prepared", rejected.keys());
    for (const snapshot of rejected.keys()) this.#ledger.settle("rejected", snapshot, sequence);
    this.#reportRejected(rejected, undefined);
    this.#queue.add(sequence, snapshots);
    if (snapshots.length === 0) this.#emptyWindow = this.#settled.wantsEmptyWindows;
    this.#bound();
  }

  /** Opens the sink, or tries to. Rejects if the sink says that trying again is of no use. */
  async open(): Promise<void> {
    await this.#requestPass();
    if (this.#misconfigured !== undefined) throw this.#misconfigured;
  }

  /** Begins to follow what is pending and the window that comes next. */
  follow(): Ticket {
    return this.#ledger.follow(this.#sequence + 1);
  }

  /** Begins a pass when back-off and vendor allow it, also to open a sink for which nothing is queued yet. */
  wake(): void {
    if (this.#pass !== undefined || this.#nextPass !== undefined || this.#closing) return;
    if (this.#waitMs === 0) void this.#startPass();
    else this.#schedule();
  }

  /** Makes one pass now, whatever the back-off says, and resolves with what became of what was followed; at the latest when `deadline` does. */
  async flush(ticket: Ticket, deadline: Deadline): Promise<SinkFlushResult> {
    const isPending = (): boolean => this.#queue.countUpTo(ticket.upTo) > 0 || this.#emptyWindow;
    for (let offered: boolean | undefined = false; offered === false;) {
      if (this.#vendorWaitMs > 0 && !(isPending() && (await this.#outwaitVendor(deadline)))) {
        this.wake();
        break;
      }
      offered = await deadline.cut(this.#requestPass());
    }
    return this.#result(ticket);
  }

  /**
   * Makes passes until nothing is pending or `deadline` is reached, then closes the sink. An export
   * that must be stopped has until `stopBy` to say what it took, the sink's `close` until `end`.
   */
  async close(ticket: Ticket, { deadline, stopBy, end }: CloseDeadlines): Promise<SinkFlushResult> {
    this.#closing = true;
    this.#cancelTimer?.();
    for (let passes = 1; !this.#isIdle; passes++) {
      if (this.#vendorWaitMs > 0 && !(await this.#outwaitVendor(deadline))) break;
      await deadline.cut(this.#requestPass());
      if (this.#isIdle || this.#misconfigured !== undefined || deadline.remainingMs === 0) break;
      // Where the vendor said for how long to wait, that is waited for, or not at all.
      if (this.#vendorWaitMs > 0) continue;
      const pauseMs = Math.min(backoffMs(passes), deadline.remainingMs / 2);
      await deadline.sleep(Math.max(SHORTEST_PAUSE_MS, pauseMs));
      // What would begin now would be aborted at once.
      if (deadline.remainingMs === 0) break;
    }
    this.#closed = true;
    this.#attempt?.abort(new DOMException("The manager is closing.", "AbortError"));
    await stopBy.cut(Promise.allSettled([this.#pass, this.#lifecycle.opening]));
    const result = this.#result(ticket);
    await this.#closeSink(end);
    return result;
  }

  /** Whether there is nothing to do: all is settled, and nothing is under way. */
  get #isIdle(): boolean {
    const isEmpty = this.#queue.snapshots === 0 && !this.#emptyWindow;
    return isEmpty && this.#pass === undefined && this.#nextPass === undefined;
  }

  /** For how long the vendor wants no further call, in milliseconds. */
  get #vendorWaitMs(): number {
    return Math.max(0, this.#vendorNotBefore - this.#options.clock.monotonicTime());
  }

  /** How long until the next pass of our own, in milliseconds. */
  get #waitMs(): number {
    return Math.max(this.#notBefore - this.#options.clock.monotonicTime(), this.#vendorWaitMs);
  }

  /** Waits as long as the vendor asked for; false, without waiting, if that is past the deadline. */
  async #outwaitVendor(deadline: Deadline): Promise<boolean> {
    const waitMs = this.#vendorWaitMs;
    if (waitMs >= deadline.remainingMs) return false;
    await deadline.sleep(waitMs);
    return true;
  }

  async #closeSink(end: Deadline): Promise<void> {
    try {
      if (await this.#lifecycle.close(end)) return;
      this.#report("close_failed", "did not close in time", {});
    } catch (cause) {
      this.#report("close_failed", `could not be closed: ${messageOf(cause)}`, { cause });
    }
  }

  /** Resolves when a pass that began after this call has ended. Concurrent requests share one. */
  #requestPass(): Promise<boolean> {
    if (this.#pass === undefined && this.#nextPass === undefined) return this.#startPass();
    this.#nextPass ??= (this.#pass ?? Promise.resolve()).then(() => {
      this.#nextPass = undefined;
      return this.#startPass();
    });
    return this.#nextPass;
  }

  #startPass(): Promise<boolean> {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#pass = this.#runPass().then((offered) => {
      this.#pass = undefined;
      if (this.#nextPass === undefined) this.#schedule();
      return offered;
    });
    return this.#pass;
  }

  async #runPass(): Promise<boolean> {
    const upTo = this.#sequence;
    if (this.#closed || !(await this.#ensureOpen())) return true;
    this.#expire();
    for (let offered = false; !this.#closed; offered = true) {
      if (this.#vendorWaitMs > 0) return offered;
      const snapshots = this.#queue.take(this.#settled.maxExportSnapshots, upTo);
      if (snapshots.length === 0 && !this.#emptyWindow) break;
      this.#emptyWindow = false;
      if (!(await this.#export(snapshots))) break;
    }
    return true;
  }

  async #ensureOpen(): Promise<boolean> {
    if (this.#lifecycle.isOpen) return true;
    try {
      await this.#lifecycle.open();
      this.#misconfigured = undefined;
      this.#recovered();
      return true;
    } catch (cause) {
      if (this.#closed) return false;
      this.#failed(0);
      const message = `could not be opened, its windows wait: ${messageOf(cause)}`;
      const error = this.#report("open_failed", message, { cause });
      this.#misconfigured = isFinal(cause) ? error : undefined;
      return false;
    }
  }

  /** One export; true if all was delivered or rejected for good. */
  async #export(snapshots: readonly MetricSnapshot[]): Promise<boolean> {
    const { clock, exportTimeoutMs } = this.#options;
    this.#attempt = new AbortController();
    this.#ledger.exports++;
    const outcome = await attemptExport(
      this.#sink,
      snapshots,
      this.#attempt,
      clock,
      exportTimeoutMs,
    );
    this.#attempt = undefined;
    const { retry, rejected, retryAfterMs } = outcome;
    let delivered = 0;
    this.#queue.settle((snapshot, sequence) => {
      if (retry.has(snapshot)) return true;
      const isDelivered = !rejected.has(snapshot);
      if (isDelivered) delivered++;
      this.#ledger.settle(isDelivered ? "delivered" : "rejected", snapshot, sequence);
      return false;
    });
    if (delivered > 0) this.#ledger.lastSuccess = clock.wallTime();
    this.#ledger.count("possiblyDuplicated", outcome.uncertain);
    this.#reportRejected(rejected, outcome.error);
    if (outcome.invalid > 0) {
      const message = `has ${numberOf(outcome.invalid, "mistake")} in what export() resolved with: snapshots that it was not given, or named twice, or a member of a wrong type; that is ignored`;
      this.#report("invalid_result", message, { affected: outcome.invalid });
    }
    if (retryAfterMs > 0) this.#vendorNotBefore = clock.monotonicTime() + retryAfterMs;
    if (retry.size === 0 && outcome.error === undefined) {
      this.#recovered();
      return true;
    }
    // What is taken in part is progress: the next attempt need not wait long.
    if (delivered > 0) this.#failing = 0;
    this.#failed(retryAfterMs);
    if (!this.#closed && (retry.size > 0 || snapshots.length === 0)) this.#tellFailure(outcome);
    return retry.size === 0;
  }

  #reportRejected(rejected: ReadonlyMap<MetricSnapshot, string>, cause: unknown): void {
    for (const [reason, affected] of countByReason(rejected)) {
      const message = `will not take ${numberOf(affected, "snapshot")}, lost to it: ${reason}`;
      this.#report("rejected", message, { affected, cause });
    }
  }

  #tellFailure({ retry, error: thrown, cause, timedOut, abandoned }: ExportOutcome): void {
    const error = thrown ?? cause;
    const code = timedOut ? "export_timeout" : "export_failed";
    const what = timedOut
      ? `took longer than ${this.#options.exportTimeoutMs} ms for an export${abandoned ? ` and did not stop within ${ABORT_GRACE_MS} ms` : ""}`
      : error === undefined
        ? "did not take all of an export"
        : `failed to export: ${messageOf(error)}`;
    const message =
      retry.size === 0
        ? what
        : `${what}; ${numberOf(retry.size, "snapshot")} will be offered again`;
    this.#report(code, message, { affected: retry.size, cause: error });
  }

  #failed(retryAfterMs: number): void {
    this.#ledger.failures++;
    this.#failing++;
    this.#notBefore =
      this.#options.clock.monotonicTime() + Math.max(backoffMs(this.#failing), retryAfterMs);
  }

  #recovered(): void {
    this.#notBefore = -Infinity;
    if (this.#failing === 0) return;
    const message = `sink "${this.#settled.name}" works again after ${numberOf(this.#failing, "failure")}`;
    this.#failing = 0;
    this.#options.problems.report("recovered", message, { sink: this.#settled.name });
  }

  /** Plans the next pass, if there is something to do and none is asked for. */
  #schedule(): void {
    if (this.#closing || (this.#queue.snapshots === 0 && !this.#emptyWindow)) return;
    this.#cancelTimer?.();
    const { clock } = this.#options;
    this.#cancelTimer = clock.setTimer(() => void this.#requestPass(), this.#waitMs);
  }

  /** Keeps what waits within the vendor's age and our bound. */
  #bound(): void {
    this.#expire();
    const { coalesceAfterSnapshots, intervalMs } = this.#options;
    if (this.#queue.snapshots <= coalesceAfterSnapshots) return;
    this.#ledger.coalesced += this.#queue.coalesce(
      coalesceAfterSnapshots * COALESCE_TO,
      Math.max(1, intervalMs) * 2,
      this.#settled.maxAgeMs / SPANS_PER_MAX_AGE,
      this.#ledger.borders,
    );
  }

  #expire(): void {
    const { maxAgeMs } = this.#settled;
    if (maxAgeMs === Infinity) return;
    let affected = 0;
    this.#queue.expire(this.#options.clock.wallTime() - maxAgeMs, (snapshot, sequence) => {
      affected++;
      this.#ledger.settle("rejected", snapshot, sequence);
    });
    if (affected === 0) return;
    const message = `lost ${numberOf(affected, "snapshot")}, older than the ${maxAgeMs} ms that it accepts`;
    this.#report("rejected", message, { affected });
  }

  #report(code: MetricsErrorCode, message: string, context: MetricsErrorContext): MetricsError {
    const error = this.#options.problems.report(code, `sink "${this.#settled.name}" ${message}`, {
      ...context,
      sink: this.#settled.name,
    });
    this.#ledger.fail(error);
    return error;
  }

  #result(ticket: Ticket): SinkFlushResult {
    this.#ledger.unfollow(ticket);
    const { delivered, rejected, error, upTo } = ticket;
    const pending = this.#queue.countUpTo(upTo);
    const result = { name: this.#settled.name, delivered, rejected, pending };
    return error === undefined ? result : { ...result, error };
  }
}

function countByReason(rejected: ReadonlyMap<MetricSnapshot, string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const given of rejected.values()) {
    const reason = counts.has(given) || counts.size < MAX_REASONS ? given : "other reasons";
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  return counts;
}
