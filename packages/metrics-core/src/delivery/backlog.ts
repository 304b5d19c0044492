import type { Clock } from "../contract/clock.ts";
import type { MetricSnapshot } from "../contract/metric-snapshot.ts";
import type { WindowPart } from "../contract/metrics-sink.ts";
import { numberOf } from "../problems/number-of.ts";
import { coalesce } from "./coalesce.ts";
import type { DeliveryLedger, Ticket } from "./delivery-ledger.ts";
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
  /** The window of which parts were taken, but not all. */
  #unfinished: UnfinishedWindow;
  /**
   * True if the last window was empty and the sink, which wants empty windows, has not been given
   * it.
   */
  #hasEmptyWindow = false;

  constructor(settled: SettledSink, options: BacklogOptions) {
    this.#settled = settled;
    this.#options = options;
    this.#ledger = options.ledger;
    this.#unfinished = new UnfinishedWindow(settled.sink);
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

  /** Prepares a part of a closed window with the sink's `prepare`, and adds the result to the queue. */
  take(window: readonly MetricSnapshot[], part: WindowPart): void {
    const sequence = this.#sequence + 1;
    const { snapshots, rejected } = this.#unfinished.prepare(window, part);
    this.#ledger.count("prepared", snapshots);
    this.#ledger.count("prepared", rejected.keys());
    for (const snapshot of rejected.keys()) this.#ledger.settle("rejected", snapshot, sequence);
    this.#queue.add(sequence, snapshots);
  }

  /** Completes the window whose parts were taken, step by step. */
  *complete(): Generator<undefined> {
    while (this.#unfinished.hasMore) {
      yield;
      this.take([], { last: true });
    }
    this.#ledger.lose(this.#unfinished.lost, this.#sequence + 1);
    this.#unfinished.report(this.#options.reporter);
    if (this.#unfinished.isEmpty) this.#hasEmptyWindow = this.#settled.wantsEmptyWindows;
    this.#unfinished = new UnfinishedWindow(this.#settled.sink);
    // Raised only now: prepare() or onError may call flush(), and that flush must include this window.
    this.#sequence++;
    yield* this.#coalesce();
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
      for (const { sequence, snapshots } of this.#queue.leave())
        this.#ledger.settleAll("delivered", snapshots, sequence);
    } else if (fates.count("retry") === flying) {
      this.#queue.stay("waits");
    } else if (fates.count("uncertain") === flying) {
      for (const { snapshots } of this.#queue.stay("uncertain"))
        this.#ledger.count("possiblyDuplicated", snapshots);
    } else {
      this.#queue.settle((snapshot, sequence, position) => {
        const fate = fates.at(position);
        if (fate === "retry") return "waits";
        if (fate === "uncertain") this.#ledger.count("possiblyDuplicated", [snapshot]);
        else this.#ledger.settle(fate, snapshot, sequence);
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
    this.#queue.expire(this.#options.clock.wallTime() - maxAgeMs, (snapshot, sequence) => {
      affected++;
      this.#ledger.settle("rejected", snapshot, sequence);
    });
    if (affected === 0) return;
    const message = `lost ${numberOf(affected, "snapshot")} older than the ${maxAgeMs} ms that it accepts`;
    this.#options.reporter.report("rejected", message, { affected });
  }

  /** Rejects waiting snapshots that are too old, and merges windows if too many snapshots wait. */
  *#coalesce(): Generator<undefined> {
    this.expire();
    const { coalesceAfterSnapshots, intervalMs } = this.#options;
    if (this.#queue.snapshots <= coalesceAfterSnapshots) return;
    yield* coalesce(this.#queue, {
      target: coalesceAfterSnapshots * COALESCE_TO,
      spanMs: Math.max(1, intervalMs) * 2,
      longestSpanMs: this.#settled.maxAgeMs / SPANS_PER_MAX_AGE,
      borders: () => this.#ledger.borders,
    });
  }
}
