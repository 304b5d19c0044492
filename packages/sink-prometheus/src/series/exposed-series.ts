import type { Dimensions, MetricSnapshot } from "@aiokpl/metrics-core";
import type { LabelledSeries } from "../exposition/family-page.ts";
import type { Family } from "../naming/family.ts";
import { DistributionTotal, finite } from "./distribution-total.ts";

/** A family with its series. */
export interface SeriesFamily {
  readonly family: Family;
  /** In the order in which they were made. Removed ones stay for a while. */
  series: ExposedSeries[];
  removed: number;
}

// A list that is made by pushing to it would have room for sixteen more.
const NO_SOURCES: readonly Source[] = [];

/** A series as Prometheus sees it: a family and labels. */
export class ExposedSeries implements LabelledSeries {
  readonly parent: SeriesFamily;
  readonly pairs: Dimensions;
  readonly utf8Pairs: Dimensions;
  readonly labels: string;
  readonly start: number;
  /** Series that are made later have a higher number. */
  readonly number: number;
  /** The manager's series that it shows; more than one if their labels became equal. */
  sources: readonly Source[] = NO_SOURCES;
  /** The last rendering that has written it. */
  writtenIn = 0;
  /** A counter's value, or a distribution's sum, as it was shown last. */
  #shown = -Infinity;

  constructor(
    parent: SeriesFamily,
    { pairs, utf8Pairs, labels, start }: LabelledSeries,
    number: number,
  ) {
    this.parent = parent;
    this.pairs = pairs;
    this.utf8Pairs = utf8Pairs;
    this.labels = labels;
    this.start = start;
    this.number = number;
  }

  get isRemoved(): boolean {
    return this.sources.length === 0;
  }

  /**
   * Returns a total, or the last one if that was larger. Numbers of one window are added to each other first while it
   * is open, and to the total when it is closed, so the last digit may differ; and Prometheus takes any fall for a
   * reset.
   */
  rising(total: number): number {
    if (total > this.#shown) this.#shown = total;
    return this.#shown;
  }
}

/** One of the manager's series, with all of its closed windows. */
export class Source {
  /** The metric's own name. */
  readonly metric: string;
  readonly dimensions: Dimensions;
  readonly overflow: boolean;
  readonly series: ExposedSeries;
  /** End of the last window in which it was seen, in milliseconds since the epoch. */
  observedUntil: number = -Infinity;
  /** The number of the last window that was committed. */
  committedIn = -1;
  /** The last rendering that has read what is open of it. */
  readIn = 0;
  /** A counter's sum, or a gauge's level. */
  value = 0;
  /** Of how many levels a gauge's was made. */
  levels = 1;
  distribution: DistributionTotal | undefined;
  /** The series that followed the last time: most of the time it does so again. */
  next: Source | undefined;

  constructor({ name, dimensions, overflow }: MetricSnapshot, series: ExposedSeries) {
    this.metric = name;
    this.dimensions = dimensions;
    this.overflow = overflow === true;
    this.series = series;
  }

  /** Adds a closed window. */
  commit(snapshot: MetricSnapshot, window: number): void {
    this.seen(snapshot);
    this.committedIn = window;
    const { kind, bounds } = this.series.parent.family;
    switch (kind) {
      case "counter":
        this.value = finite(this.value + snapshot.sum);
        return;
      case "gauge":
        this.value = snapshot.last;
        this.levels = snapshot.levels ?? 1;
        return;
      case "distribution":
        (this.distribution ??= new DistributionTotal(bounds)).add(snapshot);
    }
  }

  /** Takes note that it was observed, so that it does not make room for another. */
  seen({ windowEnd }: MetricSnapshot): void {
    if (windowEnd > this.observedUntil) this.observedUntil = windowEnd;
  }
}
