import type { Dimensions, MetricSnapshot, RejectedSnapshot } from "@aiokpl/metrics-core";
import { SeriesMap, type Warnings } from "@aiokpl/metrics-core/sink";
import { labelsText } from "../exposition/text.ts";
import type { Families } from "../naming/families.ts";
import { belongsTo, type Family } from "../naming/family.ts";
import type { SeriesLabels } from "../naming/series-labels.ts";
import { ExposedSeries, type SeriesFamily, Source } from "./exposed-series.ts";
import { IdleSources } from "./idle-sources.ts";

/** So many idle series make room at once when a window ends; finding more takes too long for one turn. */
const MOST_MADE_ROOM = 2_000;

const NOBODY: { readonly count: number; readonly at: number } = { count: 0, at: 0 };

/** What {@link Totals} needs. */
export interface TotalsOptions {
  readonly families: Families;
  readonly labels: SeriesLabels;
  /** Most of the manager's series that are kept apart; the overflow series of each metric come on top. */
  readonly maxSeries: number;
  readonly warnings: Warnings;
}

/** Where a snapshot's observations belong, or why nowhere. */
type Placement =
  | { readonly source: Source; readonly problem?: undefined }
  | { readonly source?: undefined; readonly problem: "no room" | { readonly refusal: string } };

/**
 * All closed windows of all series, and the parts so far of one that is being closed. Each of the manager's series
 * has its own total, so that its open window can be added to it at any moment.
 */
export class Totals {
  readonly #options: TotalsOptions;
  readonly #sources = new SeriesMap<Source>();
  readonly #exposed = new SeriesMap<ExposedSeries>();
  readonly #byFamily = new Map<Family, SeriesFamily>();
  readonly #idle: IdleSources;
  /** Sources that count for the limit. */
  #size = 0;
  /** What the window that is being closed had no room for so far. */
  #turnedAway = NOBODY;
  /** How many windows were committed. */
  #windows = 0;
  #numbers = 0;
  /** The source that was found last. */
  #last: Source | undefined;
  /** No series starts before this time: others may have been shown with the same labels until then. */
  #earliestStart = -Infinity;

  constructor(options: TotalsOptions) {
    this.#options = options;
    this.#idle = new IdleSources(() => this.#sources.values());
  }

  /** How many series of the manager are kept. */
  get size(): number {
    return this.#size;
  }

  /** The number of the series that was made last. */
  get newest(): number {
    return this.#numbers;
  }

  /** All families that have series now. */
  families(): readonly SeriesFamily[] {
    return [...this.#byFamily.values()];
  }

  /**
   * Adds a part of a closed window. Returns what Prometheus has no place for.
   *
   * Only with the last part does an idle series make room for a new one: before that, an idle one may come in a later
   * part. Until then, what finds no room is counted together.
   */
  commit(window: readonly MetricSnapshot[], part: { readonly last: boolean }): RejectedSnapshot[] {
    const number = this.#windows + 1;
    const unplaced: MetricSnapshot[] = [];
    for (const snapshot of window) {
      // Known series come first: one that was observed just now must not make room.
      const source = this.#find(snapshot);
      if (source === undefined) unplaced.push(snapshot);
      else source.commit(snapshot, number);
    }
    const rejected: RejectedSnapshot[] = [];
    for (const snapshot of unplaced) {
      const { source, problem } = this.#place(snapshot, part.last);
      if (source !== undefined) source.commit(snapshot, number);
      else if (problem === "no room") {
        this.#turnedAway = { count: this.#turnedAway.count + 1, at: snapshot.windowEnd };
        this.#commitToOverflow(snapshot, number);
      } else rejected.push({ snapshot, reason: problem.refusal });
    }
    if (part.last) this.#endWindow();
    return rejected;
  }

  /**
   * Finds the series of an open window, and makes it if there is none. Returns undefined if it is refused or there is
   * no room: then its observations are counted when the window is closed.
   */
  open(snapshot: MetricSnapshot): Source | undefined {
    const source = this.#find(snapshot) ?? this.#place(snapshot, false).source;
    source?.seen(snapshot);
    return source;
  }

  /** Ends a series of which nothing is open. */
  forget(name: string, dimensions: Dimensions): void {
    const source = this.#sources.get(name, { dimensions });
    if (source !== undefined) this.remove(source);
  }

  /** Whether a gauge is neither in the newest closed window nor in one that is being closed. */
  hasEnded(source: Source): boolean {
    return source.committedIn < this.#windows;
  }

  /** Removes a series. Prometheus takes it for ended from the next scrape on. */
  remove(source: Source): void {
    const { series } = source;
    const { parent, sources } = series;
    if (!sources.includes(source)) return;
    series.sources = sources.filter((each) => each !== source);
    source.next = undefined;
    this.#sources.delete(source.metric, source);
    if (!source.overflow) this.#size--;
    if (parent.family.kind !== "gauge")
      this.#earliestStart = Math.max(this.#earliestStart, source.observedUntil + 1);
    if (!series.isRemoved) return;
    this.#exposed.delete(parent.family.name, { dimensions: series.pairs });
    parent.removed++;
    const live = parent.series.length - parent.removed;
    if (live === 0) {
      this.#byFamily.delete(parent.family);
      this.#options.families.release(parent.family);
    } else if (parent.removed > live) {
      // A new list, because a rendering may be in the middle of the old one.
      parent.series = parent.series.filter((each) => !each.isRemoved);
      parent.removed = 0;
    }
  }

  #find(snapshot: MetricSnapshot): Source | undefined {
    const following = this.#last?.next;
    const source = isOf(following, snapshot)
      ? following
      : this.#sources.get(snapshot.name, snapshot);
    if (source === undefined || !belongsTo(source.series.parent.family, snapshot)) return undefined;
    if (this.#last !== undefined) this.#last.next = source;
    this.#last = source;
    return source;
  }

  /** Ends a window, and makes room for those that it has turned away: they have a series of their own from the next one on. */
  #endWindow(): void {
    this.#windows++;
    const { count, at } = this.#turnedAway;
    this.#turnedAway = NOBODY;
    for (let made = 0; made < Math.min(count, MOST_MADE_ROOM); made++) {
      const oldest = this.#idle.next(at);
      if (oldest === undefined) return;
      this.remove(oldest);
    }
  }

  /** @param mayMakeRoom whether an idle series may be removed for it */
  #place(snapshot: MetricSnapshot, mayMakeRoom: boolean): Placement {
    const { family, refusal } = this.#options.families.assign(snapshot);
    if (family === undefined) return { problem: { refusal } };
    const placed = this.#make(family, snapshot, mayMakeRoom);
    if (!this.#byFamily.has(family)) this.#options.families.release(family);
    return placed;
  }

  #make(family: Family, snapshot: MetricSnapshot, mayMakeRoom: boolean): Placement {
    const labels = this.#options.labels.of(snapshot);
    if (labels.refusal !== undefined) return { problem: { refusal: labels.refusal } };
    if (snapshot.overflow !== true && !this.#hasRoom(snapshot.windowEnd, mayMakeRoom))
      return { problem: "no room" };
    const { pairs, utf8Pairs } = labels;
    let series = this.#exposed.get(family.name, { dimensions: pairs });
    if (series === undefined) {
      let parent = this.#byFamily.get(family);
      if (parent === undefined)
        this.#byFamily.set(family, (parent = { family, series: [], removed: 0 }));
      const start = Math.max(snapshot.windowStart, this.#earliestStart);
      const shown = { pairs, utf8Pairs, labels: labelsText(pairs), start };
      series = new ExposedSeries(parent, shown, ++this.#numbers);
      parent.series.push(series);
      this.#exposed.set(family.name, { dimensions: pairs }, series);
    }
    const source = new Source(snapshot, series);
    series.sources = series.sources.length === 0 ? [source] : [...series.sources, source];
    this.#sources.set(snapshot.name, snapshot, source);
    if (!source.overflow) this.#size++;
    return { source };
  }

  #commitToOverflow(snapshot: MetricSnapshot, window: number): void {
    const overflow: MetricSnapshot = { ...snapshot, dimensions: [], overflow: true };
    const source = this.#find(overflow) ?? this.#place(overflow, false).source;
    source?.commit(overflow, window);
  }

  /** Makes room for one more series at the given time, if it can; returns whether there is room. */
  #hasRoom(now: number, mayMakeRoom: boolean): boolean {
    const { maxSeries, warnings } = this.#options;
    if (this.#size < maxSeries) return true;
    if (!mayMakeRoom) return false;
    const oldest = this.#idle.next(now);
    if (oldest === undefined) {
      warnings.warn(
        `there are ${maxSeries} series, the limit (option maxSeries), and none was idle for an hour; observations of further ones are counted together, in one series of each metric with the label otel_metric_overflow`,
      );
      return false;
    }
    this.remove(oldest);
    warnings.warn(
      `there are ${maxSeries} series, the limit (option maxSeries): from now on, series that were idle for an hour or more make room for new ones`,
    );
    return true;
  }
}

function isOf(
  source: Source | undefined,
  { name, dimensions, overflow }: MetricSnapshot,
): source is Source {
  return (
    source !== undefined &&
    source.dimensions === dimensions &&
    source.metric === name &&
    source.overflow === (overflow === true) &&
    !source.series.isRemoved
  );
}
