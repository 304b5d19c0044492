import type { MetricSnapshot } from "../contract/metric-snapshot.ts";
import type { MetricsError, MetricsErrorCode } from "../problems/metrics-error.ts";

/** A number of snapshots, and of the observations that they hold. */
export interface Tally {
  readonly snapshots: number;
  readonly observations: number;
}

/**
 * What became of the windows that were given to one sink. At any moment, in observations:
 * `prepared` = `delivered` + `rejected` + `pending`. The same holds in snapshots when `coalesced`
 * is added on the right.
 */
export interface SinkStats {
  readonly name: string;
  /** False where the sink can't know: `delivered` then means handed over. */
  readonly acknowledges: boolean;
  /** What the sink's `prepare` returned. */
  readonly prepared: Tally;
  readonly delivered: Tally;
  readonly rejected: Tally;
  readonly pending: Tally;
  /** Retried although the vendor may have taken them: an export was abandoned, or named them as uncertain. Each such export counts. */
  readonly possiblyDuplicated: Tally;
  /** How many snapshots became fewer when waiting windows were merged. */
  readonly coalesced: number;
  /** Calls of `export`. */
  readonly exports: number;
  /** Exports that failed or left something to retry, and failed attempts to open the sink. */
  readonly failures: number;
  /** What went wrong last, of whatever kind. */
  readonly lastError: MetricsError | undefined;
  /**
   * Why the sink last failed to open or to export. Kept when something else goes wrong later, such as
   * `close_failed`, and when the sink works again.
   */
  readonly lastFailure: MetricsError | undefined;
  /** When something was last delivered, in milliseconds since the epoch. */
  readonly lastSuccess: number | undefined;
}

/** What became of the snapshots that were pending at one sink when `flush` or `close` was called. */
export interface SinkFlushResult {
  /** The sink's. */
  readonly name: string;
  /** In snapshots, as `rejected` and `pending`. */
  readonly delivered: number;
  /** Never will be: the vendor, or their age, rules it out. */
  readonly rejected: number;
  /** Not delivered yet. */
  readonly pending: number;
  /**
   * Where snapshots are pending, the reason: the last failure, or what is still under way and for how
   * long. Else the last thing that went wrong meanwhile, if anything did.
   */
  readonly error?: MetricsError;
}

/** Follows what was pending at one moment: everything up to a sequence. */
export interface Ticket {
  readonly upTo: number;
  delivered: number;
  rejected: number;
  error: MetricsError | undefined;
}

/** What says why a sink could not deliver. */
const FAILURES: ReadonlySet<MetricsErrorCode> = /* @__PURE__ */ new Set<MetricsErrorCode>([
  "open_failed",
  "export_failed",
  "export_timeout",
]);

/** The books on one sink: what went in, what became of it, and who waits to be told. */
export class DeliveryLedger {
  readonly #tallies = {
    prepared: { snapshots: 0, observations: 0 },
    delivered: { snapshots: 0, observations: 0 },
    rejected: { snapshots: 0, observations: 0 },
    possiblyDuplicated: { snapshots: 0, observations: 0 },
  };
  readonly #tickets = new Set<Ticket>();
  coalesced = 0;
  exports = 0;
  failures = 0;
  lastSuccess: number | undefined;
  #lastError: MetricsError | undefined;
  #lastFailure: MetricsError | undefined;

  /** Up to where somebody follows: what is up to one of these must not be mixed with what is later. */
  get borders(): readonly number[] {
    return [...this.#tickets].map(({ upTo }) => upTo);
  }

  count(entry: "prepared" | "possiblyDuplicated", snapshots: Iterable<MetricSnapshot>): void {
    for (const snapshot of snapshots) this.#add(entry, snapshot);
  }

  /** Books what became of a snapshot that was queued with this sequence. */
  settle(outcome: "delivered" | "rejected", snapshot: MetricSnapshot, sequence: number): void {
    this.#add(outcome, snapshot);
    for (const ticket of this.#tickets) if (sequence <= ticket.upTo) ticket[outcome]++;
  }

  fail(error: MetricsError): void {
    this.#lastError = error;
    if (FAILURES.has(error.code)) this.#lastFailure = error;
    for (const ticket of this.#tickets) ticket.error = error;
  }

  follow(upTo: number): Ticket {
    const ticket: Ticket = { upTo, delivered: 0, rejected: 0, error: undefined };
    this.#tickets.add(ticket);
    return ticket;
  }

  unfollow(ticket: Ticket): void {
    this.#tickets.delete(ticket);
  }

  stats(): Omit<SinkStats, "name" | "acknowledges" | "pending"> {
    const { prepared, delivered, rejected, possiblyDuplicated } = this.#tallies;
    return {
      prepared: { ...prepared },
      delivered: { ...delivered },
      rejected: { ...rejected },
      possiblyDuplicated: { ...possiblyDuplicated },
      coalesced: this.coalesced,
      exports: this.exports,
      failures: this.failures,
      lastError: this.#lastError,
      lastFailure: this.#lastFailure,
      lastSuccess: this.lastSuccess,
    };
  }

  #add(
    entry: "prepared" | "delivered" | "rejected" | "possiblyDuplicated",
    { count }: MetricSnapshot,
  ): void {
    const tally = this.#tallies[entry];
    tally.snapshots++;
    tally.observations += count;
  }
}
