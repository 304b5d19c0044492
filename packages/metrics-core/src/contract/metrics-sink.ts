import type { Dimensions } from "./dimensions.ts";
import type { EventSeries, MetricEvent } from "./metric-event.ts";
import type { MetricSnapshot } from "./metric-snapshot.ts";

interface Abortable {
  readonly aborted: boolean;
}

declare global {
  /** What a program without the types of the DOM or of Node has of it; with them, it is theirs. */
  // It inherits the property, because one of its own would collide with the accessor of a class, as Cloudflare has it.
  interface AbortSignal extends Abortable {}
}

/**
 * A sink sends metrics to one vendor. It knows nothing about the program. Only `export` is required,
 * so this is a sink: `{ export: async (snapshots) => console.log(snapshots) }`.
 *
 * The manager calls `open` first, then `export`, one call at a time, and `close` last. A sink belongs
 * to one manager. The manager's queue keeps what is undelivered, so a sink keeps no snapshot after
 * `export` has settled.
 */
export interface MetricsSink {
  /** The sink's name in errors and statistics. @default the class's name, or "sink" */
  readonly name?: string | undefined;
  /** The length of a window that suits the vendor, in milliseconds. The manager uses the smallest of its sinks' values. */
  readonly preferredIntervalMs?: number | undefined;
  /** The most snapshots that one call of `export` gets. @default 10_000 */
  readonly maxExportSnapshots?: number | undefined;
  /** The oldest data that the vendor accepts, in milliseconds. The manager rejects snapshots that began longer ago. @default no limit */
  readonly maxAgeMs?: number | undefined;
  /** False if the sink can't know what was delivered. Then `delivered` in the statistics means handed over. @default true */
  readonly acknowledges?: boolean | undefined;
  /** True if the sink wants `export([])` for a window without data, as a cumulative exporter does. @default false */
  readonly wantsEmptyWindows?: boolean | undefined;
  /**
   * True if others come and read the metrics, so that nothing is queued for the sink: it takes windows in `prepare`, and
   * shows what is open by `host.series()`. @default false
   */
  readonly pull?: boolean | undefined;
  /**
   * True if `open` takes long, because it loads a client, and is needed for exports only. Then it is called for the first
   * export, or at `start()`, and not already at the first observation, which often comes with the first traffic. A sink whose
   * `open` is quick, or finds mistakes that should be reported at once, leaves this out. @default false
   */
  readonly opensLate?: boolean | undefined;

  /**
   * Gets the sink ready. The manager calls it before the first export. If it rejects, the manager
   * reports that, keeps the windows, and calls it again after a back-off. If the error has
   * `retryable: false`, `start()` rejects with it.
   */
  open?(host: SinkHost): Promise<void>;

  /**
   * Turns a closed window into the vendor's view of it: roll-ups, normalised names, merged
   * collisions. A large window comes in parts, over several turns of the event loop; `part.last` is
   * true with the last one. The manager gives the parts in order, and the next window only after the
   * last one, each in the same turn in which its series leave `host.snapshots()`. The last part may be
   * empty. The first may come before `open` has resolved. `prepare` must not wait.
   *
   * A sink that merges several series keeps its merge until the last part, and returns it then. If that
   * is too much for one turn, it returns the first few thousand with `more: true`.
   *
   * The snapshots that it gets are frozen, and so are those that it returns. They must be deltas that
   * can be merged: plain values, a whole count of at least 1, finite numbers, a start that is not after
   * the end, and each series once in a window. Make running totals in `export`. Return what the vendor
   * will never take as `rejected`. If `prepare` throws or returns anything else, that part of the window
   * is rejected with that reason.
   */
  prepare?(
    window: readonly MetricSnapshot[],
    part: WindowPart,
  ): readonly MetricSnapshot[] | PreparedWindow;

  /**
   * Says that the program has ended a counter or distribution with `forget`, so a sink that keeps totals
   * can stop showing it. The last window that holds the series was given to `prepare` before; parts of it
   * may not be exported yet. The series may come again later, as a new one. It is not called for gauges: a gauge
   * that is neither in the newest closed window nor in the open one has ended. It must not wait; what it throws is reported.
   */
  forgotten?(series: ForgottenSeries): void;

  /**
   * Sends snapshots to the vendor. The manager does not call it again before it has settled or was
   * abandoned.
   *
   * - It resolves with nothing, or with `{}`, if all snapshots were delivered.
   * - It throws if none was delivered. All are then retried, or rejected if the error has
   *   `retryable: false`.
   * - Once the vendor has taken any, it resolves with an {@link ExportResult}, whose `retry` has what
   *   was not taken. If it threw then, those that were taken would be delivered twice.
   * - When `options.signal` aborts, it stops promptly and resolves in the same way. A call that has
   *   not settled a second later is abandoned.
   *
   * If a call was abandoned, or resolved with something that is no `ExportResult`, such as an array or a
   * response, nobody knows what was delivered. Its snapshots are counted as possibly duplicated. The next
   * export gets these snapshots alone, in the same order, so that a sink can recognise the repetition.
   *
   * A listener on the signal must not throw: for the host that is an uncaught exception.
   */
  export(
    snapshots: readonly MetricSnapshot[],
    options: { readonly signal: AbortSignal },
  ): Promise<ExportResult | void>;

  /**
   * Releases what the sink itself created, and nothing that was given to it. The manager calls it
   * last, and once, also if `open` failed, or an export was abandoned or still runs. It should settle
   * before `options.signal` aborts, and make a later `export` settle. If an `open` that the manager no longer waited for succeeds later, `close`
   * is called once more, with an aborted signal.
   */
  close?(options: { readonly signal: AbortSignal }): Promise<void>;
}

/** A sink that also gets every observation at the moment when it is recorded. */
export interface EventfulMetricsSink extends MetricsSink {
  /**
   * Gets one accepted observation. It runs in the program's own turn, perhaps before `open` has
   * resolved, so it must be quick and must not wait. What it throws is reported to `onError` and does
   * not reach the program. If it records something itself, that is in the window, but `record` is not
   * called for it.
   */
  record(event: MetricEvent): void;

  /**
   * A faster alternative to `record`, for a sink that keeps something for each series, such as an
   * instrument and its attributes. If a sink has it, `record` is not called. It is called with the
   * first observation of a series, and again after the series was evicted. The function that it
   * returns is called with each value, and with the number of observations that the value stands for if the
   * program gave one. If `bind` throws, it is called again with the next observation.
   */
  bind?(series: EventSeries): (value: number, count?: number) => void;
}

/** Either kind of sink. So one that is written in place may have `record`, whose event then has its type. */
export type AnySink = MetricsSink | EventfulMetricsSink;

/** A series that the program has ended. */
export interface ForgottenSeries {
  /** The metric's name as the program gave it. */
  readonly name: string;
  /** The same object as in the series' snapshots. */
  readonly dimensions: Dimensions;
}

/** Which part of a window `prepare` is given. */
export interface WindowPart {
  /** Whether the window is complete with this part. The last part may be empty. */
  readonly last: boolean;
}

/** The vendor's view of a part of a window, together with what the vendor will never take. */
export interface PreparedWindow {
  /** What is to be exported. */
  readonly snapshots: readonly MetricSnapshot[];
  /** What is not exported, each with its reason; none of them is in `snapshots`. */
  readonly rejected?: readonly RejectedSnapshot[] | undefined;
  /**
   * True if the sink has more to return than it should in one turn. It is heeded with the last part:
   * `prepare([], { last: true })` is called again in a later turn, until this is not true, at most 10,000 times.
   * @default false
   */
  readonly more?: boolean | undefined;
}

/** What the manager offers to its sinks. */
export interface SinkHost {
  /**
   * What was recorded and not yet given to `prepare`: the open window, and what is left of one that is
   * being closed. It stays there. A series that has something in both is one snapshot. A level that is
   * held comes when its window closes, so it is only here if it was set meanwhile. Observers are
   * read first, at most once a second. All of it is
   * made in one turn, which takes about 0.1 s for 100,000 counters, and 0.2 s for as many distributions.
   */
  snapshots(): readonly MetricSnapshot[];
  /**
   * The same one by one, to be walked once, each read at the moment when it is taken, for a sink that must not block: it may
   * take some of them in one turn and some in a later one. A series that `prepare` has got meanwhile does
   * not come, unless it has new observations.
   */
  series(): Iterable<MetricSnapshot>;
  /** The manager's wall clock, in milliseconds since the epoch. */
  now(): number;
  /** Length of a window in milliseconds; 0 where only `flush()` and `close()` export. */
  readonly exportIntervalMs: number;
}

/**
 * The outcome of an export that was neither all success nor all failure. The lists hold the very
 * snapshots that `export` got, each in one list at most. Those in no list were delivered, so `{}` says
 * the same as nothing.
 */
export interface ExportResult {
  /** Not taken now: to be retried. */
  readonly retry?: readonly MetricSnapshot[] | undefined;
  /**
   * Perhaps taken, as when a connection breaks before the vendor has answered. They are retried first
   * and alone, and counted as possibly duplicated. If sending twice does no harm at the vendor, use `retry`.
   */
  readonly uncertain?: readonly MetricSnapshot[] | undefined;
  /** Never to be taken, each with the vendor's reason. */
  readonly rejected?: readonly RejectedSnapshot[] | undefined;
  /** Why snapshots have to be retried; it is reported to `onError`. */
  readonly cause?: unknown;
  /** How long the vendor wants no further call, in milliseconds: finite, at least 0. */
  readonly retryAfterMs?: number | undefined;
  /** Not known: it is `retryAfterMs`, in milliseconds. */
  readonly retryAfter?: never;
}

/** A snapshot that the vendor will never take. */
export interface RejectedSnapshot {
  /** One of those that `export` or `prepare` was given. */
  readonly snapshot: MetricSnapshot;
  /** Not empty; in the vendor's own words where it gave some. */
  readonly reason: string;
}
