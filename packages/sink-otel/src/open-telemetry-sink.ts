import type {
  EventfulMetricsSink,
  EventSeries,
  ExportResult,
  MetricEvent,
  MetricSnapshot,
} from "@aiokpl/metrics-core";
import { hasMethods } from "@aiokpl/metrics-core/sink";
import {
  type Attributes,
  createNoopMeter,
  type Meter,
  type MeterProvider,
  metrics,
  ValueType,
} from "@opentelemetry/api";
import { type Bridge, type BridgeOptions, settleBridgeOptions } from "./options/bridge-options.ts";
import { untilAborted } from "./exporter/export-call.ts";
import { unitOf } from "./names/instrument-names.ts";
import { SCOPE } from "./metric-data/scope.ts";
import { keyOf } from "./series/series-limit.ts";
import { toAttributes } from "./metric-data/to-metric-data.ts";

/** Options of {@link OpenTelemetrySink}; each may be left out or undefined. */
export interface OpenTelemetrySinkOptions extends BridgeOptions {
  /** The meter to record into. @default one of `meterProvider` */
  readonly meter?: Meter | undefined;
  /** The provider whose meter is used. @default the one that is registered globally, also if that is later */
  readonly meterProvider?: MeterProvider | undefined;
  /** Advice to the SDK: boundaries of the distributions' buckets, ascending, in their units. A view comes first. @default the SDK's */
  readonly explicitBucketBoundaries?: readonly number[] | undefined;
}

/** Takes the values of a series. */
type TakeValue = (value: number) => void;

/** An instrument, which has for each series' attributes what takes its values. */
type Instrument = (attributes: Attributes) => TakeValue;

const NO_PROVIDER =
  "no MeterProvider is registered, and what is recorded goes nowhere: start the SDK before, or pass meterProvider; if one is registered, " +
  "`npm ls @opentelemetry/api` shows whether there are two copies of the API";

const NEGATIVE =
  "OpenTelemetry's histograms take no negative values; OpenTelemetryExporterSink does";

/**
 * Feeds every observation to a meter of the program's own OpenTelemetry SDK, whose views, readers and
 * exporters apply as to any instrument. What becomes of it there can't be learned.
 */
export class OpenTelemetrySink implements EventfulMetricsSink {
  readonly name = "opentelemetry";
  readonly acknowledges = false;
  readonly #options: OpenTelemetrySinkOptions;
  readonly #bridge: Bridge;
  /** By metric. */
  readonly #instruments = new Map<string, Instrument>();
  /** What did not go to an instrument, and why. */
  readonly #refused = new WeakMap<MetricSnapshot, string>();
  #meter: Meter | undefined;
  #wasAsked = false;

  /** @throws TypeError or RangeError for a wrong option, naming it, its value and what is allowed. */
  constructor(options: OpenTelemetrySinkOptions = {}) {
    this.#bridge = settleBridgeOptions(
      options,
      ["meter", "meterProvider"],
      "OpenTelemetrySinkWarning",
    );
    const { meter, meterProvider } = options;
    if (meter !== undefined)
      hasMethods("meter", meter, ["createCounter", "createGauge", "createHistogram"]);
    if (meterProvider !== undefined) hasMethods("meterProvider", meterProvider, ["getMeter"]);
    if (meter !== undefined && meterProvider !== undefined)
      throw new TypeError("meterProvider can't be combined with meter, which is in its place");
    this.#options = options;
  }

  record(event: MetricEvent): void {
    this.bind(event)(event.value);
  }

  /** Finds instrument and attributes once for a series, or with each value until there is a meter. */
  bind(series: EventSeries): TakeValue {
    let take = this.#takerOf(series);
    return (
      take ??
      ((value) => {
        take ??= this.#takerOf(series);
        take?.(value);
      })
    );
  }

  /**
   * Marks what went nowhere, and looks for a provider: so one that is registered later gets whole
   * windows from then on.
   */
  prepare(window: readonly MetricSnapshot[]): readonly MetricSnapshot[] {
    if (!this.#wasAsked || this.#meter !== undefined)
      return window.flatMap((snapshot) => this.#withoutNegatives(snapshot));
    this.#wasAsked = false;
    for (const snapshot of window) this.#refused.set(snapshot, NO_PROVIDER);
    return window;
  }

  /** Rejects what went nowhere; the rest has been handed over. */
  async export(snapshots: readonly MetricSnapshot[]): Promise<ExportResult> {
    const rejected = snapshots.flatMap((snapshot) => {
      const reason = this.#refused.get(snapshot) ?? this.#bridge.names.of(snapshot).refusal;
      return reason === undefined ? [] : [{ snapshot, reason }];
    });
    return { rejected };
  }

  /** Has a provider that was handed over, or is registered, pass on what it holds; it is not shut down. */
  async close({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    const provider: unknown = this.#options.meterProvider ?? metrics.getMeterProvider();
    if (this.#options.meter !== undefined || !canFlush(provider)) return;
    await untilAborted(provider.forceFlush(), signal);
  }

  /** What takes the values of a series; undefined while there is no meter. */
  #takerOf(series: EventSeries): TakeValue | undefined {
    const meter = this.#meterNow();
    if (meter === undefined) return undefined;
    const { names, limit } = this.#bridge;
    const { name } = names.of(series);
    if (name === undefined) return () => {};
    let instrument = this.#instruments.get(name);
    if (instrument === undefined)
      this.#instruments.set(name, (instrument = this.#createInstrument(meter, name, series)));
    const { dimensions, overflow } = series;
    const isOwn = overflow === true || limit.admits(name, keyOf(series));
    return instrument(isOwn ? toAttributes(dimensions, overflow === true) : toAttributes([], true));
  }

  /** Asked for once in a window, so that none is recorded in part. */
  #meterNow(): Meter | undefined {
    if (this.#meter !== undefined || this.#wasAsked) return this.#meter;
    this.#wasAsked = true;
    const { meter, meterProvider } = this.#options;
    const found = meter ?? (meterProvider ?? metrics).getMeter(SCOPE.name, SCOPE.version);
    if (found !== createNoopMeter()) this.#meter = found;
    return this.#meter;
  }

  /** NaN and infinities would spoil the SDK's totals for good, so they don't get there. */
  #createInstrument(
    meter: Meter,
    name: string,
    { kind, unit, description = "" }: EventSeries,
  ): Instrument {
    const { boundaries } = this.#bridge;
    const options = { description, unit: unitOf(unit), valueType: ValueType.DOUBLE };
    if (kind === "counter") {
      const counter = meter.createCounter(name, options);
      return (attributes) => (value) => {
        if (value >= 0 && value < Infinity) counter.add(value, attributes);
      };
    }
    if (kind === "gauge") {
      const gauge = meter.createGauge(name, options);
      return (attributes) => (value) => {
        if (Number.isFinite(value)) gauge.record(value, attributes);
      };
    }
    const advice = boundaries && { advice: { explicitBucketBoundaries: [...boundaries] } };
    const histogram = meter.createHistogram(name, { ...options, ...advice });
    return (attributes) => (value) => {
      if (value >= 0 && value < Infinity) histogram.record(value, attributes);
    };
  }

  /** A distribution's negative values apart from the others, so that what was left out is counted. */
  #withoutNegatives(snapshot: MetricSnapshot): MetricSnapshot[] {
    const { kind, min, count, histogram } = snapshot;
    if (kind !== "distribution" || min >= 0) return [snapshot];
    const negatives =
      histogram?.negative.bucketCounts.reduce((sum, each) => sum + each, 0) ?? count;
    // Nothing is sent of these: the counts are for the manager's books, and the sum stays in one.
    const refused = { ...snapshot, count: negatives, sum: negatives < count ? 0 : snapshot.sum };
    this.#refused.set(refused, NEGATIVE);
    return negatives < count ? [refused, { ...snapshot, count: count - negatives }] : [refused];
  }
}

/** The SDK's providers can, and the API's type does not know. */
function canFlush(provider: unknown): provider is { forceFlush(): Promise<void> } {
  return (
    typeof provider === "object" &&
    provider !== null &&
    "forceFlush" in provider &&
    typeof provider.forceFlush === "function"
  );
}
