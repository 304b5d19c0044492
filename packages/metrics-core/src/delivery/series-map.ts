import type { MetricSnapshot } from "../contract/metric-snapshot.ts";
import { SeriesMap as SeriesOfMetrics } from "../sink-kit/series-map.ts";

/** What tells a manager's series from each other. */
export type SeriesKey = Pick<MetricSnapshot, "name" | "kind" | "unit" | "dimensions" | "overflow">;

/**
 * A map whose keys are series. Two snapshots are of the same series if name, kind, unit, dimensions
 * and overflow flag are equal.
 */
export class SeriesMap<V extends object> {
  /** Made for the first series: a map of each window stays empty with most sinks. */
  #values: SeriesOfMetrics<V> | undefined;
  /** The last series that was asked for. The next one is most likely of the same metric. */
  #last = NO_METRIC;
  #lastMetric = NO_METRIC_TEXT;

  /** Returns the value of a series; undefined if the series is not in the map. */
  get(series: SeriesKey): V | undefined {
    return this.#values?.get(this.#metricOf(series), series);
  }

  /** Returns the value of a series. If the series is new, `make` makes the value. */
  getOrMake(series: SeriesKey, make: () => V): V {
    const metric = this.#metricOf(series);
    const values = (this.#values ??= new SeriesOfMetrics());
    const known = values.get(metric, series);
    if (known !== undefined) return known;
    const value = make();
    values.set(metric, series, value);
    return value;
  }

  /** Removes a series, if it is in the map. */
  delete(series: SeriesKey): void {
    this.#values?.delete(this.#metricOf(series), series);
  }

  #metricOf(series: SeriesKey): string {
    const { name, kind, unit } = this.#last;
    if (series.name !== name || series.kind !== kind || series.unit !== unit) {
      this.#last = { name: series.name, kind: series.kind, unit: series.unit };
      this.#lastMetric = metricOf(series);
    }
    return this.#lastMetric;
  }
}

const NO_METRIC: Omit<SeriesKey, "dimensions"> = { name: "", kind: "counter", unit: "" };
const NO_METRIC_TEXT = /* @__PURE__ */ metricOf(NO_METRIC);

/** Different for any two metrics, whatever characters their names and units have. */
function metricOf({ name, kind, unit }: Omit<SeriesKey, "dimensions">): string {
  return `${kind} ${unit.length} ${unit}${name}`;
}
