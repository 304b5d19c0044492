import { checkCatalogue } from "./catalogues/check-catalogue.ts";
import type { MetricCatalogue } from "./contract/catalogue.ts";
import type { Clock } from "./contract/clock.ts";
import type { DimensionValues, Dimensions } from "./contract/dimensions.ts";
import type { BoundMetric } from "./contract/bound-metric.ts";
import type { Metrics } from "./contract/metrics.ts";
import type { ObserveOptions } from "./contract/observe-args.ts";
import type { Problems } from "./problems/problems.ts";
import { isThenable, messageOf, quieten } from "./problems/thrown.ts";
import { bindSeries } from "./recording/bound-series.ts";
import { recordElapsedTime, unitOfTime } from "./recording/elapsed-time.ts";
import { inheritedDimensions, withInherited } from "./recording/inherited-dimensions.ts";
import type { Observers } from "./recording/observed/observers.ts";
import { quoted } from "./recording/refusal.ts";
import type { SeriesStore } from "./recording/series-store.ts";
import { unitsPerMs } from "./recording/time-units.ts";
import { whenDone } from "./recording/when-done.ts";

/** The handle that is returned where there can be none. */
const unrecorded: BoundMetric = /* @__PURE__ */ Object.freeze({
  put() {},
  add() {},
  putMany() {},
});

/** Where a {@link Recorder} records. */
export interface Recording {
  readonly store: SeriesStore;
  readonly observers: Observers;
  readonly problems: Problems;
  readonly clock: Clock;
  /** False where the level leaves out all metrics: nothing is recorded, refused or exported. */
  isRecording: boolean;
  /** Starts the schedule, if that has not happened. */
  start(): void;
}

/** The methods with which a program records, as {@link Recorder} has them, for any names, values and dimensions. */
class UntypedRecorder {
  readonly #recording: Recording;
  readonly #inherited: Dimensions | undefined;

  constructor(recording: Recording, inherited?: Dimensions) {
    this.#recording = recording;
    this.#inherited = inherited;
  }

  count(name: string, value?: number, dimensions?: DimensionValues): void {
    // oxlint-disable-next-line prefer-rest-params -- count(name) counts 1, but an explicit undefined is refused; a rest parameter would allocate
    const given = arguments.length < 2 ? 1 : value;
    const { isRecording, store } = this.#recording;
    if (isRecording) store.record(name, "counter", given, dimensions, this.#inherited);
  }

  gauge(name: string, value?: number, dimensions?: DimensionValues): void {
    const { isRecording, store } = this.#recording;
    if (isRecording) store.record(name, "gauge", value, dimensions, this.#inherited);
  }

  add(name: string, delta?: number, dimensions?: DimensionValues): void {
    const { isRecording, store } = this.#recording;
    if (isRecording) store.move(name, delta, dimensions, this.#inherited);
  }

  distribution(name: string, value?: number, dimensions?: DimensionValues, count?: number): void {
    const { isRecording, store } = this.#recording;
    if (!isRecording) return;
    if (count === undefined) store.record(name, "distribution", value, dimensions, this.#inherited);
    else store.recordMany(name, value, count, dimensions, this.#inherited);
  }

  put(name: string, value?: number, dimensions?: DimensionValues): void {
    const { isRecording, store } = this.#recording;
    if (!isRecording) return;
    // oxlint-disable-next-line prefer-rest-params -- as in count()
    const isLeftOut = arguments.length < 2 && store.metrics.known(name)?.kind === "counter";
    store.record(name, undefined, isLeftOut ? 1 : value, dimensions, this.#inherited);
  }

  with(dimensions: DimensionValues = {}): unknown {
    return new UntypedRecorder(this.#recording, this.#inherit(dimensions));
  }

  bind(name: string, dimensions?: DimensionValues): unknown {
    const { store, problems } = this.#recording;
    try {
      return bindSeries(store, name, dimensions, this.#inherited);
    } catch (cause) {
      if (store.metrics.isClosed) return unrecorded;
      const message = `metric ${quoted(name)} was bound to dimensions that can't be read: ${messageOf(cause)}`;
      problems.notice("invalid_dimensions", message, { metric: name, cause });
      return unrecorded;
    }
  }

  observe(
    name: string,
    read: () => unknown,
    dimensions?: DimensionValues,
    options?: ObserveOptions,
  ): () => void {
    const { isRecording, observers } = this.#recording;
    if (isRecording) this.#recording.start();
    const inherited = this.#inherited;
    const all = inherited === undefined ? dimensions : withInherited(inherited, dimensions ?? {});
    return observers.add(name, read, all, options);
  }

  time(name: string, work: () => unknown, given?: unknown): unknown {
    const { store } = this.#recording;
    const stop = this.#startTimer(name);
    return whenDone(work, (error, result) => {
      if (typeof given !== "function") return void stop(given as DimensionValues | undefined);
      if (!this.#isRecorded(name)) return;
      // What the program's function throws must not replace what `work` returned or threw.
      try {
        const dimensions: unknown = given(error, result);
        if (isThenable(dimensions)) {
          quieten(dimensions);
          throw new TypeError("it returned a promise, but must return the dimensions");
        }
        stop(dimensions as DimensionValues | undefined);
      } catch (cause) {
        const message = `the function that gives the dimensions of metric ${quoted(name)} failed: ${messageOf(cause)}`;
        const closed = store.metrics.refusalOf(name, undefined, 0, "distribution");
        store.metrics.refuse(
          closed ?? { code: "invalid_dimensions", message, metric: name, cause },
        );
      }
    });
  }

  timer(name: string): (dimensions?: DimensionValues) => number {
    return this.#startTimer(name);
  }

  declare(catalogue: MetricCatalogue): unknown {
    checkCatalogue(catalogue);
    if (this.#recording.store.declare(catalogue)) this.#recording.start();
    return this;
  }

  #inherit(dimensions: DimensionValues): Dimensions | undefined {
    const { problems } = this.#recording;
    try {
      return inheritedDimensions(this.#inherited, dimensions, (name) =>
        problems.notice(
          "invalid_dimension_value",
          `with() was given a dimension ${quoted(name)} that is neither string, number nor boolean; it is left out`,
          {},
        ),
      );
    } catch (cause) {
      const message = `with() was given dimensions that can't be read: ${messageOf(cause)}`;
      problems.notice("invalid_dimensions", message, { cause });
      return this.#inherited;
    }
  }

  /** Whether the level leaves the metric in. */
  #isRecorded(name: string): boolean {
    const { isRecording, store } = this.#recording;
    return isRecording && !store.metrics.isOff(name);
  }

  #startTimer(name: string): (dimensions?: DimensionValues) => number {
    const { clock } = this.#recording;
    const start = clock.monotonicTime();
    return (dimensions) => {
      const elapsedMs = clock.monotonicTime() - start;
      const { isRecording, store } = this.#recording;
      if (isRecording) recordElapsedTime(store, name, elapsedMs, dimensions, this.#inherited);
      return elapsedMs * (unitsPerMs(unitOfTime(store, name)) ?? 1);
    };
  }
}

/** What a {@link Recorder} is: the methods, and the catalogue that it was made for. */
interface RecordedMetrics<C extends MetricCatalogue> extends Metrics<C> {
  readonly "~catalogue"?: C | undefined;
}

/**
 * The methods with which a program records: a manager's own, and those of its views, whose observations inherit
 * dimensions. Their types are those of {@link Metrics}, as a class can't take them over from an interface.
 */
export const Recorder: new <const C extends MetricCatalogue>(
  recording: Recording,
  inherited?: Dimensions,
) => RecordedMetrics<C> = UntypedRecorder as new <const C extends MetricCatalogue>(
  recording: Recording,
  inherited?: Dimensions,
) => RecordedMetrics<C>;
