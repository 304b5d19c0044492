import type { MetricSnapshot } from "../contract/metric-snapshot.ts";
import type {
  MetricsSink,
  PreparedWindow,
  RejectedSnapshot,
  WindowPart,
} from "../contract/metrics-sink.ts";
import { preparePart } from "../delivery/prepare-part.ts";
import { SeriesMap } from "../delivery/series-map.ts";
import { MergedSeries } from "../histogram/merged-series.ts";
import type { View } from "./view.ts";

/** What a {@link ViewedWindow} tells others. */
export interface ViewedWindowListeners {
  /** Called with each of the manager's snapshots that the view changes and takes, and with what it becomes. */
  readonly merged: (snapshot: MetricSnapshot, viewed: MetricSnapshot) => void;
  /** Called when all of a window was passed on. */
  readonly closed: () => void;
}

/**
 * Gives a sink's `prepare` what a view makes of a window. What the view keeps as it is is passed on with
 * its part. What it changes is merged until the last part, and then passed on a thousand series at a time.
 */
export class ViewedWindow {
  readonly #sink: MetricsSink;
  readonly #view: View;
  readonly #on: ViewedWindowListeners;
  readonly #merged = new MergedSeries();
  /** What the sink itself has made of this window. */
  #made = new SeriesMap<MetricSnapshot>();
  /** The gauges that the view changes, in this window so far and in the one before it. */
  #gauges: { now: MetricSnapshot[]; before: MetricSnapshot[] } = { now: [], before: [] };
  #calls = 0;

  constructor(sink: MetricsSink, view: View, on: ViewedWindowListeners) {
    this.#sink = sink;
    this.#view = view;
    this.#on = on;
  }

  /** How often `prepare` was called. */
  get calls(): number {
    return this.#calls;
  }

  /** What was merged and not passed on yet. */
  get merged(): MergedSeries {
    return this.#merged;
  }

  /** The gauges that the view changes, as the manager has them: those of the window so far, then those of the one before it. */
  *gauges(): Generator<MetricSnapshot, undefined> {
    yield* this.#gauges.now;
    yield* this.#gauges.before;
    return undefined;
  }

  /** As `prepare` of a sink. */
  prepare(window: readonly MetricSnapshot[], { last }: WindowPart): PreparedWindow {
    this.#calls++;
    const kept: MetricSnapshot[] = [];
    const refused: RejectedSnapshot[] = [];
    for (const snapshot of window) {
      const treatment = this.#view.treatmentOf(snapshot.name);
      if (treatment.is === "kept") kept.push(snapshot);
      if (treatment.is !== "changed") continue;
      const reason = this.#view.refusalOf(snapshot, treatment);
      if (reason !== undefined) refused.push({ snapshot, reason });
      else {
        const viewed = this.#view.snapshotOf(snapshot, treatment);
        this.#merged.add(viewed, snapshot);
        if (snapshot.kind === "gauge") this.#gauges.now.push(snapshot);
        this.#on.merged(snapshot, viewed);
      }
    }
    if (!last) return this.#passOn(kept, refused, { last });
    const { snapshots, rejected = [], more = false } = this.#merged.take();
    const prepared = this.#passOn([...kept, ...snapshots], [...refused, ...rejected], {
      last: !more,
    });
    if (more) return { ...prepared, more };
    if (prepared.more !== true) this.#close();
    return prepared;
  }

  /** What the sink's own `prepare` makes of snapshots. If it fails, they are rejected: the manager knows only what they were made of. */
  #passOn(
    snapshots: readonly MetricSnapshot[],
    refused: readonly RejectedSnapshot[],
    part: WindowPart,
  ): PreparedWindow {
    const prepared = preparePart(this.#sink, snapshots, part, this.#made);
    // If there is nothing to reject, only the manager can report it.
    if ("failure" in prepared && snapshots.length === 0) throw prepared.failure;
    const rejected = Array.from(prepared.rejected, ([snapshot, reason]) => ({ snapshot, reason }));
    return {
      snapshots: prepared.snapshots,
      rejected: [...refused, ...rejected],
      more: prepared.more,
    };
  }

  #close(): void {
    this.#made = new SeriesMap();
    this.#gauges = { now: [], before: this.#gauges.now };
    this.#on.closed();
  }
}
