import type { MetricSnapshot } from "../contract/metric-snapshot.ts";
import type { Window } from "../windows/window-clock.ts";
import type { Metric } from "./metric.ts";
import type { Series } from "./series.ts";

/** A part may cost as much as visiting this many series that have nothing to collect: under a millisecond. */
const PART_WORK = 4_096;

/** What collecting a series costs, beside visiting one. */
const SNAPSHOT_WORK = 16;

/**
 * A window that has ended, while its series are collected part by part. Observations of later windows
 * go on meanwhile: a series that gets one before it was collected is put aside first, as it was.
 */
export class ClosingWindow {
  readonly bounds: Window;
  /** The window's number. */
  readonly #number: number;
  readonly #metrics: Iterator<Metric>;
  #metric: Metric | undefined;
  /** Where in the metric the collection goes on. */
  #position = 0;
  readonly #aside = new Map<Series, MetricSnapshot>();
  #isCollected = false;

  constructor(number: number, bounds: Window, metrics: Iterable<Metric>) {
    this.#number = number;
    this.bounds = bounds;
    this.#metrics = metrics[Symbol.iterator]();
  }

  /** Whether all parts were taken. */
  get isCollected(): boolean {
    return this.#isCollected;
  }

  /** Collects some of the series that are left, and returns their snapshots. A part may be empty. */
  nextPart(): readonly MetricSnapshot[] {
    const part: MetricSnapshot[] = [];
    let work = 0;
    for (const [series, snapshot] of this.#aside) {
      if (work >= PART_WORK) return part;
      this.#aside.delete(series);
      part.push(snapshot);
      work += SNAPSHOT_WORK;
    }
    while (work < PART_WORK) {
      const series = this.#nextSeries();
      if (series === undefined) {
        this.#isCollected = true;
        break;
      }
      work++;
      if (!this.#isLeftIn(series)) continue;
      const snapshot = this.#metric?.snapshotOf(series, this.bounds);
      if (snapshot !== undefined) part.push(snapshot);
      series.count = 0;
      work += SNAPSHOT_WORK;
    }
    return part;
  }

  /** Puts aside what this window left in the series. To be called before a later window begins there. */
  putAside(metric: Metric, series: Series): void {
    if (!this.#isLeftIn(series)) return;
    this.#aside.set(series, metric.snapshotOf(series, this.bounds));
    series.count = 0;
  }

  /** What was put aside of the series and not taken yet. */
  asideOf(series: Series): MetricSnapshot | undefined {
    return this.#aside.get(series);
  }

  /** The bounds of what the series has to collect, where that is of this window. */
  boundsOf(series: Series): Window | undefined {
    return this.#isLeftIn(series) ? this.bounds : undefined;
  }

  #isLeftIn(series: Series): boolean {
    return series.count > 0 && series.window <= this.#number;
  }

  /** The next series in the order of registration; a metric's overflow series comes last. */
  #nextSeries(): Series | undefined {
    for (;;) {
      if (this.#metric === undefined) {
        const next = this.#metrics.next();
        if (next.done === true) return undefined;
        this.#metric = next.value;
        this.#position = 0;
      }
      const { series, overflowSeries } = this.#metric;
      // Series that are registered meanwhile belong to later windows.
      if (this.#position < series.length) return series[this.#position++];
      if (this.#position++ === series.length && overflowSeries !== undefined) return overflowSeries;
      this.#metric = undefined;
    }
  }
}
