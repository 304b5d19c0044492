import type { MetricSnapshot } from "../contract/metric-snapshot.ts";
import type { ForgottenSeries } from "../contract/metrics-sink.ts";
import { mergeSnapshots } from "../histogram/merge-snapshots.ts";
import type { Window } from "../windows/window-clock.ts";
import { ClosingWindow } from "./closing-window.ts";
import type { OnRecord } from "./event-recorder.ts";
import type { Metric } from "./metric.ts";
import type { MetricRegistry } from "./metric-registry.ts";
import { type Series, WINDOW_STEP } from "./series.ts";

/** A part of a closed window. */
export interface CollectedPart {
  readonly snapshots: readonly MetricSnapshot[];
  /** Whether the window is complete with it. */
  readonly last: boolean;
  /** The counters and distributions that have ended with the window, if it is complete with this part. */
  readonly ended: readonly ForgottenSeries[];
}

/** Figures since the start, but for `metrics` and `series`, which are those there are. */
export interface RecordedStats {
  readonly accepted: number;
  readonly held: number;
  readonly metrics: number;
  readonly series: number;
  readonly evicted: number;
}

/** The windows of all series: the open one, and the one before it for as long as it is being collected. */
export class SeriesWindows {
  /** The number of the open window: as many steps as there were windows. */
  open: number = WINDOW_STEP;
  readonly #metrics: MetricRegistry;
  readonly #onRecord: OnRecord | undefined;
  /** The window that is being collected. */
  #closing: ClosingWindow | undefined;
  /** A window that has ended and is collected after that one. */
  #next: ClosingWindow | undefined;
  /** The number of the open window at the last sweep for idle series. */
  #sweptAt = 0;
  #evicted = 0;
  /** How many observations were collected. */
  #collected = 0;
  /** How many of them were levels that are held, or zeros of quiet counters. */
  #held = 0;
  /** When the open window began, in milliseconds of monotonic time. */
  #openedAt = -Infinity;

  /** @param onRecord called with each level that is held, and each 0 of a quiet counter */
  constructor(metrics: MetricRegistry, onRecord: OnRecord | undefined) {
    this.#metrics = metrics;
    this.#onRecord = onRecord;
  }

  /** Whether there is a window that has ended and is not collected. */
  get isCollecting(): boolean {
    return this.#closing !== undefined;
  }

  /**
   * Ends the open window, which is then to be collected with {@link nextPart}. Before the one before it is
   * collected, only the last window may end, after which nothing is recorded.
   *
   * @param now in milliseconds of monotonic time
   */
  close(bounds: Window, now: number): void {
    const ended = new ClosingWindow({
      number: this.open,
      bounds,
      startedAt: this.#openedAt,
      endedAt: now,
      metrics: this.#metrics.all(),
      onRecord: this.#onRecord,
    });
    if (this.#closing === undefined) this.#closing = ended;
    else this.#next = ended;
    this.open += WINDOW_STEP;
    this.#openedAt = now;
  }

  /** Collects the next part of the window that was closed. It may be empty. */
  nextPart(): CollectedPart {
    const closing = this.#closing;
    if (closing === undefined) return { snapshots: [], last: true, ended: [] };
    const snapshots = closing.nextPart();
    for (const { count } of snapshots) this.#collected += count;
    if (!closing.isCollected) return { snapshots, last: false, ended: [] };
    this.#held += closing.held;
    this.#closing = this.#next;
    this.#next = undefined;
    return { snapshots, last: true, ended: closing.ended };
  }

  /**
   * Ends a series. What the open window has of it stays. Returns it where it is at an end now and
   * sinks are to be told.
   */
  forget(metric: Metric, series: Series): readonly ForgottenSeries[] {
    this.putAside(metric, series);
    if (!metric.end(series) || metric.kind === "gauge") return [];
    const identity = metric.identityOf(series);
    if (this.#closing === undefined) return [identity];
    this.#closing.end(identity);
    return [];
  }

  /** Ends a series that is only in the windows without an observation, and returns whether it could. */
  replace(metric: Metric, series: Series): boolean {
    this.putAside(metric, series);
    // A sink that was told of a level that is put aside may have recorded into the series.
    if (series.count > 0) return false;
    metric.end(series);
    this.#evicted++;
    return true;
  }

  /** How many snapshots of the first so many windows, the open one included, are not collected yet. */
  uncollectedUpTo(windows: number): number {
    const number = windows * WINDOW_STEP;
    let count = 0;
    for (const metric of this.#metrics.all()) {
      for (const each of metric.all()) {
        if (each.count > 0 && each.window <= number) count++;
        if (
          this.#closing?.asideOf(each) !== undefined ||
          this.#closing?.owes(metric, each) === true
        )
          count++;
      }
    }
    return count;
  }

  /** To be called before a window begins in a series, which may have something that was not collected yet. */
  putAside(metric: Metric, series: Series): void {
    this.#closing?.putAside(metric, series);
  }

  /**
   * Returns one snapshot for each series that has something to collect, which stays there. Each is made
   * when it is taken.
   *
   * @param openBounds returns the bounds of the open window
   */
  *peek(openBounds: () => Window): Generator<MetricSnapshot, undefined> {
    for (const metric of this.#metrics.all()) {
      for (const each of metric.all()) {
        const aside = this.#closing?.asideOf(each);
        if (each.count === 0) {
          if (aside !== undefined) yield aside;
          continue;
        }
        const ended = this.#closing?.boundsOf(each) ?? this.#next?.boundsOf(each);
        const snapshot = metric.snapshotOf(each, ended ?? openBounds());
        yield aside === undefined ? snapshot : mergeSnapshots(aside, snapshot);
      }
    }
    return undefined;
  }

  /**
   * Evicts, step by step, the series that were not in use since the call before the last one, and the
   * undeclared metrics that have none left. No window may be closed meanwhile.
   */
  *evictIdle(): Generator<undefined> {
    const since = this.#sweptAt;
    this.#sweptAt = this.open;
    for (const metric of this.#metrics.all())
      this.#evicted += yield* metric.evict(since, this.#openedAt);
    this.#metrics.forgetUnused((metric) => metric.isUnused(since));
  }

  /** Whether there are metrics of which so many series were ended that {@link removeEnded} is worth it. */
  get hasManyEnded(): boolean {
    for (const metric of this.#metrics.all()) if (metric.hasManyEnded) return true;
    return false;
  }

  /** Gives back, step by step, the memory of series that were ended, of metrics in which they are many. No window may be closed meanwhile. */
  *removeEnded(): Generator<undefined> {
    for (const metric of this.#metrics.all()) if (metric.hasManyEnded) yield* metric.evict(0, 0);
  }

  /** Figures for the manager's statistics. */
  stats(): RecordedStats {
    let accepted = this.#collected;
    const held = this.#held + (this.#closing?.held ?? 0);
    let series = 0;
    for (const metric of this.#metrics.all()) {
      for (const each of metric.all())
        accepted += each.count + (this.#closing?.asideOf(each)?.count ?? 0);
      series += metric.seriesCount;
    }
    return { accepted, held, metrics: this.#metrics.size, series, evicted: this.#evicted };
  }
}
