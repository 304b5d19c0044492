import type { EventfulMetricsSink, MetricEvent, MetricsSink } from "@aiokpl/metrics-core";
import type { Breach } from "./breach.ts";
import { describeThrown, excerpt } from "./excerpt.ts";
import { isThenable, quieten } from "./promise-like.ts";

/** Which of an eventful sink's methods is given the observations. */
export type RecordingMethod = "record" | "bind";

type Take = (value: number, count?: number) => unknown;

/** Gives observations to an eventful sink, in the caller's turn, as a manager does. */
export class EventRecorder {
  readonly #sink: EventfulMetricsSink;
  readonly #breach: Breach;
  readonly #bound = new Map<string, Take>();

  constructor(sink: EventfulMetricsSink, breach: Breach) {
    this.#sink = sink;
    this.#breach = breach;
  }

  /** Gives one observation, through `bind` where the sink has it, as a manager would. */
  give(event: MetricEvent): void {
    this.giveThrough(this.#sink.bind === undefined ? "record" : "bind", event);
  }

  /** Gives one observation through the method named. A sink without `bind` gets it through `record`. */
  giveThrough(method: RecordingMethod, event: MetricEvent): void {
    if (method === "record" || this.#sink.bind === undefined) {
      this.#checkSync("record()", () => this.#sink.record(event));
      return;
    }
    const take = this.#boundTo(event);
    this.#checkSync("the function that bind() returns", () => take(event.value, event.count));
  }

  #boundTo({ value: _value, count: _count, timestamp: _timestamp, ...series }: MetricEvent): Take {
    const key = JSON.stringify([series.name, series.kind, series.dimensions, series.overflow]);
    const already = this.#bound.get(key);
    if (already !== undefined) return already;
    const take = this.#call("bind()", () => this.#sink.bind?.(Object.freeze(series)));
    if (!isFunction(take)) {
      quieten(take);
      return this.#breach(
        "bind() returns a function, in the same turn",
        `It returned ${excerpt(take)}.`,
      );
    }
    this.#bound.set(key, take);
    return take;
  }

  #checkSync(what: string, call: () => unknown): void {
    const returned = this.#call(what, call);
    if (!isThenable(returned)) return;
    quieten(returned);
    this.#breach(`${what} works in the caller's turn`, "It returned a promise.");
  }

  #call(what: string, call: () => unknown): unknown {
    try {
      return call();
    } catch (error) {
      return this.#breach(`${what} does not throw`, `It threw: ${describeThrown(error)}`, error);
    }
  }
}

/** Whether a sink wants each observation. */
export function isEventful(sink: MetricsSink): sink is EventfulMetricsSink {
  return "record" in sink && typeof sink.record === "function";
}

function isFunction(value: unknown): value is Take {
  return typeof value === "function";
}
