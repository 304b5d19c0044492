import type { MetricSnapshot } from "../contract/metric-snapshot.ts";
import type { ForgottenSeries } from "../contract/metrics-sink.ts";
import type { Window } from "../windows/window-clock.ts";
import type { OnRecord } from "./event-recorder.ts";
import type { Metric } from "./metric.ts";
import { type Series, WINDOW_STEP } from "./series.ts";

/** A part may cost as much as visiting this many series that have nothing to collect: under a millisecond. */
const PART_WORK = 4_096;

/** What collecting a series costs, beside visiting one. */
const SNAPSHOT_WORK = 16;

/** What a {@link ClosingWindow} is about. Times are monotonic, in milliseconds. */
export interface ClosingWindowOptions {
  readonly number: number;
  readonly bounds: Window;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly metrics: Iterable<Metric>;
  /** Called with each level that is held, and each 0 of a quiet counter. */
  readonly onRecord: OnRecord | undefined;
}

/**
 * A window that has ended, while its series are collected part by part. Observations of later windows
 * go on meanwhile: a series that gets one before it was collected is put aside first, as it was.
 *
 * A series that is present without an observation gets one when it is collected: its level, or 0.
 */
export class ClosingWindow {
  readonly bounds: Window;
  readonly #options: ClosingWindowOptions;
  readonly #metrics: Iterator<Metric>;
  #metric: Metric | undefined;
  /** Where in the metric the collection goes on. */
  #position = 0;
  readonly #aside = new Map<Series, MetricSnapshot>();
  #isCollected = false;

  readonly #ended: ForgottenSeries[] = [];
  #held = 0;

  constructor(options: ClosingWindowOptions) {
    this.#options = options;
    this.bounds = options.bounds;
    this.#metrics = options.metrics[Symbol.iterator]();
  }

  /** How many levels and zeros it has got so far. */
  get held(): number {
    return this.#held;
  }

  /** The counters and distributions that have ended with this window, complete once it is collected. */
  get ended(): readonly ForgottenSeries[] {
    return this.#ended;
  }

  /** Whether all parts were taken. */
  get isCollected(): boolean {
    return this.#isCollected;
  }

  /** Collects some of the series that are left, and returns their snapshots. A part may be empty. */
  nextPart(): readonly MetricSnapshot[] {
    const part: MetricSnapshot[] = [];
    let work = 0;
    while (work < PART_WORK && !this.#isCollected) {
      if (this.#aside.size > 0) {
        const taken = this.#takeAside(PART_WORK - work);
        part.push(...taken);
        work += taken.length * SNAPSHOT_WORK;
      } else if (this.#metric === undefined) {
        const next = this.#metrics.next();
        this.#metric = next.value;
        this.#position = 0;
        this.#isCollected = next.done === true;
      } else {
        work += this.#collect(this.#metric, part, PART_WORK - work);
      }
    }
    return part;
  }

  /**
   * Collects series of a metric into a part, in the order of registration, its overflow series last. Returns how
   * much work that was, which is little more than `mostWork`.
   */
  #collect(metric: Metric, part: MetricSnapshot[], mostWork: number): number {
    const { series, overflowSeries } = metric;
    let work = 0;
    while (work < mostWork && this.#aside.size === 0) {
      const position = this.#position++;
      // Series that are registered meanwhile belong to later windows.
      const each = position < series.length ? series[position] : overflowSeries;
      if (each === undefined || position > series.length) {
        this.#metric = undefined;
        break;
      }
      const snapshot = this.#take(metric, each);
      work++;
      if (snapshot === undefined) continue;
      part.push(snapshot);
      work += SNAPSHOT_WORK;
    }
    return work;
  }

  /** Takes some of the snapshots that were put aside: those that may cost so much. */
  #takeAside(mostWork: number): readonly MetricSnapshot[] {
    const taken: MetricSnapshot[] = [];
    for (const [series, snapshot] of this.#aside) {
      if (taken.length * SNAPSHOT_WORK >= mostWork) break;
      this.#aside.delete(series);
      taken.push(snapshot);
    }
    return taken;
  }

  /** Puts aside what this window left in the series. To be called before a later window begins there, or the series ends. */
  putAside(metric: Metric, series: Series): void {
    const snapshot = this.#take(metric, series);
    if (snapshot !== undefined) this.#aside.set(series, snapshot);
  }

  /** Notes a series that was ended, and of which this window may have something that is not collected. */
  end(series: ForgottenSeries): void {
    this.#ended.push(series);
  }

  /** What was put aside of the series and not taken yet. */
  asideOf(series: Series): MetricSnapshot | undefined {
    return this.#aside.get(series);
  }

  /** The bounds of what the series has to collect, where that is of this window. */
  boundsOf(series: Series): Window | undefined {
    return series.count > 0 && series.window <= this.#options.number ? this.bounds : undefined;
  }

  /** Whether the series is to get its level, or 0, in this window. */
  owes(metric: Metric, { presence, window }: Series): boolean {
    return (
      presence !== undefined &&
      metric.wasEnabledIn(this.#options.number) &&
      window <= this.#options.number - WINDOW_STEP &&
      presence.shownUntil > this.#options.startedAt
    );
  }

  /** Takes what the window has in the series; undefined where it has nothing. */
  #take(metric: Metric, series: Series): MetricSnapshot | undefined {
    const isHeld = series.presence !== undefined && this.owes(metric, series);
    if (isHeld) this.#readHeld(metric, series);
    if (series.count === 0 || series.window > this.#options.number) return undefined;
    const snapshot = metric.snapshotOf(series, this.bounds);
    if (!isHeld && metric.windowCollected(series, this.#options.endedAt) && metric.kind !== "gauge")
      this.#ended.push(metric.identityOf(series));
    series.count = 0;
    return snapshot;
  }

  #readHeld(metric: Metric, series: Series): void {
    const value = metric.heldValueOf(series);
    series.start(value, this.#options.number);
    this.#held++;
    this.#options.onRecord?.(metric, series, value);
  }
}
