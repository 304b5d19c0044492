import type { Clock } from "../contract/clock.ts";
import type { MetricSnapshot } from "../contract/metric-snapshot.ts";
import type { ForgottenSeries, SinkHost, WindowPart } from "../contract/metrics-sink.ts";
import type { MetricsError } from "../problems/metrics-error.ts";
import type { Problems } from "../problems/problems.ts";
import { messageOf, quieten } from "../problems/thrown.ts";
import { ClockTurn } from "../windows/clock-turn.ts";
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

/** So many ended series the sink is told of in a step. */
const FORGOTTEN_PER_STEP = 256;

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

/**
 * How the time of a close is divided. The three deadlines are in the order in which they are
 * reached.
 */
export interface CloseDeadlines {
  /** After this no attempt begins, and an export that is under way is stopped. */
  readonly deadline: Deadline;
  /** Now the sink is closed, even if an export has not stopped. */
  readonly stopBy: Deadline;
  /** Now the closing ends, whatever is still under way. */
  readonly end: Deadline;
}

/**
 * The phases of a delivery. "serving": the schedule plans the passes. "closing": `close()` plans
 * them. "stopped": no new pass begins. "over": nothing is counted or reported any more.
 */
type Phase = "serving" | "closing" | "stopped" | "over";

/**
 * Delivers windows to one sink. It keeps a backlog of windows, and makes passes over it, one at a
 * time. A pass opens the sink if necessary. Then it exports what is pending, oldest first, until
 * everything was offered or something failed.
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
  readonly #turn: ClockTurn;
  #phase: Phase = "serving";
  #attempt: ExportAttempt | undefined;

  constructor(settled: SettledSink, options: DeliveryOptions) {
    const { host, clock, problems, exportTimeoutMs: openTimeoutMs } = options;
    const ledger = this.#ledger;
    const reporter = new SinkReporter(settled.name, problems, ledger);
    this.#settled = settled;
    this.#options = options;
    this.#reporter = reporter;
    this.#turn = new ClockTurn(clock);
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
    const { pending, coalesced } = this.#backlog;
    return { name, acknowledges, pending, coalesced, ...this.#ledger.stats() };
  }

  /** Prepares a part of a closed window with the sink's `prepare`, and adds the result to the backlog. */
  take(window: readonly MetricSnapshot[], part: WindowPart): void {
    this.#backlog.take(window, part);
  }

  /** Completes the window whose parts were taken, step by step where it returns any. Only then can it be exported. */
  complete(): Iterable<undefined> {
    return this.#backlog.complete();
  }

  /** Tells the sink step by step of series that the program has ended. What its `forgotten` throws is reported. */
  *forget(ended: readonly ForgottenSeries[]): Generator<undefined> {
    const { sink, name } = this.#settled;
    if (sink.forgotten === undefined) return;
    for (const [position, series] of ended.entries()) {
      if (this.#phase === "over") return;
      try {
        quieten(sink.forgotten(series));
      } catch (cause) {
        const message = `sink "${name}" failed in forgotten(): ${messageOf(cause)}`;
        this.#options.problems.notice("forgotten_failed", message, { sink: name, cause });
      }
      if (position % FORGOTTEN_PER_STEP === 0) yield;
    }
  }

  /** Tries to open the sink. Rejects only if the sink says that another attempt is useless. */
  async open(): Promise<void> {
    await this.#passes.request();
    if (this.#health.misconfigured !== undefined) throw this.#health.misconfigured;
  }

  /** Begins to count what becomes of everything that is pending, up to this window, which may be yet to come. */
  follow(window: number): Ticket {
    return this.#ledger.follow(window);
  }

  /**
   * Ends a ticket, and returns what has become of its snapshots until now.
   *
   * @param uncollected how many snapshots of its windows are yet to come
   */
  conclude(ticket: Ticket, uncollected = 0): SinkFlushResult {
    this.#ledger.unfollow(ticket);
    const { delivered, rejected } = ticket;
    const pending = this.#backlog.pendingOf(ticket) + uncollected;
    const error = pending > 0 ? this.#whyPending(ticket) : ticket.error;
    const result = { name: this.#settled.name, delivered, rejected, pending };
    return error === undefined ? result : { ...result, error };
  }

  /** Opens the sink at the manager's first observation, unless its first export is early enough or already due. */
  begin(): void {
    if (!this.#settled.opensLate && this.#backlog.isEmpty) this.wake();
  }

  /**
   * Begins a pass now, or plans one for when the back-off and the vendor allow it. If it begins
   * now, it opens the sink even if nothing is pending yet.
   */
  wake(): void {
    if (this.#phase !== "serving" || this.#passes.isRunning) return;
    if (this.#retries.waitMs === 0) void this.#passes.request();
    else this.#plan();
  }

  /**
   * Makes one pass. It does not wait for the back-off, but it waits for as long as the vendor
   * asked. Resolves when `deadline` is reached, at the latest.
   */
  async flush(ticket: Ticket, deadline: Deadline): Promise<void> {
    let ended: PassEnd | undefined = "held back";
    while (ended === "held back") {
      const waitMs = this.#retries.vendorWaitMs;
      if (waitMs > 0) {
        // If flush() was called in the course of closing a window, the deliveries after this one get
        // it only later in this turn.
        await Promise.resolve();
        if (!this.#backlog.hasWorkFor(ticket) || waitMs >= deadline.remainingMs) return this.wake();
        await deadline.sleep(waitMs);
      }
      ended = await deadline.cut(this.#passes.request());
    }
  }

  /**
   * Makes passes until nothing is pending or `deadline` is reached. Then it closes the sink.
   * Resolves when no call of the sink is under way, or when `end` is reached.
   */
  async close({ deadline, stopBy, end }: CloseDeadlines): Promise<void> {
    this.#phase = "closing";
    this.#passes.cancelPlan();
    await this.#tryUntil(deadline);
    this.#phase = "stopped";
    this.#turn.stopWaiting();
    this.#health.stopReporting();
    this.#attempt?.stop();
    await stopBy.cut(Promise.allSettled([this.#passes.ended, this.#lifecycle.opening]));
    await Promise.all([this.#closeSink(end), end.cut(this.#passes.ended)]);
  }

  /**
   * Ends this delivery. If an export is still under way, nobody knows its outcome. After this
   * nothing runs, is counted or is reported any more.
   */
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

  /** Plans the next pass, if something is pending. */
  #plan(): void {
    if (this.#phase !== "serving" || this.#backlog.isEmpty) return;
    this.#passes.plan(this.#options.clock, this.#retries.waitMs);
  }

  async #makePass(): Promise<PassEnd> {
    if (this.#isStopped || !(await this.#ensureOpen())) return "made";
    const upTo = this.#backlog.sequence;
    this.#backlog.expire();
    this.#turn.begin();
    for (let ended: PassEnd = "held back"; !this.#isStopped; ended = "made") {
      if (this.#retries.vendorWaitMs > 0) return ended;
      const snapshots = this.#backlog.next(upTo);
      if (snapshots === undefined || !(await this.#export(snapshots))) break;
      // A sink may settle at once, and then all exports would run in one turn.
      if (this.#turn.isOver && !this.#isStopped) await this.#turn.next();
    }
    return "made";
  }

  get #isStopped(): boolean {
    return this.#phase === "stopped" || this.#phase === "over";
  }

  /** Opens the sink, if that is to be done. Resolves later than now, when the window is complete, with whether it is open. */
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

  /** Makes one export. Returns whether another should follow: it left nothing to retry, and more is pending. */
  async #export(snapshots: readonly MetricSnapshot[]): Promise<boolean> {
    const { clock, exportTimeoutMs: timeoutMs } = this.#options;
    this.#ledger.exports++;
    const attempt = new ExportAttempt(snapshots, { sink: this.#settled.sink, clock, timeoutMs });
    this.#attempt = attempt;
    this.#turn.pause();
    const outcome = await attempt.outcome;
    this.#turn.resume();
    if (this.#phase === "over") return false;
    this.#attempt = undefined;
    this.#settle(outcome, attempt);
    return outcome.fates.offeredAgain === 0 && !this.#backlog.isEmpty;
  }

  /** Applies an outcome to the backlog, the ledger and the retry plan, and reports what went wrong. */
  #settle(outcome: ExportOutcome, attempt: ExportAttempt): void {
    const { fates, rejections, cause, ended, retryAfterMs } = outcome;
    const delivered = this.#backlog.settle(outcome);
    if (retryAfterMs > 0) this.#retries.vendorAsks(retryAfterMs);
    const rejection = this.#reporter.rejected(rejections, ended === "threw" ? cause : undefined);
    this.#reporter.mistakes(outcome.mistakes);
    const isDone = fates.offeredAgain === 0;
    if (isDone && ended === "resolved") return this.#health.recovered();
    if (delivered > 0) this.#retries.progressed();
    this.#health.failedToExport(outcome, attempt, isDone ? rejection : undefined);
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
