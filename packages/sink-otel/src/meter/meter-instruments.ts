import { quieten } from "@aiokpl/metrics-core/sink";
import type { EventSeries } from "@aiokpl/metrics-core";
import { type Attributes, type Meter, ValueType } from "@opentelemetry/api";
import { unitOf } from "../names/unit.ts";

/** Takes the values of one series, each of which stands for `count`, or for one. */
export type TakeValue = (value: number, count?: number) => void;

/** An instrument: for the attributes of a series, it returns what takes the series' values. */
type Instrument = (attributes: Attributes) => TakeValue;

/**
 * The instruments of a meter, each made once. They leave out NaN and infinities, which would spoil
 * the SDK's totals for good, and negative values where OpenTelemetry allows none.
 */
export class MeterInstruments {
  readonly #meter: Meter;
  readonly #boundaries: readonly number[] | undefined;
  readonly #instruments = new Map<string, Instrument>();

  /** @param boundaries advice for the buckets of distributions; undefined for the SDK's own */
  constructor(meter: Meter, boundaries: readonly number[] | undefined) {
    this.#meter = meter;
    this.#boundaries = boundaries;
  }

  /** Returns the instrument of this name, and makes it for a series' metric if there is none. */
  get(name: string, series: EventSeries): Instrument {
    let instrument = this.#instruments.get(name);
    if (instrument === undefined)
      this.#instruments.set(name, (instrument = this.#make(name, series)));
    return instrument;
  }

  #make(name: string, { kind, unit, description = "" }: EventSeries): Instrument {
    const options = { description, unit: unitOf(unit), valueType: ValueType.DOUBLE };
    switch (kind) {
      case "counter": {
        const counter = this.#meter.createCounter(name, options);
        return (attributes) => (value) => {
          if (value >= 0 && value < Infinity) quieten(counter.add(value, attributes));
        };
      }
      case "gauge": {
        const gauge = this.#meter.createGauge(name, options);
        return (attributes) => (value) => {
          if (Number.isFinite(value)) quieten(gauge.record(value, attributes));
        };
      }
      case "distribution": {
        const boundaries = this.#boundaries;
        const advice = boundaries && { advice: { explicitBucketBoundaries: [...boundaries] } };
        const histogram = this.#meter.createHistogram(name, { ...options, ...advice });
        return (attributes) =>
          (value, count = 1) => {
            if (!(value >= 0 && value < Infinity)) return;
            for (let i = 0; i < count; i++) quieten(histogram.record(value, attributes));
          };
      }
    }
  }
}
