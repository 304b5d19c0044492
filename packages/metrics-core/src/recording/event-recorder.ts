import type { Clock } from "../contract/clock.ts";
import type { Metric } from "./metric.ts";
import type { EventSeries, MetricEvent } from "../contract/metric-event.ts";
import type { EventfulMetricsSink, MetricsSink } from "../contract/metrics-sink.ts";
import type { Problems } from "../problems/problems.ts";
import { quoted } from "./refusal.ts";
import type { Series } from "./series.ts";
import { isThenable, messageOf, quieten } from "../problems/thrown.ts";

/** Told of each accepted observation. */
export type OnRecord = (metric: Metric, series: Series, value: number, count?: number) => void;

/** Takes the values of a series; each stands for `count`, or for one. */
type Take = (value: number, count?: number) => unknown;

/** Passes observations on to the sinks that want them; undefined where none does. Never throws. */
export function eventRecorder(
  all: readonly { readonly name: string; readonly sink: MetricsSink }[],
  clock: Clock,
  problems: Problems,
): OnRecord | undefined {
  const sinks = all.flatMap(({ name, sink }) =>
    isEventful(sink) ? { name, sink, isTold: false } : [],
  );
  if (sinks.length === 0) return undefined;

  const bind = (metric: Metric, series: Series): ((value: number, count?: number) => void) => {
    const of = seriesOf(metric, series);
    const takers = sinks.map((each) => {
      let take: Take | undefined;
      return (value: number, count?: number): void => {
        // A sink that records something here would be called again for that, without end.
        if (each.isTold) return;
        each.isTold = true;
        try {
          take ??= takerOf(each.sink, of, clock);
          refusePromise("record()", take(value, count));
          each.isTold = false;
        } catch (cause) {
          each.isTold = false;
          const message = `sink "${each.name}" failed to record metric ${quoted(of.name)}: ${messageOf(cause)}`;
          problems.notice("record_failed", message, { sink: each.name, metric: of.name, cause });
        }
      };
    });
    const [only] = takers;
    if (only !== undefined && takers.length === 1) return only;
    return (value, count) => {
      for (const take of takers) take(value, count);
    };
  };
  return (metric, series, value, count) => (series.onValue ??= bind(metric, series))(value, count);
}

function seriesOf(metric: Metric, series: Series): EventSeries {
  const { name, kind, unit, description, combine } = metric.properties;
  return {
    name,
    kind,
    unit,
    ...(description === undefined ? undefined : { description }),
    dimensions: metric.dimensionsOf(series),
    ...(combine === "sum" ? undefined : { combine }),
    ...(metric.isOverflow(series) ? { overflow: true } : undefined),
  };
}

/** What takes the values of a series. */
function takerOf(sink: EventfulMetricsSink, series: EventSeries, clock: Clock): Take {
  if (sink.bind === undefined)
    return (value, count) => {
      const event = eventOf(series, value, clock.wallTime());
      return sink.record(count === undefined ? event : { ...event, count });
    };
  const take: unknown = sink.bind(series);
  refusePromise("bind()", take);
  if (typeof take !== "function") throw new TypeError("bind() must return a function");
  return take as Take;
}

/** @throws TypeError for a promise, whose own rejection is kept from the process. */
function refusePromise(method: string, returned: unknown): void {
  if (!isThenable(returned)) return;
  quieten(returned);
  throw new TypeError(`${method} returned a promise, but must not wait`);
}

/** Written out, because spreading the series costs as much as all the rest. */
function eventOf(series: EventSeries, value: number, timestamp: number): MetricEvent {
  const { name, kind, unit, description, dimensions, combine, overflow } = series;
  if (overflow === true || combine !== undefined) return { ...series, value, timestamp };
  return description === undefined
    ? { name, kind, unit, value, timestamp, dimensions }
    : { name, kind, unit, description, value, timestamp, dimensions };
}

/** Whether a sink wants each observation. */
export function isEventful(sink: MetricsSink): sink is EventfulMetricsSink {
  return "record" in sink && typeof sink.record === "function";
}
