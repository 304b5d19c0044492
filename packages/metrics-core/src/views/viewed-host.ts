import type { MetricSnapshot } from "../contract/metric-snapshot.ts";
import type { SinkHost } from "../contract/metrics-sink.ts";
import { SeriesMap } from "../delivery/series-map.ts";
import { MergedSeries } from "../histogram/merged-series.ts";
import { mergeSnapshots } from "../histogram/merge-snapshots.ts";
import type { View } from "./view.ts";
import type { ViewedWindow } from "./viewed-window.ts";

/**
 * What a viewed sink sees of its manager. The open window is shown through the view, together with what
 * the view has merged and not passed on yet. So the sink sees each observation once.
 */
export function viewedHost(host: SinkHost, view: View, window: ViewedWindow): SinkHost {
  return {
    ...host,
    snapshots: () => {
      const all = host.snapshots();
      return [...all.filter((each) => isKept(view, each)), ...changed(all, view, window)];
    },
    series: () => series(host, view, window),
  };
}

/**
 * What the view keeps as it is comes one by one. What it changes is read in one turn and merged. If
 * `prepare` gets a part of it while it is taken, the rest is read again.
 */
function* series(
  host: SinkHost,
  view: View,
  window: ViewedWindow,
): Generator<MetricSnapshot, undefined> {
  const before = window.calls;
  const others: MetricSnapshot[] = [];
  for (const snapshot of host.series()) {
    if (isKept(view, snapshot)) yield snapshot;
    else others.push(snapshot);
  }
  let calls = window.calls;
  let rest = changed(calls === before ? others : host.series(), view, window);
  const taken = new SeriesMap<MetricSnapshot>();
  for (let position = 0; position < rest.length; position++) {
    if (calls !== window.calls) {
      calls = window.calls;
      rest = changed(host.series(), view, window).filter((each) => taken.get(each) === undefined);
      position = 0;
    }
    const snapshot = rest[position];
    if (snapshot === undefined) break;
    taken.getOrMake(snapshot, () => snapshot);
    yield snapshot;
  }
  return undefined;
}

function isKept(view: View, { name }: MetricSnapshot): boolean {
  return view.treatmentOf(name).is === "kept";
}

/** What the view changes of the open window, merged with what it has not passed on yet. */
function changed(
  open: Iterable<MetricSnapshot>,
  view: View,
  window: ViewedWindow,
): readonly MetricSnapshot[] {
  const merged = new MergedSeries();
  for (const held of window.merged.values()) if (held.kind !== "gauge") merged.add(held);
  const levels = new LatestLevels();
  for (const gauge of window.gauges()) {
    if (window.merged.find(viewOf(view, gauge) ?? gauge) === undefined) break;
    levels.add(gauge);
  }
  for (const snapshot of open) {
    const viewed = viewOf(view, snapshot);
    if (viewed === undefined) continue;
    if (snapshot.kind === "gauge") levels.add(snapshot);
    else merged.add(viewed);
  }
  for (const gauge of levels.values()) {
    const viewed = viewOf(view, gauge);
    if (viewed !== undefined) merged.add(viewed);
  }
  // A gauge that has no reading in the open window has the level of the last one.
  for (const gauge of window.gauges()) {
    const viewed = levels.has(gauge) ? undefined : viewOf(view, gauge);
    const shown = viewed && merged.find(viewed);
    if (viewed === undefined || shown === undefined) continue;
    levels.add(gauge);
    const { windowStart, windowEnd } = shown;
    merged.add({ ...viewed, windowStart, windowEnd });
  }
  return [...merged.values()];
}

/** The snapshot under its new name and with its new dimensions; undefined if the view does not change or does not take it. */
function viewOf(view: View, snapshot: MetricSnapshot): MetricSnapshot | undefined {
  const treatment = view.treatmentOf(snapshot.name);
  if (treatment.is !== "changed" || view.refusalOf(snapshot, treatment) !== undefined)
    return undefined;
  return view.snapshotOf(snapshot, treatment);
}

/** The manager's gauges, one snapshot each, over a window that is being closed and the open one. */
class LatestLevels {
  readonly #bySeries = new SeriesMap<{ snapshot: MetricSnapshot }>();
  readonly #all: { readonly snapshot: MetricSnapshot }[] = [];

  add(snapshot: MetricSnapshot): void {
    const entry = this.#bySeries.getOrMake(snapshot, () => {
      const added = { snapshot };
      this.#all.push(added);
      return added;
    });
    if (entry.snapshot !== snapshot) entry.snapshot = mergeSnapshots(entry.snapshot, snapshot);
  }

  has(snapshot: MetricSnapshot): boolean {
    return this.#bySeries.get(snapshot) !== undefined;
  }

  values(): Iterable<MetricSnapshot> {
    return this.#all.map(({ snapshot }) => snapshot);
  }
}
