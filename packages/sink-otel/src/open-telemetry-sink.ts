import type {
  EventfulMetricsSink,
  EventSeries,
  ExportResult,
  MetricEvent,
  MetricSnapshot,
  PreparedWindow,
  RejectedSnapshot,
  WindowPart,
} from "@aiokpl/metrics-core";
import { hasMethods } from "@aiokpl/metrics-core/sink";
import { createNoopMeter, type Meter, type MeterProvider, metrics } from "@opentelemetry/api";
import { untilAborted } from "./exporter/until-aborted.ts";
import { SCOPE } from "./metric-data/scope.ts";
import { toAttributes } from "./metric-data/attributes.ts";
import { LeftOutWeights, MOST_REPEATS } from "./meter/left-out-weights.ts";
import { MeterInstruments, type TakeValue } from "./meter/meter-instruments.ts";
import { otherApiProblem } from "./meter/other-api.ts";
import { splitNegatives } from "./meter/split-negatives.ts";
import { type Bridge, type BridgeOptions, settleBridgeOptions } from "./options/bridge-options.ts";
import { keyOf } from "./series/series-key.ts";
import { SeriesLimit } from "./series/series-limit.ts";

/** Options of {@link OpenTelemetrySink}; each may be left out or undefined. */
export interface OpenTelemetrySinkOptions extends BridgeOptions {
  /** The meter to record into. @default a meter of `meterProvider` */
  readonly meter?: Meter | undefined;
  /** The provider to take the meter from. @default the globally registered provider, even one that is registered later */
  readonly meterProvider?: MeterProvider | undefined;
  /** Advice to the SDK: boundaries of the distributions' buckets, in ascending order and in the metrics' units. A view overrides it. @default the SDK's own buckets */
  readonly explicitBucketBoundaries?: readonly number[] | undefined;
}

/** Whether there is a meter. The question is asked once per window, so that no window is recorded in part. */
type MeterState =
  | { readonly is: "unasked" }
  | { readonly is: "missing"; readonly reason: string }
  | { readonly is: "found"; readonly instruments: MeterInstruments };

const NO_PROVIDER =
  "no MeterProvider is registered, so observations go nowhere: start the SDK first, or pass the option meterProvider";

/** What the sink calls of a meter. Meters have made gauges since SDK 1.25. */
const METER_METHODS = ["createCounter", "createGauge", "createHistogram"];

const NO_METER =
  "the MeterProvider's meter has no method createCounter, createGauge or createHistogram: update @opentelemetry/sdk-metrics to 1.25 or later";

const NEGATIVE =
  "OpenTelemetry's histograms take no negative values; OpenTelemetryExporterSink delivers them";

const TOO_MANY = `OpenTelemetry's API takes one measurement a call, so a value that stands for more than ${MOST_REPEATS} is left out; OpenTelemetryExporterSink delivers it`;

/**
 * Records every observation into a meter of your own OpenTelemetry SDK. Its views, readers and
 * exporters treat the observations like those of any instrument. The sink can't learn what the SDK
 * exported.
 *
 * A value that stands for many is recorded so many times, up to 1,000. One that stands for more is left out, and
 * counted as rejected, because the program would have to wait for all the calls.
 */
export class OpenTelemetrySink implements EventfulMetricsSink {
  /** Always "opentelemetry". */
  readonly name = "opentelemetry";
  /** Always false: what the SDK exports is not known here. */
  readonly acknowledges = false;
  readonly #options: OpenTelemetrySinkOptions;
  readonly #bridge: Bridge;
  readonly #limit: SeriesLimit;
  readonly #leftOut = new LeftOutWeights();
  #meter: MeterState = { is: "unasked" };
  /** Whether there was a meter for the window that is being closed in parts; undefined between two windows. */
  #closing: MeterState | undefined;

  /** @throws TypeError or RangeError for a wrong option; the message names it, its value and what is allowed. */
  constructor(options: OpenTelemetrySinkOptions = {}) {
    this.#bridge = settleBridgeOptions(
      options,
      ["meter", "meterProvider"],
      "OpenTelemetrySinkWarning",
    );
    const { meter, meterProvider } = options;
    if (meter !== undefined) hasMethods("meter", meter, METER_METHODS);
    if (meterProvider !== undefined) hasMethods("meterProvider", meterProvider, ["getMeter"]);
    if (meter !== undefined && meterProvider !== undefined)
      throw new TypeError("meterProvider can't be combined with meter: leave out one of them");
    const { maxSeriesPerMetric, warnings } = this.#bridge;
    this.#limit = new SeriesLimit(maxSeriesPerMetric, warnings);
    this.#options = options;
  }

  /**
   * Checks the meter of a provider that is there already.
   *
   * @throws Error if it can't make all instruments, because the SDK is too old; `retryable` is false then
   */
  async open(): Promise<void> {
    const state = this.#lookForMeter();
    if (state.is === "missing" && state.reason === NO_METER)
      throw Object.assign(new Error(NO_METER), { retryable: false });
  }

  /** Records one observation; {@link bind} is faster for many of one series. */
  record(event: MetricEvent): void {
    this.bind(event)(event.value, event.count);
  }

  /** Finds a series' instrument and attributes once, or with each value as long as there is no meter. */
  bind(series: EventSeries): TakeValue {
    let take = this.#takerOf(series);
    return (
      take ??
      ((value, count) => {
        take ??= this.#takerOf(series);
        take?.(value, count);
      })
    );
  }

  /**
   * Rejects what did not reach the meter. Without a meter that is the whole window, and the next
   * window begins with a new look for a provider, which then gets all of that window.
   */
  prepare(
    window: readonly MetricSnapshot[],
    part: WindowPart = { last: true },
  ): readonly MetricSnapshot[] | PreparedWindow {
    const closing = this.#closing ?? this.#meter;
    // The next window is being recorded already, so it must not wait for the last part of this one.
    if (this.#closing === undefined && closing.is === "missing") this.#meter = { is: "unasked" };
    this.#closing = part.last ? undefined : closing;
    if (closing.is === "missing") {
      const { reason } = closing;
      return { snapshots: [], rejected: window.map((snapshot) => ({ snapshot, reason })) };
    }
    const snapshots: MetricSnapshot[] = [];
    const rejected: RejectedSnapshot[] = [];
    for (const snapshot of window) {
      const { refusal } = this.#bridge.names.assign(snapshot);
      if (refusal !== undefined) rejected.push({ snapshot, reason: refusal });
      else if (snapshot.kind !== "distribution") snapshots.push(snapshot);
      else {
        const { negative, others } = splitNegatives(snapshot);
        if (negative !== undefined) rejected.push({ snapshot: negative, reason: NEGATIVE });
        if (others === undefined) continue;
        const { leftOut, others: recorded } = this.#leftOut.takeFrom(others);
        if (leftOut !== undefined) rejected.push({ snapshot: leftOut, reason: TOO_MANY });
        if (recorded !== undefined) snapshots.push(recorded);
      }
    }
    return rejected.length === 0 ? snapshots : { snapshots, rejected };
  }

  /** Does nothing: what is exported was recorded before, one observation at a time. */
  async export(_snapshots: readonly MetricSnapshot[]): Promise<ExportResult> {
    return {};
  }

  /**
   * Asks the provider to flush, and does not shut it down. A provider is not known for the option
   * `meter`. Says how often each warning was repeated.
   */
  async close({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    this.#bridge.warnings.sumUp();
    const provider: unknown = this.#options.meterProvider ?? metrics.getMeterProvider();
    if (this.#options.meter !== undefined || !canFlush(provider)) return;
    await untilAborted(provider.forceFlush(), signal);
  }

  /** Returns what takes the values of a series; undefined as long as there is no meter. */
  #takerOf(series: EventSeries): TakeValue | undefined {
    if (this.#meter.is === "unasked") this.#meter = this.#lookForMeter();
    if (this.#meter.is !== "found") return undefined;
    const { name } = this.#bridge.names.assign(series);
    // prepare() rejects what has no name.
    if (name === undefined) return () => {};
    const instrument = this.#meter.instruments.get(name, series);
    const isOwn = series.overflow === true || this.#limit.claim(name, keyOf(series));
    const take = instrument(toAttributes(isOwn ? series : { dimensions: [], overflow: true }));
    // Only a value of a distribution can stand for many.
    if (series.kind !== "distribution") return take;
    return (value, count) => {
      if (count === undefined || count <= MOST_REPEATS) take(value, count);
      else if (value >= 0) this.#leftOut.add(series, value, count);
    };
  }

  #lookForMeter(): MeterState {
    const { meter, meterProvider } = this.#options;
    const found = meter ?? (meterProvider ?? metrics).getMeter(SCOPE.name, SCOPE.version);
    if (found === createNoopMeter())
      return { is: "missing", reason: otherApiProblem() ?? NO_PROVIDER };
    if (!isMeter(found)) return { is: "missing", reason: NO_METER };
    return { is: "found", instruments: new MeterInstruments(found, this.#bridge.boundaries) };
  }
}

function isMeter(value: unknown): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    METER_METHODS.every((method) => typeof Reflect.get(value, method) === "function")
  );
}

/** The SDK's providers can flush, although the API's type does not say so. */
function canFlush(provider: unknown): provider is { forceFlush(): Promise<void> } {
  return (
    typeof provider === "object" &&
    provider !== null &&
    "forceFlush" in provider &&
    typeof provider.forceFlush === "function"
  );
}
