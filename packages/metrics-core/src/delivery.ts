import { backoffMs } from "./backoff.ts";
import type { Clock } from "./clock.ts";
import { Deadline } from "./deadline.ts";
import {
  DeliveryLedger,
  type SinkFlushResult,
  type SinkStats,
  type Ticket,
} from "./delivery-ledger.ts";
import { DeliveryQueue } from "./delivery-queue.ts";
import {
  ABORT_GRACE_MS,
  attemptExport,
  type ExportOutcome,
  isFinal,
  messageOf,
} from "./export-attempt.ts";
import type { MetricSnapshot } from "./metric-snapshot.ts";
import type { MetricsError, MetricsErrorCode, MetricsErrorContext } from "./metrics-error.ts";
import type { MetricsSink, SinkHost } from "./metrics-sink.ts";
import type { Problems } from "./problems.ts";

const DEFAULT_MAX_EXPORT_SNAPSHOTS = 10_000;

/** A coalesced span is at most this part of the age that the vendor accepts. */
const SPANS_PER_MAX_AGE = 8;

/** Coalescing goes on until this part of the bound is reached, so that it does not come with every window. */
const COALESCE_TO = 0.75;

/** While closing, so long at least from one attempt to the next. */
const SHORTEST_PAUSE_MS = 100;

/** What a {@link Delivery} needs besides its sink. */
export interface DeliveryOptions {
  readonly name: string;
  readonly clock: Clock;
  readonly problems: Problems;
  readonly host: SinkHost;
  readonly exportTimeoutMs: number;
  readonly coalesceAfterSnapshots: number;
  /** Length of a window in milliseconds, for the first spans of coalescing. */
  readonly intervalMs: number;
}

/**
 * Brings windows to one sink: a queue, and passes over it, one at a time. A pass opens the sink if
 * need be, then exports what is queued, oldest first, until all was offered or something failed.
 * After a failure the next pass waits for the back-off, unless a flush asks for one.
 */
export class Delivery {
  readonly #sink: MetricsSink;
  readonly #options: DeliveryOptions;
  readonly #queue = new DeliveryQueue();
  readonly #ledger = new DeliveryLedger();
  #sequence = 0;
  /** An empty window waits to be told to a sink that wants those. */
  #emptyWindow = false;

  #opening: Promise<void> | undefined;
  #opened = false;
  /** Set while the sink says that opening it again is of no use. */
  #misconfigured: MetricsError | undefined;
  #pass: Promise<void> | undefined;
  #nextPass: Promise<void> | undefined;
  #attempt: AbortController | undefined;
  #cancelTimer: (() => void) | undefined;
  #closed = false;

  /** Failures in a row. */
  #failing = 0;
  /** No pass of our own before this monotonic time. */
  #notBefore = -Infinity;
  /** The vendor asked for none before this one. */
  #vendorNotBefore = -Infinity;

  constructor(sink: MetricsSink, options: DeliveryOptions) {
    this.#sink = sink;
    this.#options = options;
  }

  get name(): string {
    return this.#options.name;
  }

  stats(): SinkStats {
    const { snapshots, observations } = this.#queue;
    return {
      name: this.name,
      acknowledges: this.#sink.acknowledges !== false,
      pending: { snapshots, observations },
      ...this.#ledger.stats(),
    };
  }

  /** Queues a closed window, in the vendor's view of it. */
  take(window: readonly MetricSnapshot[]): void {
    const sequence = ++this.#sequence;
    let snapshots = window;
    try {
      if (this.#sink.prepare !== undefined) {
        snapshots = this.#sink.prepare(window);
        if (!Array.isArray(snapshots))
          throw new TypeError(`prepare() returned ${typeof snapshots}, must return an array`);
      }
    } catch (cause) {
      this.#ledger.count("prepared", window);
      for (const snapshot of window) this.#ledger.settle("rejected", snapshot, sequence);
      const message = `could not prepare a window, which is lost to it: ${messageOf(cause)}`;
      this.#report("prepare_failed", message, { affected: window.length, cause });
      return;
    }
    this.#ledger.count("prepared", snapshots);
    this.#queue.add(sequence, snapshots);
    if (snapshots.length === 0 && this.#sink.wantsEmptyWindows === true) this.#emptyWindow = true;
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

  /** Sends what is queued, unless a back-off says to wait; then the timer of that will do it. */
  wake(): void {
    const isIdle = this.#pass === undefined && this.#nextPass === undefined && !this.#closed;
    const { clock } = this.#options;
    if (isIdle && clock.monotonicTime() >= this.#notBefore) void this.#startPass();
  }

  /** Makes one pass now, whatever the back-off says, and resolves with what became of what was followed; at the latest when `deadline` does. */
  async flush(ticket: Ticket, deadline: Deadline): Promise<SinkFlushResult> {
    if (this.#vendorWaitMs === 0 || (await this.#outwaitVendor(deadline))) {
      await deadline.cut(this.#requestPass());
    }
    return this.#result(ticket);
  }

  /**
   * Makes passes until nothing is pending or `deadline` is reached, then closes the sink. The tail
   * of the time until `end` belongs to an export that must be stopped, and to the sink's `close`.
   */
  async close(ticket: Ticket, deadline: Deadline, end: Deadline): Promise<SinkFlushResult> {
    for (let passes = 1; ; passes++) {
      if (this.#vendorWaitMs > 0 && !(await this.#outwaitVendor(deadline))) break;
      await deadline.cut(this.#requestPass());
      const isEmpty = this.#queue.snapshots === 0 && !this.#emptyWindow;
      if (isEmpty || this.#misconfigured !== undefined || deadline.remainingMs === 0) break;
      await deadline.sleep(
        Math.max(SHORTEST_PAUSE_MS, Math.min(backoffMs(passes), deadline.remainingMs / 2)),
      );
    }
    this.#closed = true;
    this.#cancelTimer?.();
    if (this.#attempt !== undefined) {
      this.#attempt.abort(new DOMException("The manager is closing.", "AbortError"));
      await end.cut(this.#pass ?? Promise.resolve());
    }
    const result = this.#result(ticket);
    await this.#closeSink(end);
    return result;
  }

  /** For how long the vendor wants no further call, in milliseconds. */
  get #vendorWaitMs(): number {
    return Math.max(0, this.#vendorNotBefore - this.#options.clock.monotonicTime());
  }

  /** Waits as long as the vendor asked for; false, without waiting, if that is past the deadline. */
  async #outwaitVendor(deadline: Deadline): Promise<boolean> {
    const waitMs = this.#vendorWaitMs;
    if (waitMs >= deadline.remainingMs) return false;
    await deadline.sleep(waitMs);
    return true;
  }

  async #closeSink(end: Deadline): Promise<void> {
    if (this.#sink.close === undefined) return;
    const controller = new AbortController();
    const closing = (async () => this.#sink.close?.({ signal: controller.signal }))();
    try {
      const settled = await end.cut(closing.then(() => true));
      if (settled !== true) this.#report("close_failed", "did not close in time", {});
    } catch (cause) {
      this.#report("close_failed", `could not be closed: ${messageOf(cause)}`, { cause });
    }
    controller.abort();
  }

  /** Resolves when a pass that began after this call has ended. Concurrent requests share one. */
  #requestPass(): Promise<void> {
    if (this.#pass === undefined && this.#nextPass === undefined) return this.#startPass();
    this.#nextPass ??= (this.#pass ?? Promise.resolve()).then(() => {
      this.#nextPass = undefined;
      return this.#startPass();
    });
    return this.#nextPass;
  }

  #startPass(): Promise<void> {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#pass = this.#runPass().then(() => {
      this.#pass = undefined;
      if (this.#nextPass === undefined) this.#schedule();
    });
    return this.#pass;
  }

  async #runPass(): Promise<void> {
    const upTo = this.#sequence;
    if (this.#closed || !(await this.#ensureOpen())) return;
    this.#expire();
    while (!this.#closed) {
      const snapshots = this.#queue.take(
        this.#sink.maxExportSnapshots ?? DEFAULT_MAX_EXPORT_SNAPSHOTS,
        upTo,
      );
      if (snapshots.length === 0 && !this.#emptyWindow) return;
      this.#emptyWindow = false;
      if (!(await this.#export(snapshots))) return;
    }
  }

  /** True once the sink is open. An `open` that hangs is waited for again in the next pass, not called twice. */
  async #ensureOpen(): Promise<boolean> {
    if (this.#opened) return true;
    const { clock, exportTimeoutMs } = this.#options;
    const deadline = new Deadline(clock, exportTimeoutMs, false);
    try {
      this.#opening ??= this.#callOpen();
      await deadline.cut(this.#opening);
      // oxlint-disable-next-line typescript/no-unnecessary-condition -- #callOpen has set it meanwhile
      if (!this.#opened) throw new Error(`open() took longer than ${exportTimeoutMs} ms`);
      this.#misconfigured = undefined;
      this.#recovered();
      return true;
    } catch (cause) {
      this.#failed(0);
      const error = this.#report(
        "open_failed",
        `could not be opened, its windows wait: ${messageOf(cause)}`,
        { cause },
      );
      this.#misconfigured = isFinal(cause) ? error : undefined;
      return false;
    } finally {
      deadline.cancel();
    }
  }

  #callOpen(): Promise<void> {
    const opening = (async () => {
      try {
        await this.#sink.open?.(this.#options.host);
        this.#opened = true;
      } finally {
        this.#opening = undefined;
      }
    })();
    // Where it fails after its time was up, nobody waits for it any more.
    opening.catch(() => {});
    return opening;
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
    const tookSome = retry.size + rejected.size < snapshots.length;
    this.#queue.settle((snapshot, sequence) => {
      if (retry.has(snapshot)) return true;
      this.#ledger.settle(rejected.has(snapshot) ? "rejected" : "delivered", snapshot, sequence);
      return false;
    });
    if (tookSome) this.#ledger.lastSuccess = clock.wallTime();
    if (outcome.abandoned) this.#ledger.count("possiblyDuplicated", snapshots);
    for (const [reason, affected] of countByReason(rejected)) {
      const message = `will not take ${affected} snapshots, which are lost to it: ${reason}`;
      this.#report("rejected", message, { affected, cause: outcome.error });
    }
    if (outcome.invalid > 0) {
      const message = `returned ${outcome.invalid} entries for snapshots that it was not given, or twice; they are ignored`;
      this.#report("invalid_result", message, { affected: outcome.invalid });
    }
    if (retryAfterMs > 0) this.#vendorNotBefore = clock.monotonicTime() + retryAfterMs;
    if (retry.size === 0 && (outcome.error === undefined || rejected.size > 0)) {
      this.#recovered();
      return true;
    }
    // What is taken in part is progress: the next attempt need not wait long.
    if (tookSome) this.#failing = 0;
    this.#failed(retryAfterMs);
    if (!this.#closed) this.#tellFailure(outcome);
    return false;
  }

  #tellFailure({ retry, error, timedOut, abandoned }: ExportOutcome): void {
    const code = timedOut ? "export_timeout" : "export_failed";
    const what = timedOut
      ? `took longer than ${this.#options.exportTimeoutMs} ms for an export${abandoned ? ` and did not stop within ${ABORT_GRACE_MS} ms` : ""}`
      : error === undefined
        ? "did not take all of an export"
        : `failed to export: ${messageOf(error)}`;
    const message = `${what}; ${retry.size} snapshots will be offered again`;
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
    const failures = this.#failing;
    this.#failing = 0;
    if (this.#opened || this.#sink.open === undefined) {
      this.#options.problems.report(
        "recovered",
        `sink "${this.name}" works again after ${failures} failures`,
        { sink: this.name },
      );
    }
  }

  /** Plans the next pass, if there is something to do and none is asked for. */
  #schedule(): void {
    if (this.#closed || (this.#queue.snapshots === 0 && !this.#emptyWindow)) return;
    const { clock } = this.#options;
    const delayMs = Math.max(this.#notBefore - clock.monotonicTime(), this.#vendorWaitMs);
    this.#cancelTimer = clock.setTimer(() => void this.#requestPass(), delayMs);
  }

  /** Keeps what waits within the vendor's age and our bound. */
  #bound(): void {
    this.#expire();
    const { coalesceAfterSnapshots, intervalMs } = this.#options;
    // While somebody waits for the outcome of certain snapshots, these stay what they are.
    if (this.#queue.snapshots <= coalesceAfterSnapshots || this.#ledger.isFollowed) return;
    const longestSpanMs = (this.#sink.maxAgeMs ?? Infinity) / SPANS_PER_MAX_AGE;
    this.#ledger.coalesced += this.#queue.coalesce(
      coalesceAfterSnapshots * COALESCE_TO,
      Math.max(1, intervalMs) * 2,
      longestSpanMs,
    );
  }

  #expire(): void {
    const { maxAgeMs } = this.#sink;
    if (maxAgeMs === undefined) return;
    let affected = 0;
    this.#queue.expire(this.#options.clock.wallTime() - maxAgeMs, (snapshot, sequence) => {
      affected++;
      this.#ledger.settle("rejected", snapshot, sequence);
    });
    if (affected === 0) return;
    const message = `lost ${affected} snapshots: they are older than the ${maxAgeMs} ms that it accepts`;
    this.#report("rejected", message, { affected });
  }

  #report(code: MetricsErrorCode, message: string, context: MetricsErrorContext): MetricsError {
    const error = this.#options.problems.report(code, `sink "${this.name}" ${message}`, {
      ...context,
      sink: this.name,
    });
    this.#ledger.fail(error);
    return error;
  }

  #result(ticket: Ticket): SinkFlushResult {
    this.#ledger.unfollow(ticket);
    const { delivered, rejected, error, upTo } = ticket;
    const pending = this.#queue.countUpTo(upTo);
    const result = { name: this.name, delivered, rejected, pending };
    return error === undefined ? result : { ...result, error };
  }
}

function countByReason(rejected: ReadonlyMap<MetricSnapshot, string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const reason of rejected.values()) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return counts;
}
