import type { MetricSnapshot } from "../contract/metric-snapshot.ts";
import { mergeSnapshots } from "../histogram/merge-snapshots.ts";
import type { Window } from "../windows/window-clock.ts";
import { ClosingWindow } from "./closing-window.ts";
import type { Metric } from "./metric.ts";
import type { MetricRegistry } from "./metric-registry.ts";
import type { Series } from "./series.ts";

/** A part of a closed window. */
export interface CollectedPart {
  readonly snapshots: readonly MetricSnapshot[];
  /** Whether the window is complete with it. */
  readonly last: boolean;
}

/** The windows of all series: the open one, and the one before it for as long as it is being collected. */
export class SeriesWindows {
  /** The number of the open window, from 1. */
  open = 1;
  readonly #metrics: MetricRegistry;
  /** The window that is being collected. */
  #closing: ClosingWindow | undefined;
  /** A window that has ended and is collected after that one. */
  #next: ClosingWindow | undefined;
  /** The number of the open window at the last sweep for idle series. */
  #sweptAt = 0;
  #evicted = 0;
  /** How many observations were collected. */
  #collected = 0;

  constructor(metrics: MetricRegistry) {
    this.#metrics = metrics;
  }

  /** Whether there is a window that has ended and is not collected. */
  get isCollecting(): boolean {
    return this.#closing !== undefined;
  }

  /**
   * Ends the open window, which is then to be collected with {@link nextPart}. Before the one before it is
   * collected, only the last window may end, after which nothing is recorded.
   */
  close(bounds: Window): void {
    const ended = new ClosingWindow(this.open, bounds, this.#metrics.all());
    if (this.#closing === undefined) this.#closing = ended;
    else this.#next = ended;
    this.open++;
  }

  /** Collects the next part of the window that was closed. It may be empty. */
  nextPart(): CollectedPart {
    const snapshots = this.#closing?.nextPart() ?? [];
    for (const { count } of snapshots) this.#collected += count;
    const last = this.#closing?.isCollected ?? true;
    if (last) {
      this.#closing = this.#next;
      this.#next = undefined;
    }
    return { snapshots, last };
  }

  /** How many snapshots of the windows up to this number, the open one included, are not collected yet. */
  uncollectedUpTo(number: number): number {
    let count = 0;
    for (const metric of this.#metrics.all()) {
      for (const each of metric.all()) {
        if (each.count > 0 && each.window <= number) count++;
        if (this.#closing?.asideOf(each) !== undefined) count++;
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
        if (each.count === 0) continue;
        const ended = this.#closing?.boundsOf(each) ?? this.#next?.boundsOf(each);
        const snapshot = metric.snapshotOf(each, ended ?? openBounds());
        const aside = this.#closing?.asideOf(each);
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
    for (const metric of this.#metrics.all()) this.#evicted += yield* metric.evict(since);
    this.#metrics.forgetUnused((metric) => metric.isUnused(since));
  }

  /** Figures for the manager's statistics. */
  stats(): { accepted: number; metrics: number; series: number; evicted: number } {
    let accepted = this.#collected;
    let series = 0;
    for (const metric of this.#metrics.all()) {
      for (const each of metric.all())
        accepted += each.count + (this.#closing?.asideOf(each)?.count ?? 0);
      series += metric.seriesCount;
    }
    return { accepted, metrics: this.#metrics.size, series, evicted: this.#evicted };
  }
}
