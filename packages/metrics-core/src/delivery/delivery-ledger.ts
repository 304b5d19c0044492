import type { MetricSnapshot } from "../contract/metric-snapshot.ts";
import type { MetricsError, MetricsErrorCode } from "../problems/metrics-error.ts";

/** How many snapshots, and how many observations they contain. */
export interface Tally {
  /** Number of snapshots: one for each series and window. */
  readonly snapshots: number;
  /** Number of observations in them: the sum of their `count`. */
  readonly observations: number;
}

/** Counts snapshots and their observations. */
export function tallyOf(snapshots: Iterable<MetricSnapshot>): Tally {
  let number = 0;
  let observations = 0;
  for (const { count } of snapshots) {
    number++;
    observations += count;
  }
  return { snapshots: number, observations };
}

/**
 * What became of the windows that were given to one sink. At any moment `prepared` = `delivered` +
 * `rejected` + `pending`, counted in observations. Counted in snapshots, `prepared` = `delivered` +
 * `rejected` + `pending` + `coalesced`.
 */
export interface SinkStats {
  /** The sink's name; where several have the same, with a number. */
  readonly name: string;
  /**
   * False if the sink can't know what arrived at the vendor. `delivered` then means handed over.
   */
  readonly acknowledges: boolean;
  /** What the sink's `prepare` returned. */
  readonly prepared: Tally;
  /** What the vendor has taken. */
  readonly delivered: Tally;
  /** What the vendor will never take, or what has become too old to be sent. */
  readonly rejected: Tally;
  /** What is still to be delivered. */
  readonly pending: Tally;
  /**
   * Snapshots that are retried although the vendor may have them already, because an export was
   * abandoned or called them uncertain. They are counted again after each such export.
   */
  readonly possiblyDuplicated: Tally;
  /** By how many snapshots the queue shrank when waiting windows were merged. */
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
  /** Name of the sink. */
  readonly name: string;
  /** Number of snapshots delivered. */
  readonly delivered: number;
  /**
   * Number of snapshots that will never be delivered, because the vendor refused them or they are
   * too old.
   */
  readonly rejected: number;
  /** Number of snapshots that are not delivered yet. */
  readonly pending: number;
  /**
   * If snapshots are pending, this says why: it is the last failure, or names the call that has not
   * settled and says how long that has taken. If none are pending, it is the last error during this
   * `flush` or `close`, if there was one.
   */
  readonly error?: MetricsError;
}

/**
 * Counts what becomes of the snapshots that one `flush` or `close` is about: those of windows up to
 * number `upTo`.
 */
export interface Ticket {
  readonly upTo: number;
  delivered: number;
  rejected: number;
  error: MetricsError | undefined;
}

/** The errors that say why a sink could not deliver. */
const FAILURES: ReadonlySet<MetricsErrorCode> = /* @__PURE__ */ new Set<MetricsErrorCode>([
  "open_failed",
  "export_failed",
  "export_timeout",
]);

/** Counts what one sink was given and what became of it, in total and for each ticket. */
export class DeliveryLedger {
  readonly #tallies = {
    prepared: { snapshots: 0, observations: 0 },
    delivered: { snapshots: 0, observations: 0 },
    rejected: { snapshots: 0, observations: 0 },
    possiblyDuplicated: { snapshots: 0, observations: 0 },
  };
  readonly #tickets = new Set<Ticket>();
  exports = 0;
  failures = 0;
  lastSuccess: number | undefined;
  #lastError: MetricsError | undefined;
  #lastFailure: MetricsError | undefined;

  /**
   * The last window of each ticket in use. A window up to a border must not be merged with a later
   * one.
   */
  get borders(): readonly number[] {
    return [...this.#tickets].map(({ upTo }) => upTo);
  }

  count(
    entry: "prepared" | "delivered" | "rejected" | "possiblyDuplicated",
    snapshots: number,
    observations: number,
  ): void {
    const tally = this.#tallies[entry];
    tally.snapshots += snapshots;
    tally.observations += observations;
  }

  /** Counts snapshots of window number `sequence` as delivered or rejected. */
  settle(
    outcome: "delivered" | "rejected",
    sequence: number,
    snapshots: number,
    observations: number,
  ): void {
    this.count(outcome, snapshots, observations);
    for (const ticket of this.#tickets) if (sequence <= ticket.upTo) ticket[outcome] += snapshots;
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

  stats(): Omit<SinkStats, "name" | "acknowledges" | "pending" | "coalesced"> {
    const { prepared, delivered, rejected, possiblyDuplicated } = this.#tallies;
    return {
      prepared: { ...prepared },
      delivered: { ...delivered },
      rejected: { ...rejected },
      possiblyDuplicated: { ...possiblyDuplicated },
      exports: this.exports,
      failures: this.failures,
      lastError: this.#lastError,
      lastFailure: this.#lastFailure,
      lastSuccess: this.lastSuccess,
    };
  }
}
