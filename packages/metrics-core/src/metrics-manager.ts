/// <reference lib="esnext.disposable" preserve="true" />
import { checkCatalogue } from "./catalogues/check-catalogue.ts";
import type { CheckedCatalogue, MetricCatalogue } from "./contract/catalogue.ts";
import type { Clock } from "./contract/clock.ts";
import type { DimensionValues } from "./contract/dimensions.ts";
import type { MetricSnapshot } from "./contract/metric-snapshot.ts";
import type {
  ArgsOf,
  DimensionsOf,
  Metrics,
  NamesOf,
  ObserveOptions,
  OutcomeDimensions,
} from "./contract/metrics.ts";
import { Delivery } from "./delivery/delivery.ts";
import type { FlushResult } from "./delivery/flush-result.ts";
import { ExportCycle } from "./export-cycle.ts";
import type { ManagerStats } from "./manager-stats.ts";
import { type MetricsManagerOptions, settleOptions } from "./metrics-manager-options.ts";
import { Problems } from "./problems/problems.ts";
import { BoundSeries, unrecorded } from "./recording/bound-series.ts";
import { recordElapsedTime } from "./recording/elapsed-time.ts";
import { dimensionsOfOutcome, refuseOutcome } from "./recording/outcome-dimensions.ts";
import { eventRecorder } from "./recording/event-recorder.ts";
import { Observers } from "./recording/observed/observers.ts";
import { quoted } from "./recording/refusal.ts";
import { SeriesStore } from "./recording/series-store.ts";
import { whenDone } from "./recording/when-done.ts";
import { finiteClock } from "./windows/finite-clock.ts";
import { LONGEST_TIMEOUT_MS } from "./windows/longest-timeout.ts";
import { rootClock } from "./windows/root-clock.ts";
import { inRootContext } from "./windows/root-context.ts";

const DEFAULT_CLOSE_TIMEOUT_MS = 10_000;

/**
 * By default a flush waits this much longer than an export may take, so that its result includes a
 * timeout.
 */
const FLUSH_MARGIN_MS = 5_000;

/**
 * Aggregates a program's observations into windows and delivers each window to the sinks.
 *
 * Recording never throws, waits or does I/O. The first observation starts the schedule. Its timer
 * does not keep the process alive, so call `close()` at the end, which delivers what is left. A
 * manager reads nothing from the environment and has no global state: make as many as you need.
 */
export class MetricsManager<const C extends MetricCatalogue = MetricCatalogue>
  implements Metrics<C>, AsyncDisposable
{
  declare readonly "~catalogue"?: C | undefined;
  readonly #clock: Clock;
  readonly #problems: Problems;
  readonly #store: SeriesStore;
  readonly #observers: Observers;
  readonly #deliveries: readonly Delivery[];
  readonly #cycle: ExportCycle;
  readonly #exportTimeoutMs: number;
  /** False at level "none", at which nothing is recorded, refused or exported. */
  readonly #isRecording: boolean;

  /**
   * @throws TypeError or RangeError for a wrong option. The message names the option, its value and
   * what is allowed.
   */
  constructor(
    options: MetricsManagerOptions<C> & {
      readonly metrics?: CheckedCatalogue<C> | undefined;
    } = {},
  ) {
    const settled = settleOptions(options);
    const { sinks, level, exportIntervalMs, exportTimeoutMs } = settled;
    const clock = rootClock(finiteClock(settled.clock));
    const problems = new Problems((error) => inRootContext(() => settled.onError(error)));
    this.#clock = clock;
    this.#problems = problems;
    this.#exportTimeoutMs = exportTimeoutMs;
    this.#isRecording = level !== "none";
    this.#store = new SeriesStore({
      level,
      undeclared: settled.undeclared,
      commonDimensions: settled.commonDimensions,
      maxSeriesPerMetric: settled.maxSeriesPerMetric,
      maxDimensions: settled.maxDimensions,
      problems,
      onRecord: eventRecorder(sinks, clock, problems),
      onWindowBegun: () => this.#cycle.start(),
    });
    const store = this.#store;
    this.#observers = new Observers({ clock, store, problems, intervalMs: exportIntervalMs });
    const host = {
      snapshots: () => this.snapshots(),
      series: () => this.#cycle.peekEach(),
      now: () => clock.wallTime(),
      exportIntervalMs,
    };
    const { coalesceAfterSnapshots } = settled;
    const intervalMs = exportIntervalMs;
    this.#deliveries = sinks.map(
      (sink) =>
        new Delivery(sink, {
          clock,
          problems,
          host,
          exportTimeoutMs,
          coalesceAfterSnapshots,
          intervalMs,
        }),
    );
    this.#cycle = new ExportCycle({
      clock,
      intervalMs: exportIntervalMs,
      store: this.#store,
      observers: this.#observers,
      deliveries: this.#deliveries,
      problems,
    });
    if (this.#store.declare(settled.metrics)) this.#cycle.start();
  }

  /**
   * Opens the sinks now instead of at the first observation. Calling it is optional.
   *
   * @throws MetricsError (rejects) if a sink says that its configuration is wrong. It does not
   * reject if a vendor can't be reached: the sink is tried again.
   */
  async start(): Promise<void> {
    await this.#cycle.open();
  }

  count<K extends NamesOf<C>["counter"], _D = C[K]>(name: K, ...args: ArgsOf<C>[K]["put"]): void;
  count(name: string, value?: number, dimensions?: DimensionValues): void {
    // oxlint-disable-next-line prefer-rest-params -- count(name) counts 1, but an explicit undefined is refused; a rest parameter would allocate
    const given = arguments.length < 2 ? 1 : value;
    if (this.#isRecording) this.#store.record(name, "counter", given, dimensions);
  }

  gauge<K extends NamesOf<C>["gauge"], _D = C[K]>(name: K, ...args: ArgsOf<C>[K]["put"]): void;
  gauge(name: string, value?: number, dimensions?: DimensionValues): void {
    if (this.#isRecording) this.#store.record(name, "gauge", value, dimensions);
  }

  add<K extends NamesOf<C>["gauge"], _D = C[K]>(name: K, ...args: ArgsOf<C>[K]["put"]): void;
  add(name: string, delta?: number, dimensions?: DimensionValues): void {
    if (this.#isRecording) this.#store.move(name, delta, dimensions);
  }

  distribution<K extends NamesOf<C>["distribution"], _D = C[K]>(
    name: K,
    ...args: ArgsOf<C>[K]["put"]
  ): void;
  distribution(name: string, value?: number, dimensions?: DimensionValues): void {
    if (this.#isRecording) this.#store.record(name, "distribution", value, dimensions);
  }

  put<K extends keyof C & string, _D = C[K]>(name: K, ...args: ArgsOf<C>[K]["put"]): void;
  put(name: string, value?: number, dimensions?: DimensionValues): void {
    if (!this.#isRecording) return;
    // oxlint-disable-next-line prefer-rest-params -- as in count()
    const isLeftOut = arguments.length < 2 && this.#store.metrics.known(name)?.kind === "counter";
    this.#store.record(name, undefined, isLeftOut ? 1 : value, dimensions);
  }

  bind<K extends keyof C & string, _D = C[K]>(
    name: K,
    ...dimensions: ArgsOf<C>[K]["dimensions"]
  ): ArgsOf<C>[K]["bound"];
  bind(name: string, dimensions?: DimensionValues): unknown {
    if (!this.#isRecorded(name)) return unrecorded;
    try {
      return new BoundSeries(this.#store, name, dimensions);
    } catch (cause) {
      if (this.#store.metrics.isClosed) return unrecorded;
      const message = `metric ${quoted(name)} was bound to dimensions that can't be read`;
      this.#problems.notice("invalid_dimensions", message, { metric: name, cause });
      return unrecorded;
    }
  }

  observe<K extends NamesOf<C>["counter" | "gauge"], _D = C[K]>(
    name: K,
    ...args: ArgsOf<C>[K]["observe"]
  ): () => void;
  observe(
    name: string,
    read: () => unknown,
    dimensions?: DimensionValues,
    options?: ObserveOptions,
  ): () => void {
    if (!this.#isRecording) return () => {};
    this.#cycle.start();
    return this.#observers.add(name, read, dimensions, options);
  }

  /**
   * Ends series of a metric, and returns how many: those that have these dimensions, whatever others they
   * have; without dimensions, all. A dimension that is `undefined`, `null` or `""` must be absent.
   *
   * A gauge's level is no longer in the windows, and `add` starts again from 0. Sinks that keep totals stop
   * showing the series of counters and distributions. What was recorded before is still delivered. A
   * handle can be used as before, and starts again from nothing. It looks at all series of the metric,
   * which takes about 10 ms for 100,000 of them.
   */
  forget<K extends keyof C & string, _D = C[K]>(
    name: K,
    dimensions?: Partial<DimensionsOf<C[K]>>,
  ): number;
  forget(name: string, dimensions?: DimensionValues): number {
    if (!this.#isRecording) return 0;
    const { count, ended } = this.#store.forget(name, dimensions);
    if (ended.length > 0) this.#cycle.forget(ended);
    return count;
  }

  time<K extends NamesOf<C>["timed"], T, _D = C[K]>(
    name: K,
    work: () => T,
    ...dimensions: ArgsOf<C>[K]["dimensions"] | [of: OutcomeDimensions<T, ArgsOf<C>[K]["values"]>]
  ): T;
  time(name: string, work: () => unknown, given?: unknown): unknown {
    const stop = this.#startTimer(name);
    return whenDone(work, (error, result) => {
      if (typeof given !== "function") return stop(given as DimensionValues | undefined);
      if (!this.#isRecorded(name)) return;
      // What the program's function throws must not replace what `work` returned or threw.
      try {
        stop(dimensionsOfOutcome(() => given(error, result) as unknown));
      } catch (cause) {
        refuseOutcome(this.#store, name, cause);
      }
    });
  }

  timer<K extends NamesOf<C>["timed"], _D = C[K]>(name: K): ArgsOf<C>[K]["stop"];
  timer(name: string): (dimensions?: DimensionValues) => void {
    return this.#startTimer(name);
  }

  /**
   * Adds a library's own metrics to this manager, and returns the manager with their types. If a
   * metric exists already with another kind or unit, it stays as it was, and `kind_conflict` is
   * reported.
   *
   * @throws TypeError or RangeError for a definition that is wrong in itself. The message names the
   * metric, the option, the value and the rule.
   */
  declare<const D extends MetricCatalogue>(catalogue: D & CheckedCatalogue<D>): Metrics<D> {
    checkCatalogue(catalogue);
    if (this.#store.declare(catalogue)) this.#cycle.start();
    return this as unknown as Metrics<D>;
  }

  /**
   * Returns what was recorded and is not yet with the sinks: the open window, and what is left of one that
   * is being closed. It closes nothing. Observers are read first, at most once a second. A level that was
   * set in an earlier window is not in it, because held levels are read when a window closes. It makes all
   * snapshots in one turn, which takes about 0.1 s for 100,000 counters and 0.2 s for as many
   * distributions, so do not call it in a hot path.
   */
  snapshots(): readonly MetricSnapshot[] {
    return this.#cycle.peek();
  }

  /**
   * Ends the window now. What was recorded before is in it, and a large window is collected in slices, so
   * that the program does not stand still. For each sink it makes one attempt to deliver that window and all that
   * is pending. It does not wait first, unless the vendor asked for that. Resolves within
   * `timeoutMs` milliseconds, by default 5,000 more than `exportTimeoutMs`. Never rejects.
   */
  flush(options?: { readonly timeoutMs?: number | undefined }): Promise<FlushResult> {
    const byDefault = this.#exportTimeoutMs + FLUSH_MARGIN_MS;
    return this.#cycle.flush(durationOr(options?.timeoutMs, byDefault));
  }

  /**
   * Closes the last window, delivers what is pending, and closes the sinks. It makes as many
   * attempts as fit into `timeoutMs` milliseconds, by default 10,000. The result says what was not
   * delivered. Observations after this are refused and counted. A second call returns the result of
   * the first. Never rejects.
   */
  close(options?: { readonly timeoutMs?: number | undefined }): Promise<FlushResult> {
    return this.#cycle.close(durationOr(options?.timeoutMs, DEFAULT_CLOSE_TIMEOUT_MS));
  }

  /** Resolves once the manager is closed, whoever closed it; never rejects. */
  get closed(): Promise<void> {
    return this.#cycle.closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /**
   * Returns figures since the start. It visits all series, which takes about 5 ms for 100,000 of them, so
   * do not call it in a hot path.
   */
  stats(): ManagerStats {
    return {
      ...this.#store.windows.stats(),
      refused: this.#problems.refused,
      windows: this.#cycle.windows,
      sinks: this.#deliveries.map((delivery) => delivery.stats()),
    };
  }

  /** Whether the level leaves the metric in. */
  #isRecorded(name: string): boolean {
    return this.#isRecording && this.#store.metrics.known(name)?.enabled !== false;
  }

  #startTimer(name: string): (dimensions?: DimensionValues) => void {
    const start = this.#clock.monotonicTime();
    return (dimensions) => {
      if (!this.#isRecording) return;
      const elapsedMs = this.#clock.monotonicTime() - start;
      recordElapsedTime(this.#store, name, elapsedMs, dimensions);
    };
  }
}

function durationOr(ms: number | undefined, fallback: number): number {
  return ms !== undefined && ms >= 0 ? Math.min(ms, LONGEST_TIMEOUT_MS) : fallback;
}
