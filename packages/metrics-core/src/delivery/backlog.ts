import type { Clock } from "../contract/clock.ts";
import type { MetricSnapshot } from "../contract/metric-snapshot.ts";
import type { WindowPart } from "../contract/metrics-sink.ts";
import { numberOf } from "../problems/number-of.ts";
import { batchOf } from "./batch.ts";
import { coalesce } from "./coalesce.ts";
import { type DeliveryLedger, type Tally, tallyOf, type Ticket } from "./delivery-ledger.ts";
import { DeliveryQueue } from "./delivery-queue.ts";
import type { ExportOutcome } from "./export-outcome.ts";
import type { SettledSink } from "./settled-sink.ts";
import type { SinkReporter } from "./sink-reporter.ts";
import { UnfinishedWindow } from "./unfinished-window.ts";

/** The longest span that coalescing makes is the sink's `maxAgeMs` divided by this. */
const SPANS_PER_MAX_AGE = 8;

/**
 * Coalescing shrinks the queue to this part of the limit, so that the next window does not start it
 * again. It can't if more series than that are live.
 */
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

/**
 * The snapshots that one sink has not delivered yet. Each snapshot that is added stays pending, and
 * is counted in the ledger, until it is delivered or rejected.
 */
export class Backlog {
  readonly #settled: SettledSink;
  readonly #options: BacklogOptions;
  readonly #ledger: DeliveryLedger;
  readonly #queue = new DeliveryQueue();
  /** The number of the last window that was added. */
  #sequence = 0;
  /** The window of which parts were taken, but not all; undefined where the sink has no `prepare`. */
  #unfinished: UnfinishedWindow | undefined;
  /** Whether nothing of that window is to be exported so far. */
  #isWindowEmpty = true;
  /**
   * True if the last window was empty and the sink, which wants empty windows, has not been given
   * it.
   */
  #hasEmptyWindow = false;

  constructor(settled: SettledSink, options: BacklogOptions) {
    this.#settled = settled;
    this.#options = options;
    this.#ledger = options.ledger;
  }

  /** Whether there is nothing to export. A window that is not complete is not there yet. */
  get isEmpty(): boolean {
    return this.#queue.countUpTo(this.#sequence) === 0 && !this.#hasEmptyWindow;
  }

  /** The number of the last window that was added. `next` takes such a number. */
  get sequence(): number {
    return this.#sequence;
  }

  get pending(): { readonly snapshots: number; readonly observations: number } {
    const { snapshots, observations } = this.#queue;
    return { snapshots, observations };
  }

  /** By how many snapshots the queue shrank when windows were merged. */
  get coalesced(): number {
    return this.#queue.coalesced;
  }

  /** Prepares a part of a closed window with the sink's `prepare`, if it has one, and adds the result to the queue. */
  take(window: readonly MetricSnapshot[], part: WindowPart): void {
    const { sink } = this.#settled;
    if (sink.prepare === undefined) return this.#add(window);
    this.#unfinished ??= new UnfinishedWindow(sink);
    const { snapshots, rejected } = this.#unfinished.prepare(window, part);
    this.#add(snapshots);
    if (rejected.size > 0) this.#lose(tallyOf(rejected.keys()));
  }

  /** Completes the window whose parts were taken. Returns the steps in which the rest of that is to be done. */
  complete(): Iterable<undefined> {
    const unfinished = this.#unfinished;
    if (unfinished?.hasMore === true) return this.#takeMore(unfinished);
    if (unfinished?.lost !== undefined) this.#lose(unfinished.lost);
    unfinished?.report(this.#options.reporter);
    if (this.#isWindowEmpty) this.#hasEmptyWindow = this.#settled.wantsEmptyWindows;
    this.#unfinished = undefined;
    this.#isWindowEmpty = true;
    // Raised only now: prepare() or onError may call flush(), and that flush must include this window.
    this.#sequence++;
    this.expire();
    const isTooLong = this.#queue.snapshots > this.#options.coalesceAfterSnapshots;
    return isTooLong ? this.#coalesce() : [];
  }

  /** Takes step by step what the sink makes of the window when it has got all of it, and completes it then. */
  *#takeMore(unfinished: UnfinishedWindow): Generator<undefined> {
    while (unfinished.hasMore) {
      yield;
      this.take([], { last: true });
    }
    yield* this.complete();
  }

  #add(snapshots: readonly MetricSnapshot[]): void {
    const batch = batchOf(this.#sequence + 1, snapshots);
    this.#isWindowEmpty &&= snapshots.length === 0;
    this.#ledger.count("prepared", snapshots.length, batch.observations);
    this.#queue.add(batch);
  }

  /** Counts snapshots of the window that was taken last, which the sink was given and which will not be exported. */
  #lose({ snapshots, observations }: Tally): void {
    this.#ledger.count("prepared", snapshots, observations);
    this.#ledger.settle("rejected", this.#sequence + 1, snapshots, observations);
  }

  /** How many of the snapshots that a ticket follows are pending. */
  pendingOf({ upTo }: Ticket): number {
    return this.#queue.countUpTo(upTo);
  }

  /** Whether a flush has something to wait for. */
  hasWorkFor(ticket: Ticket): boolean {
    return this.pendingOf(ticket) > 0 || this.#hasEmptyWindow;
  }

  /**
   * Returns the snapshots for the next export, from windows up to number `upTo`. Returns undefined
   * if there is nothing to export.
   */
  next(upTo: number): readonly MetricSnapshot[] | undefined {
    const snapshots = this.#queue.take(this.#settled.maxExportSnapshots, upTo);
    if (snapshots.length === 0 && !this.#hasEmptyWindow) return undefined;
    this.#hasEmptyWindow = false;
    return snapshots;
  }

  /**
   * Counts the outcome of the export of what `next` returned. Returns how many snapshots were
   * delivered.
   */
  settle({ fates }: ExportOutcome): number {
    const { flying } = this.#queue;
    const delivered = fates.count("delivered");
    if (delivered === flying) {
      for (const { sequence, snapshots, observations } of this.#queue.leave())
        this.#ledger.settle("delivered", sequence, snapshots.length, observations);
    } else if (fates.count("retry") === flying) {
      this.#queue.stay("waits");
    } else if (fates.count("uncertain") === flying) {
      for (const { snapshots, observations } of this.#queue.stay("uncertain"))
        this.#ledger.count("possiblyDuplicated", snapshots.length, observations);
    } else {
      this.#queue.settle(({ count }, sequence, position) => {
        const fate = fates.at(position);
        if (fate === "retry") return "waits";
        if (fate === "uncertain") this.#ledger.count("possiblyDuplicated", 1, count);
        else this.#ledger.settle(fate, sequence, 1, count);
        return fate === "uncertain" ? "uncertain" : "left";
      });
    }
    if (delivered > 0) this.#ledger.lastSuccess = this.#options.clock.wallTime();
    return delivered;
  }

  /** Rejects the snapshots that are older than the vendor accepts. */
  expire(): void {
    const { maxAgeMs } = this.#settled;
    if (maxAgeMs === Infinity) return;
    let affected = 0;
    this.#queue.expire(this.#options.clock.wallTime() - maxAgeMs, (old) => {
      affected += old.snapshots.length;
      this.#ledger.settle("rejected", old.sequence, old.snapshots.length, old.observations);
    });
    if (affected === 0) return;
    const message = `lost ${numberOf(affected, "snapshot")} older than the ${maxAgeMs} ms that it accepts`;
    this.#options.reporter.report("rejected", message, { affected });
  }

  /** Merges windows. */
  #coalesce(): Iterable<undefined> {
    const { coalesceAfterSnapshots, intervalMs } = this.#options;
    return coalesce(this.#queue, {
      target: coalesceAfterSnapshots * COALESCE_TO,
      spanMs: Math.max(1, intervalMs) * 2,
      longestSpanMs: this.#settled.maxAgeMs / SPANS_PER_MAX_AGE,
      borders: () => this.#ledger.borders,
    });
  }
}
