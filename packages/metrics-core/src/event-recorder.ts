import type { Clock } from "./clock.ts";
import type { Metric } from "./metric.ts";
import type { MetricEvent } from "./metric-event.ts";
import type { EventfulMetricsSink, MetricsSink } from "./metrics-sink.ts";
import type { Problems } from "./problems.ts";
import type { Series } from "./series.ts";
import { messageOf, quieten } from "./thrown.ts";

/** Told of each accepted observation. */
export type OnRecord = (metric: Metric, series: Series, value: number) => void;

/** Passes observations on to the sinks that want them; undefined where none does. Never throws. */
export function eventRecorder(
  all: readonly { readonly name: string; readonly sink: MetricsSink }[],
  clock: Clock,
  problems: Problems,
): OnRecord | undefined {
  const sinks = all.flatMap(({ name, sink }) => (isEventful(sink) ? { name, sink } : []));
  if (sinks.length === 0) return undefined;
  return (metric, series, value) => {
    const { name, kind, unit, description } = metric.properties;
    const timestamp = clock.wallTime();
    const dimensions = metric.dimensionsOf(series);
    // Spread where it is rare only: it costs as much as all the rest.
    let event: MetricEvent =
      description === undefined
        ? { name, kind, unit, value, timestamp, dimensions }
        : { name, kind, unit, description, value, timestamp, dimensions };
    if (metric.isOverflow(series)) event = { ...event, overflow: true };
    for (const each of sinks) {
      try {
        quieten(each.sink.record(event));
      } catch (cause) {
        const message = `sink "${each.name}" failed to record metric "${name}": ${messageOf(cause)}`;
        problems.notice("record_failed", message, { sink: each.name, metric: name, cause });
      }
    }
  };
}

function isEventful(sink: MetricsSink): sink is EventfulMetricsSink {
  return "record" in sink && typeof sink.record === "function";
}
