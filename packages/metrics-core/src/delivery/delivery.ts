import type { Clock } from "../contract/clock.ts";
import type { MetricSnapshot } from "../contract/metric-snapshot.ts";
import type { SinkHost } from "../contract/metrics-sink.ts";
import type { MetricsError } from "../problems/metrics-error.ts";
import type { Problems } from "../problems/problems.ts";
import { messageOf } from "../problems/thrown.ts";
import type { Deadline } from "../windows/deadline.ts";
import { Backlog } from "./backlog.ts";
import {
  DeliveryLedger,
  type SinkFlushResult,
  type SinkStats,
  type Ticket,
} from "./delivery-ledger.ts";
import { ExportAttempt } from "./export-attempt.ts";
import type { ExportOutcome } from "./export-outcome.ts";
import { type PassEnd, PassLoop } from "./pass-loop.ts";
import { RetryPlan } from "./retry-plan.ts";
import type { SettledSink } from "./settled-sink.ts";
import { SinkHealth } from "./sink-health.ts";
import { SinkLifecycle } from "./sink-lifecycle.ts";
import { SinkReporter } from "./sink-reporter.ts";

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
  /** No attempt is made after it, and an export that is under way is stopped. */
  readonly deadline: Deadline;
  /** The sink is closed now, though an export may not have stopped. */
  readonly stopBy: Deadline;
  /** The books are closed now, whatever is still under way. */
  readonly end: Deadline;
}

/**
 * The life of a delivery: at first the schedule plans the passes, then `close()` does, then no pass
 * begins any more, and in the end the books are closed.
 */
type Phase = "serving" | "closing" | "stopped" | "over";

/**
 * Brings windows to one sink: a backlog, and passes over it, one at a time. A pass opens the sink if
 * need be, then exports what is pending, oldest first, until all was offered or something failed.
 */
export class Delivery {
  readonly #settled: SettledSink;
  readonly #options: DeliveryOptions;
  readonly #ledger = new DeliveryLedger();
  readonly #reporter: SinkReporter;
  readonly #backlog: Backlog;
  readonly #lifecycle: SinkLifecycle;
  readonly #retries: RetryPlan;
  readonly #health: SinkHealth;
  readonly #passes: PassLoop;
  #phase: Phase = "serving";
  #attempt: ExportAttempt | undefined;

  constructor(settled: SettledSink, options: DeliveryOptions) {
    const { host, clock, problems, exportTimeoutMs: openTimeoutMs } = options;
    const ledger = this.#ledger;
    const reporter = new SinkReporter(settled.name, problems, ledger);
    this.#settled = settled;
    this.#options = options;
    this.#reporter = reporter;
    this.#backlog = new Backlog(settled, { ...options, ledger, reporter });
    this.#lifecycle = new SinkLifecycle(settled.sink, { host, clock, openTimeoutMs });
    const retries = new RetryPlan(clock);
    this.#retries = retries;
    this.#health = new SinkHealth({ ledger, reporter, retries });
    this.#passes = new PassLoop(
      () => this.#makePass(),
      () => this.#plan(),
    );
  }

  stats(): SinkStats {
    const { name, acknowledges } = this.#settled;
    return { name, acknowledges, pending: this.#backlog.pending, ...this.#ledger.stats() };
  }

  /** Takes a closed window in, in the vendor's view of it. */
  take(window: readonly MetricSnapshot[]): void {
    this.#backlog.take(window);
  }

  /** Opens the sink, or tries to. Rejects if the sink says that trying again is of no use. */
  async open(): Promise<void> {
    await this.#passes.request();
    if (this.#health.misconfigured !== undefined) throw this.#health.misconfigured;
  }

  /** Begins to follow what is pending, up to this window, which may be yet to come. */
  follow(window: number): Ticket {
    return this.#ledger.follow(window);
  }

  /** Says what became of what a ticket follows, as it stands now, and ends the following. */
  conclude(ticket: Ticket): SinkFlushResult {
    this.#ledger.unfollow(ticket);
    const { delivered, rejected } = ticket;
    const pending = this.#backlog.pendingOf(ticket);
    const error = pending > 0 ? this.#whyPending(ticket) : ticket.error;
    const result = { name: this.#settled.name, delivered, rejected, pending };
    return error === undefined ? result : { ...result, error };
  }

  /** Begins a pass when back-off and vendor allow it, also to open a sink for which nothing is pending yet. */
  wake(): void {
    if (this.#phase !== "serving" || this.#passes.isRunning) return;
    if (this.#retries.waitMs === 0) void this.#passes.request();
    else this.#plan();
  }

  /** Makes one pass now, whatever the back-off says, though not before the vendor wants it. Resolves at the latest when `deadline` is reached. */
  async flush(ticket: Ticket, deadline: Deadline): Promise<void> {
    let ended: PassEnd | undefined = "held back";
    while (ended === "held back") {
      const waitMs = this.#retries.vendorWaitMs;
      if (waitMs > 0) {
        // Whoever calls flush() while a window closes means that window too.
        await Promise.resolve();
        if (!this.#backlog.hasWorkFor(ticket) || waitMs >= deadline.remainingMs) {
          return this.wake();
        }
        await deadline.sleep(waitMs);
      }
      ended = await deadline.cut(this.#passes.request());
    }
  }

  /** Makes passes until nothing is pending or `deadline` is reached, then closes the sink. Resolves when nothing is under way, at the latest at `end`. */
  async close({ deadline, stopBy, end }: CloseDeadlines): Promise<void> {
    this.#phase = "closing";
    this.#passes.cancelPlan();
    await this.#tryUntil(deadline);
    this.#phase = "stopped";
    this.#health.stopReporting();
    this.#attempt?.stop();
    await stopBy.cut(Promise.allSettled([this.#passes.ended, this.#lifecycle.opening]));
    await Promise.all([this.#closeSink(end), end.cut(this.#passes.ended)]);
  }

  /** Closes the books: an export that is still under way has no outcome, and nothing runs, changes or is reported any more. */
  retire(): void {
    const error = this.#underWay();
    this.#phase = "over";
    if (error === undefined || this.#attempt === undefined) return;
    this.#health.cutOff(error);
    this.#backlog.settle(this.#attempt.abandon());
    this.#attempt = undefined;
  }

  async #tryUntil(deadline: Deadline): Promise<void> {
    let waitMs = this.#retries.vendorWaitMs;
    while (this.#passes.isRunning || !this.#backlog.isEmpty) {
      // An attempt that began at the deadline would be stopped at once.
      if (waitMs > 0) {
        if (waitMs >= deadline.remainingMs) return;
        await deadline.sleep(waitMs);
      }
      await deadline.cut(this.#passes.request());
      if (this.#health.misconfigured !== undefined) return;
      waitMs = this.#retries.closingWaitMs(deadline.remainingMs);
    }
  }

  async #closeSink(end: Deadline): Promise<void> {
    try {
      if (await this.#lifecycle.close(end)) return;
      this.#reporter.report("close_failed", "did not close in time", {});
    } catch (cause) {
      const message = `could not be closed: ${messageOf(cause)}`;
      this.#reporter.report("close_failed", message, { cause });
    }
  }

  /** Plans the next pass, if there is something to do. */
  #plan(): void {
    if (this.#phase !== "serving" || this.#backlog.isEmpty) return;
    this.#passes.plan(this.#options.clock, this.#retries.waitMs);
  }

  async #makePass(): Promise<PassEnd> {
    if (this.#isStopped || !(await this.#ensureOpen())) return "made";
    const upTo = this.#backlog.sequence;
    this.#backlog.expire();
    for (let ended: PassEnd = "held back"; !this.#isStopped; ended = "made") {
      if (this.#retries.vendorWaitMs > 0) return ended;
      const snapshots = this.#backlog.next(upTo);
      if (snapshots === undefined || !(await this.#export(snapshots))) break;
    }
    return "made";
  }

  get #isStopped(): boolean {
    return this.#phase === "stopped" || this.#phase === "over";
  }

  async #ensureOpen(): Promise<boolean> {
    if (this.#lifecycle.isOpen) return true;
    try {
      await this.#lifecycle.open();
      this.#health.recovered();
      return true;
    } catch (cause) {
      if (this.#phase !== "over") this.#health.failedToOpen(cause);
      return false;
    }
  }

  /** One export; true if all was delivered or rejected for good. */
  async #export(snapshots: readonly MetricSnapshot[]): Promise<boolean> {
    const { clock, exportTimeoutMs: timeoutMs } = this.#options;
    this.#ledger.exports++;
    const attempt = new ExportAttempt(snapshots, { sink: this.#settled.sink, clock, timeoutMs });
    this.#attempt = attempt;
    const outcome = await attempt.outcome;
    if (this.#phase === "over") return false;
    this.#attempt = undefined;
    this.#settle(outcome, attempt);
    return outcome.retry.size === 0;
  }

  /** What an outcome does: to the backlog and its books, to the plan, and to what the program learns. */
  #settle(outcome: ExportOutcome, attempt: ExportAttempt): void {
    const { retry, rejected, cause, ended, retryAfterMs } = outcome;
    const delivered = this.#backlog.settle(outcome);
    if (retryAfterMs > 0) this.#retries.vendorAsks(retryAfterMs);
    const rejection = this.#reporter.rejected(rejected, ended === "threw" ? cause : undefined);
    this.#reporter.mistakes(outcome.mistakes);
    if (retry.size === 0 && ended === "resolved") return this.#health.recovered();
    if (delivered > 0) this.#retries.progressed();
    this.#health.failedToExport(outcome, attempt, retry.size === 0 ? rejection : undefined);
  }

  #whyPending({ error }: Ticket): MetricsError {
    return this.#underWay() ?? this.#health.failure ?? error ?? this.#health.notTried();
  }

  /** The error for a call of the sink that has not settled; undefined if none is under way. */
  #underWay(): MetricsError | undefined {
    const { openingMs } = this.#lifecycle;
    if (this.#attempt !== undefined) {
      return this.#health.unsettled("export", this.#attempt.elapsedMs);
    }
    return openingMs === undefined ? undefined : this.#health.unsettled("open", openingMs);
  }
}
