import type { Clock } from "../contract/clock.ts";
import type { MetricSnapshot } from "../contract/metric-snapshot.ts";
import { numberOf } from "../problems/number-of.ts";
import { messageOf } from "../problems/thrown.ts";
import type { DeliveryLedger, Ticket } from "./delivery-ledger.ts";
import { DeliveryQueue } from "./delivery-queue.ts";
import type { ExportOutcome } from "./export-outcome.ts";
import { type CheckedWindow, prepareWindow } from "./prepare-window.ts";
import type { SettledSink } from "./settled-sink.ts";
import type { SinkReporter } from "./sink-reporter.ts";

/** A coalesced span is at most this part of the age that the vendor accepts. */
const SPANS_PER_MAX_AGE = 8;

/** Coalescing goes on until this part of the bound is reached, so that it does not come with every window, unless more series than that are live. */
const COALESCE_TO = 0.75;

/** What a {@link Backlog} needs besides its sink. */
export interface BacklogOptions {
  readonly clock: Clock;
  readonly ledger: DeliveryLedger;
  readonly reporter: SinkReporter;
  readonly coalesceAfterSnapshots: number;
  /** Length of a window in milliseconds, for the first spans of coalescing. */
  readonly intervalMs: number;
}

/** What one sink has still to deliver, with the books on it: each snapshot that comes in is pending until it is delivered or rejected. */
export class Backlog {
  readonly #settled: SettledSink;
  readonly #options: BacklogOptions;
  readonly #ledger: DeliveryLedger;
  readonly #queue = new DeliveryQueue();
  /** The last window that came in. */
  #sequence = 0;
  /** A sink that wants empty windows has not been given the last one. */
  #hasEmptyWindow = false;

  constructor(settled: SettledSink, options: BacklogOptions) {
    this.#settled = settled;
    this.#options = options;
    this.#ledger = options.ledger;
  }

  get isEmpty(): boolean {
    return this.#queue.snapshots === 0 && !this.#hasEmptyWindow;
  }

  /** The last window that came in, counted from 1, as a number to give to `next`. */
  get sequence(): number {
    return this.#sequence;
  }

  get pending(): { readonly snapshots: number; readonly observations: number } {
    const { snapshots, observations } = this.#queue;
    return { snapshots, observations };
  }

  /** Takes a closed window in, in the vendor's view of it. */
  take(window: readonly MetricSnapshot[]): void {
    // Of this window until it is queued, so that a flush() in prepare() or onError follows it too.
    const sequence = this.#sequence + 1;
    const { snapshots, rejected } = this.#prepare(window);
    this.#ledger.count("prepared", snapshots);
    this.#ledger.count("prepared", rejected.keys());
    for (const snapshot of rejected.keys()) this.#ledger.settle("rejected", snapshot, sequence);
    this.#queue.add(sequence, snapshots);
    if (snapshots.length === 0) this.#hasEmptyWindow = this.#settled.wantsEmptyWindows;
    this.#sequence = sequence;
    this.#coalesce();
  }

  /** How many of the snapshots that a ticket follows are pending. */
  pendingOf({ upTo }: Ticket): number {
    return this.#queue.countUpTo(upTo);
  }

  /** Whether a flush has something to wait for. */
  hasWorkFor(ticket: Ticket): boolean {
    return this.pendingOf(ticket) > 0 || this.#hasEmptyWindow;
  }

  /** What the next export is given, of windows up to this one; undefined if there is nothing. */
  next(upTo: number): readonly MetricSnapshot[] | undefined {
    const snapshots = this.#queue.take(this.#settled.maxExportSnapshots, upTo);
    if (snapshots.length === 0 && !this.#hasEmptyWindow) return undefined;
    this.#hasEmptyWindow = false;
    return snapshots;
  }

  /** Books the outcome of the export that was given what came `next`. Returns how many snapshots were delivered. */
  settle({ retry, uncertain, rejected }: ExportOutcome): number {
    let delivered = 0;
    this.#queue.settle((snapshot, sequence) => {
      if (retry.has(snapshot)) return uncertain.has(snapshot) ? "uncertain" : "waits";
      const outcome = rejected.has(snapshot) ? "rejected" : "delivered";
      if (outcome === "delivered") delivered++;
      this.#ledger.settle(outcome, snapshot, sequence);
      return "left";
    });
    this.#ledger.count("possiblyDuplicated", uncertain);
    if (delivered > 0) this.#ledger.lastSuccess = this.#options.clock.wallTime();
    return delivered;
  }

  /** Rejects what has become older than the vendor accepts. */
  expire(): void {
    const { maxAgeMs } = this.#settled;
    if (maxAgeMs === Infinity) return;
    let affected = 0;
    this.#queue.expire(this.#options.clock.wallTime() - maxAgeMs, (snapshot, sequence) => {
      affected++;
      this.#ledger.settle("rejected", snapshot, sequence);
    });
    if (affected === 0) return;
    const message = `lost ${numberOf(affected, "snapshot")}, older than the ${maxAgeMs} ms that it accepts`;
    this.#options.reporter.report("rejected", message, { affected });
  }

  #prepare(window: readonly MetricSnapshot[]): CheckedWindow {
    const { reporter } = this.#options;
    try {
      const checked = prepareWindow(this.#settled.sink, window);
      reporter.rejected(checked.rejected, undefined);
      return checked;
    } catch (cause) {
      const reason = messageOf(cause);
      const message = `could not prepare a window, which is lost: ${reason}`;
      reporter.report("prepare_failed", message, { affected: window.length, cause });
      return { snapshots: [], rejected: new Map(window.map((each) => [each, reason])) };
    }
  }

  /** Keeps what waits within the vendor's age and our bound. */
  #coalesce(): void {
    this.expire();
    const { coalesceAfterSnapshots, intervalMs } = this.#options;
    if (this.#queue.snapshots <= coalesceAfterSnapshots) return;
    this.#ledger.coalesced += this.#queue.coalesce(coalesceAfterSnapshots * COALESCE_TO, {
      spanMs: Math.max(1, intervalMs) * 2,
      longestSpanMs: this.#settled.maxAgeMs / SPANS_PER_MAX_AGE,
      borders: this.#ledger.borders,
    });
  }
}
