import type { EventSeries, MetricEvent } from "../contract/metric-event.ts";
import type { EventfulMetricsSink } from "../contract/metrics-sink.ts";
import type { SeriesKey } from "../delivery/series-map.ts";
import { GaugeLevels } from "./gauge-levels.ts";
import type { Change, View } from "./view.ts";

type TakeValue = (value: number, count?: number) => void;

/** Passes single observations on to a sink through a view. Of gauges that become one series, it passes on the combined level. */
export class ViewedEvents {
  readonly #sink: EventfulMetricsSink;
  readonly #view: View;
  readonly #levels = new GaugeLevels();

  constructor(sink: EventfulMetricsSink, view: View) {
    this.#sink = sink;
    this.#view = view;
  }

  /** The methods of an eventful sink; `bind` only if the sink itself has it. */
  methods(): Pick<EventfulMetricsSink, "record" | "bind"> {
    const record = (event: MetricEvent): void => this.#record(event);
    if (this.#sink.bind === undefined) return { record };
    return { record, bind: (series) => this.#bind(series) };
  }

  /** To be called when a window was closed. */
  windowClosed(): void {
    this.#levels.windowClosed();
  }

  #record(event: MetricEvent): void {
    const change = this.#changeOf(event);
    if (change === "dropped") return undefined;
    if (change === "kept") return this.#sink.record(event);
    const viewed = this.#view.seriesOf(event, change);
    const value = this.#valueOf(event, viewed, event.value);
    return this.#sink.record({ ...event, name: viewed.name, dimensions: viewed.dimensions, value });
  }

  #bind(series: EventSeries): TakeValue {
    const change = this.#changeOf(series);
    if (change === "dropped") return () => {};
    if (change === "kept") return this.#bindAs(series);
    const viewed = this.#view.seriesOf(series, change);
    const { name, dimensions } = viewed;
    const take = this.#bindAs({ ...series, name, dimensions });
    // What is no function is the sink's mistake, which the manager reports.
    if (series.kind !== "gauge" || typeof take !== "function") return take;
    return (value) => take(this.#valueOf(series, viewed, value));
  }

  #bindAs(series: EventSeries): TakeValue {
    return this.#sink.bind === undefined ? () => {} : this.#sink.bind(series);
  }

  #changeOf(series: EventSeries): Change | "kept" | "dropped" {
    const treatment = this.#view.treatmentOf(series.name);
    if (treatment.is !== "changed") return treatment.is;
    return this.#view.refusalOfEvents(series, treatment) === undefined ? treatment : "dropped";
  }

  #valueOf(series: EventSeries, viewed: SeriesKey, value: number): number {
    if (series.kind !== "gauge") return value;
    const { name, kind, unit, dimensions, combine = "sum", overflow } = series;
    const key = { name, kind, unit, dimensions, ...(overflow && { overflow }) };
    return this.#levels.record(key, viewed, combine, value);
  }
}
