import type { MetricSnapshot } from "@aiokpl/metrics-core";
import { mergeSnapshots } from "@aiokpl/metrics-core/sink";
import { added, type CumulativeCounts, explicitCounts } from "../metric-data/explicit-buckets.ts";

/** All observations of a series since its start. */
export interface Total {
  readonly snapshot: MetricSnapshot;
  /** Counts of explicit buckets; undefined for exponential histograms and for other kinds. */
  readonly counts: CumulativeCounts | undefined;
}

/** A series whose total only grows. Its start never changes: receivers take a new start for a reset. */
export class CumulativeSeries {
  /** The instrument's name. */
  readonly name: string;
  /** The key within the metric. */
  readonly key: string;
  /** In milliseconds since the epoch. */
  readonly start: number;
  readonly #boundaries: readonly number[] | undefined;
  #total: Total | undefined;
  #observedUntil = -Infinity;

  constructor(name: string, key: string, start: number, boundaries: readonly number[] | undefined) {
    this.name = name;
    this.key = key;
    this.start = start;
    this.#boundaries = boundaries;
  }

  /** What has been committed; undefined as long as nothing has. */
  get total(): Total | undefined {
    return this.#total;
  }

  /** End of the last window in which the series was observed, in milliseconds since the epoch. */
  get observedUntil(): number {
    return this.#observedUntil;
  }

  /** Notes that the series was observed in a window with this end. */
  observed(windowEnd: number): void {
    if (windowEnd > this.#observedUntil) this.#observedUntil = windowEnd;
  }

  /** Returns the total with a delta added. The series itself does not change. */
  plus(delta: MetricSnapshot): Total {
    const total = this.#total;
    const merged = total === undefined ? delta : mergeSnapshots(total.snapshot, delta);
    const counts = explicitCounts(delta, this.#boundaries);
    return {
      snapshot: merged.windowStart === this.start ? merged : { ...merged, windowStart: this.start },
      counts: counts && added(total?.counts, counts),
    };
  }

  /** Makes a result of {@link plus} the series' total. */
  commit(total: Total): void {
    this.#total = total;
  }
}
