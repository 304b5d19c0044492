import type {
  Dimensions,
  EventfulMetricsSink,
  ExportResult,
  MetricEvent,
  MetricSnapshot,
} from "@aiokpl/metrics-core";
import {
  checkFunction,
  hasMethods,
  hasOnlyKeys,
  plainObject,
  show,
  wholeNumber,
} from "@aiokpl/metrics-core/sink";
import {
  type Attributes,
  createNoopMeter,
  type Meter,
  type MeterProvider,
  metrics,
  ValueType,
} from "@opentelemetry/api";
import { untilAborted } from "./export-call.ts";
import { checkBoundaries } from "./explicit-buckets.ts";
import { InstrumentNames, unitOf } from "./instrument-names.ts";
import { SCOPE } from "./scope.ts";
import { DEFAULT_SERIES_LIMIT, SeriesLimit } from "./series-limit.ts";
import { toAttributes } from "./to-metric-data.ts";

/** Options of {@link OpenTelemetrySink}; each may be left out or undefined. */
export interface OpenTelemetrySinkOptions {
  /** The meter to record into. @default one of `meterProvider` */
  readonly meter?: Meter | undefined;
  /** The provider whose meter is used. @default the one that is registered globally, also if that is later */
  readonly meterProvider?: MeterProvider | undefined;
  /** The prefix of names, with a dot after it; `""` for none. @default "aiokpl" */
  readonly namespace?: string | undefined;
  /** The instrument's name, without the namespace, for a metric's; such as `semanticMetricName`. @default the same */
  readonly nameOf?: ((name: string) => string) | undefined;
  /** Advice to the SDK: boundaries of the distributions' buckets, ascending, in their units. A view comes first. @default the SDK's */
  readonly explicitBucketBoundaries?: readonly number[] | undefined;
  /** Most series that a metric has in the life of the process, the overflow series included; 2 to 1,000,000. @default 2,000 */
  readonly maxSeriesPerMetric?: number | undefined;
  /** Told, once for each message, of what is folded or left out. @default a process warning */
  readonly onWarning?: ((message: string) => void) | undefined;
}

const OPTIONS: readonly (keyof OpenTelemetrySinkOptions)[] = [
  "meter",
  "meterProvider",
  "namespace",
  "nameOf",
  "explicitBucketBoundaries",
  "maxSeriesPerMetric",
  "onWarning",
];

/** An instrument, and the attributes of its series. */
interface Recorder {
  readonly record: (value: number, attributes: Attributes) => void;
  readonly takesNegative: boolean;
  /** A series' events have the same array of dimensions for as long as it lives. */
  readonly attributes: WeakMap<Dimensions, Attributes>;
}

const NO_PROVIDER =
  "no MeterProvider is registered, and what is recorded goes nowhere: start the SDK before, or pass meterProvider; if one is registered, " +
  "`npm ls @opentelemetry/api` shows whether there are two copies of the API";

/**
 * Feeds every observation to a meter of the program's own OpenTelemetry SDK, whose views, readers and
 * exporters apply as to any instrument. What becomes of it there can't be learned.
 */
export class OpenTelemetrySink implements EventfulMetricsSink {
  readonly name = "opentelemetry";
  readonly acknowledges = false;
  readonly #options: OpenTelemetrySinkOptions;
  readonly #names: InstrumentNames;
  readonly #limit: SeriesLimit;
  readonly #boundaries: readonly number[] | undefined;
  readonly #recorders = new Map<string, Recorder | undefined>();
  /** What was recorded while there was no provider. */
  readonly #dropped = new WeakSet<MetricSnapshot>();
  readonly #warned = new Set<string>();
  #meter: Meter | undefined;
  #wasAsked = false;

  /** @throws TypeError or RangeError for a wrong option, naming it, its value and what is allowed. */
  constructor(options: OpenTelemetrySinkOptions = {}) {
    hasOnlyKeys(plainObject("options", options), OPTIONS);
    const { meter, meterProvider, namespace = "aiokpl", nameOf, onWarning } = options;
    const { explicitBucketBoundaries } = options;
    if (meter !== undefined)
      hasMethods("meter", meter, ["createCounter", "createGauge", "createHistogram"]);
    if (meterProvider !== undefined) hasMethods("meterProvider", meterProvider, ["getMeter"]);
    if (meter !== undefined && meterProvider !== undefined)
      throw new TypeError("meterProvider can't be combined with meter, which is in its place");
    if (typeof namespace !== "string")
      throw new TypeError(`namespace is ${show(namespace)}, must be a string`);
    if (nameOf !== undefined) checkFunction("nameOf", nameOf);
    if (onWarning !== undefined) checkFunction("onWarning", onWarning);
    this.#boundaries =
      explicitBucketBoundaries &&
      checkBoundaries("explicitBucketBoundaries", explicitBucketBoundaries);
    const limit = wholeNumber(
      "maxSeriesPerMetric",
      options.maxSeriesPerMetric ?? DEFAULT_SERIES_LIMIT,
      2,
      1_000_000,
    );
    this.#options = options;
    this.#names = new InstrumentNames(namespace, nameOf ?? ((name) => name));
    this.#limit = new SeriesLimit(limit, (metric) =>
      this.#warn(
        `${metric} has ${limit} series, its limit for the life of the process; further ones are one series with otel.metric.overflow`,
      ),
    );
  }

  record(event: MetricEvent): void {
    const recorder = this.#recorders.get(event.name) ?? this.#recorderOf(event);
    if (recorder === undefined) return;
    const { value, dimensions } = event;
    if (value < 0 && !recorder.takesNegative) {
      this.#warn(
        `negative values of ${event.name} are left out: OpenTelemetry's histograms take none; OpenTelemetryExporterSink does`,
      );
      return;
    }
    const attributes = recorder.attributes.get(dimensions) ?? this.#attributesOf(event, recorder);
    recorder.record(value, attributes);
  }

  /**
   * Marks what went nowhere, and looks for a provider: so one that is registered later gets whole
   * windows from then on.
   */
  prepare(window: readonly MetricSnapshot[]): readonly MetricSnapshot[] {
    if (this.#wasAsked && this.#meter === undefined) {
      for (const snapshot of window) this.#dropped.add(snapshot);
      this.#wasAsked = false;
    }
    return window;
  }

  /** Rejects what went nowhere; the rest has been handed over. */
  async export(snapshots: readonly MetricSnapshot[]): Promise<ExportResult> {
    const rejected = snapshots.flatMap((snapshot) => {
      const reason = this.#dropped.has(snapshot)
        ? NO_PROVIDER
        : this.#names.of(snapshot.name, snapshot.kind).refusal;
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

  #recorderOf(event: MetricEvent): Recorder | undefined {
    if (this.#recorders.has(event.name)) return undefined;
    const meter = this.#meterNow();
    if (meter === undefined) return undefined;
    const { name } = this.#names.of(event.name, event.kind);
    const recorder = name === undefined ? undefined : this.#create(meter, name, event);
    this.#recorders.set(event.name, recorder);
    return recorder;
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

  #create(meter: Meter, name: string, { kind, unit, description = "" }: MetricEvent): Recorder {
    const options = { description, unit: unitOf(unit), valueType: ValueType.DOUBLE };
    const attributes = new WeakMap<Dimensions, Attributes>();
    if (kind === "counter") {
      const counter = meter.createCounter(name, options);
      return { record: (value, of) => counter.add(value, of), takesNegative: false, attributes };
    }
    if (kind === "gauge") {
      const gauge = meter.createGauge(name, options);
      return { record: (value, of) => gauge.record(value, of), takesNegative: true, attributes };
    }
    const histogram = meter.createHistogram(name, {
      ...options,
      ...(this.#boundaries && {
        advice: { explicitBucketBoundaries: [...this.#boundaries] },
      }),
    });
    return { record: (value, of) => histogram.record(value, of), takesNegative: false, attributes };
  }

  #attributesOf({ name, dimensions }: MetricEvent, recorder: Recorder): Attributes {
    const isAdmitted = this.#limit.admits(name, JSON.stringify(dimensions));
    const attributes = isAdmitted ? toAttributes(dimensions, false) : toAttributes([], true);
    recorder.attributes.set(dimensions, attributes);
    return attributes;
  }

  #warn(message: string): void {
    if (this.#warned.has(message) || this.#warned.size >= 1_000) return;
    this.#warned.add(message);
    (this.#options.onWarning ?? emitWarning)(`sink "opentelemetry": ${message}`);
  }
}

function emitWarning(message: string): void {
  process.emitWarning(message, "OpenTelemetrySinkWarning");
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
