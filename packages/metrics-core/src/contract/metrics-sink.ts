import type { EventSeries, MetricEvent } from "./metric-event.ts";
import type { MetricSnapshot } from "./metric-snapshot.ts";

/**
 * Where metrics go. A sink knows one vendor, and nothing of the program; only `export` is required,
 * so the smallest sink is `{ export: async (snapshots) => console.log(snapshots) }`.
 *
 * The manager calls `open` first, `export` one call at a time, `close` last and once. A sink belongs
 * to one manager. What is undelivered belongs to the manager's queue alone: a sink keeps no snapshot
 * after `export` has settled.
 */
export interface MetricsSink {
  /** Names the sink in errors and statistics. @default the class's name, or "sink" */
  readonly name?: string | undefined;
  /** The window that suits the vendor, in milliseconds; the manager takes the smallest of its sinks'. */
  readonly preferredIntervalMs?: number | undefined;
  /** Most snapshots that one `export` is given. @default 10_000 */
  readonly maxExportSnapshots?: number | undefined;
  /** The vendor refuses older data: what began longer ago than this, in milliseconds, is rejected. @default no limit */
  readonly maxAgeMs?: number | undefined;
  /** False where the sink can't learn what was delivered: an export then counts as handed over. @default true */
  readonly acknowledges?: boolean | undefined;
  /** True where `export([])` is wanted for windows without data, as cumulative exporters need. @default false */
  readonly wantsEmptyWindows?: boolean | undefined;

  /**
   * Called once before the first export; resolves when the sink is ready. May reject: the manager
   * tells the program and tries again with back-off, keeping the windows meanwhile. After a
   * rejection it is called again.
   */
  open?(host: SinkHost): Promise<void>;

  /**
   * Turns a closed window into the vendor's view of it: roll-ups, normalised names, merged
   * collisions. Called exactly once per window, in order, synchronously in the turn in which the
   * window leaves `host.snapshots()`, perhaps before `open` has resolved; must not wait.
   *
   * The snapshots that it is given are frozen. The snapshots that it returns are frozen too, and must
   * be deltas that merge: plain values, a whole count from 1, finite numbers, a start that is not after
   * the end, and each series once. Running totals are made in `export`. What the vendor will never take
   * is returned as `rejected`. If `prepare` throws or returns anything else, the whole window is
   * rejected with that reason.
   */
  prepare?(window: readonly MetricSnapshot[]): readonly MetricSnapshot[] | PreparedWindow;

  /**
   * Sends snapshots to the vendor; never called again before it has settled or was abandoned.
   *
   * Resolving with nothing, or with `{}`, says that all were delivered. Throwing says that none was,
   * and all are retried, unless the error has `retryable: false`: then all are rejected. So once the
   * vendor has taken any, resolve, with `retry` = what it has not taken; if you throw then, those are
   * delivered twice. Resolving with anything else than an `ExportResult`, such as an array or a
   * response, is reported as `invalid_result`, and leaves the outcome of all unknown.
   *
   * When `options.signal` aborts, stop promptly and resolve in the same way. A call that does not
   * settle within a second of that is abandoned, and leaves the outcome of all unknown. A listener on
   * the signal must not throw: the host takes that for an uncaught exception.
   *
   * Snapshots of unknown outcome are counted as possibly duplicated. The next export is given them
   * and nothing else, as they were and in the same order, so that a sink can recognise the repetition.
   */
  export(
    snapshots: readonly MetricSnapshot[],
    options: { readonly signal: AbortSignal },
  ): Promise<ExportResult | void>;

  /**
   * Releases what the sink itself created, and nothing that was handed to it. The manager calls it
   * once, last, and also where `open` failed, or an export was abandoned or goes on; and once more, with an
   * aborted signal, where an `open` that it could not wait for succeeds after all. It should settle
   * before `options.signal` aborts, and make a later `export` settle.
   */
  close?(options: { readonly signal: AbortSignal }): Promise<void>;
}

/** A sink that also wants every single observation, at the moment it is recorded. */
export interface EventfulMetricsSink extends MetricsSink {
  /**
   * Called synchronously in the program's own turn for every accepted observation, perhaps before
   * `open` has resolved: must be quick. What it throws reaches `onError` and not the program. What
   * it records itself is in the window, and not told to it.
   */
  record(event: MetricEvent): void;

  /**
   * A faster way, for a sink that keeps something for each series, as an instrument and its
   * attributes: where there is this method, `record` is not called. It is called once for a series,
   * with its first observation, and again if the series was evicted meanwhile; what it returns is
   * then called as `record` would be, with each value. If it throws, it is called again with the next one.
   */
  bind?(series: EventSeries): (value: number) => void;
}

/** The vendor's view of a window, together with what the vendor will never take. */
export interface PreparedWindow {
  /** What is to be exported. */
  readonly snapshots: readonly MetricSnapshot[];
  /** What is not exported, each with its reason; none of them is in `snapshots`. */
  readonly rejected?: readonly RejectedSnapshot[] | undefined;
}

/** What a sink may ask of the manager that it serves. */
export interface SinkHost {
  /** The open window, not drained: what was recorded and not yet given to `prepare`. */
  snapshots(): readonly MetricSnapshot[];
  /** The manager's wall clock, in milliseconds since the epoch. */
  now(): number;
  /** Length of a window in milliseconds; 0 where only `flush()` and `close()` export. */
  readonly exportIntervalMs: number;
}

/**
 * The outcome of an export that was neither all success nor all failure. The lists hold members of
 * the array that was passed, by identity, each in one list at most; those in none were delivered.
 */
export interface ExportResult {
  /** Not taken now: to be retried. */
  readonly retry?: readonly MetricSnapshot[] | undefined;
  /**
   * Perhaps taken and perhaps not, as when a connection breaks before the vendor has answered:
   * retried first and by themselves, and counted as possibly duplicated. Where sending twice does
   * no harm at the vendor, `retry` says it better.
   */
  readonly uncertain?: readonly MetricSnapshot[] | undefined;
  /** Will never be taken, each with the vendor's reason. */
  readonly rejected?: readonly RejectedSnapshot[] | undefined;
  /** What went wrong with what is to be retried. It is reported to the program. */
  readonly cause?: unknown;
  /** The vendor asks for no further call within this many milliseconds: finite, at least 0. */
  readonly retryAfterMs?: number | undefined;
}

/** A snapshot that the vendor will never take. */
export interface RejectedSnapshot {
  readonly snapshot: MetricSnapshot;
  /** Not empty; in the vendor's own words where it gave some. */
  readonly reason: string;
}
