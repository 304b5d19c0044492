import type { MetricSnapshot } from "../contract/metric-snapshot.ts";
import type { PreparedWindow, RejectedSnapshot } from "../contract/metrics-sink.ts";
import { mergeSeries, seriesConflict } from "./merge-series.ts";
import { SeriesMap } from "../sink-kit/series-map.ts";

/** What tells a series from others at a sink. */
export type SeriesIdentity = Pick<MetricSnapshot, "name" | "dimensions">;

/** The most snapshots that {@link MergedSeries.take} returns by default. The manager checks each in 1 to 2 µs. */
const DEFAULT_MOST = 1_000;

interface Entry {
  snapshot: MetricSnapshot;
  /** The first one that was added. */
  readonly source: MetricSnapshot;
  isTaken: boolean;
}

/**
 * The series of a window as the vendor will see them, for a sink's `prepare`. Add the snapshots of each
 * part under the vendor's names and dimensions. Snapshots of the same name and dimensions are merged
 * with `mergeSeries`; one that can't be merged is rejected. After the last part, return what `take`
 * returns.
 */
export class MergedSeries {
  #byIdentity = new SeriesMap<Entry>();
  #entries: Entry[] = [];
  #rejected: RejectedSnapshot[] = [];
  #taken = 0;

  /** How many series are in it. */
  get size(): number {
    return this.#entries.length - this.#taken;
  }

  /** The series that are in it, which stay there. */
  *values(): Generator<MetricSnapshot, undefined> {
    for (const { snapshot, isTaken } of this.#entries) if (!isTaken) yield snapshot;
    return undefined;
  }

  /** The series with this name and these dimensions; undefined if there is none, or it was taken. */
  find(series: SeriesIdentity): MetricSnapshot | undefined {
    const entry = this.#entryOf(series);
    return entry?.isTaken === false ? entry.snapshot : undefined;
  }

  /**
   * Adds a snapshot, or merges it with the one of the same name and dimensions. If a part of what is in it was taken, the
   * rest is dropped: the manager has given up the window that it is of, and has counted it as lost.
   *
   * @param source what the snapshot was made of, which is rejected if the snapshot can't be merged
   */
  add(snapshot: MetricSnapshot, source: MetricSnapshot = snapshot): void {
    if (this.#taken > 0) this.#clear();
    const entry = this.#entryOf(snapshot);
    if (entry === undefined) {
      const added = { snapshot, source, isTaken: false };
      this.#byIdentity.set(snapshot.name, { dimensions: snapshot.dimensions }, added);
      this.#entries.push(added);
      return;
    }
    const reason = seriesConflict(entry.source, source);
    if (reason !== undefined) this.#rejected.push({ snapshot: source, reason });
    else entry.snapshot = mergeSeries(entry.snapshot, snapshot);
  }

  /**
   * Takes the first series out of it, at most `most`, and everything that was rejected. `more` is true
   * if series are left.
   */
  take(most: number = DEFAULT_MOST): PreparedWindow {
    const entries = this.#entries.slice(this.#taken, this.#taken + most);
    for (const entry of entries) entry.isTaken = true;
    this.#taken += entries.length;
    const more = this.size > 0;
    if (!more) this.#clear();
    const rejected = this.#rejected;
    this.#rejected = [];
    return { snapshots: entries.map(({ snapshot }) => snapshot), rejected, more };
  }

  /** A shared series of metrics that are at their limit is the same as any other. */
  #entryOf({ name, dimensions }: SeriesIdentity): Entry | undefined {
    return this.#byIdentity.get(name, { dimensions });
  }

  #clear(): void {
    this.#byIdentity = new SeriesMap();
    this.#entries = [];
    this.#taken = 0;
  }
}
