/// <reference lib="esnext.disposable" preserve="true" />
import type { MetricCatalogue, MetricLevel } from "./contract/catalogue.ts";
import type { MetricSnapshot } from "./contract/metric-snapshot.ts";
import type { DimensionValues } from "./contract/dimensions.ts";
import type { DimensionsOf } from "./contract/metric-args.ts";
import { Delivery } from "./delivery/delivery.ts";
import type { FlushResult } from "./delivery/flush-result.ts";
import { ExportCycle } from "./cycle/export-cycle.ts";
import type { ManagerStats } from "./manager-stats.ts";
import { LEVELS, type ManagerArgs, settleOptions } from "./metrics-manager-options.ts";
import type { ManagedMetrics } from "./managed-metrics.ts";
import { show } from "./problems/show.ts";
import { Problems } from "./problems/problems.ts";
import { Recorder, type Recording } from "./recorder.ts";
import { eventRecorder } from "./recording/event-recorder.ts";
import { Levels } from "./recording/levels.ts";
import { Observers } from "./recording/observed/observers.ts";
import { SeriesStore } from "./recording/series-store.ts";
import { oneOf } from "./sink-kit/check-option.ts";
import { sharedManager } from "./shared-managers.ts";
import { clockOf } from "./windows/clock-of.ts";
import { LONGEST_TIMEOUT_MS } from "./windows/longest-timeout.ts";
import { inRootContext } from "./windows/root-context.ts";

/** What a program hands to others, as in `process.once("SIGTERM", metrics.close)`: it works without the manager before it. */
const HANDED_ON = ["start", "flush", "close", "snapshots", "stats"] as const;

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
  extends Recorder<C>
  implements ManagedMetrics<C>, AsyncDisposable
{
  readonly #problems: Problems;
  readonly #store: SeriesStore;
  readonly #deliveries: readonly Delivery[];
  readonly #cycle: ExportCycle;
  readonly #exportTimeoutMs: number;
  readonly #recording: Recording;

  /**
   * @throws TypeError or RangeError for a wrong option. The message names the option, its value and
   * what is allowed.
   */
  constructor(...[options = {}]: ManagerArgs<C>) {
    const settled = settleOptions(options);
    const { sinks, exportIntervalMs, exportTimeoutMs } = settled;
    const levels = new Levels(settled.level);
    const clock = clockOf(settled.clock);
    const problems = new Problems((error) => inRootContext(() => settled.onError(error)));
    const store = new SeriesStore({
      levels,
      undeclared: settled.undeclared,
      commonDimensions: settled.commonDimensions,
      maxSeriesPerMetric: settled.maxSeriesPerMetric,
      maxDimensions: settled.maxDimensions,
      problems,
      onRecord: eventRecorder(sinks, clock, problems),
      onWindowBegun: () => cycle.start(),
    });
    const intervalMs = exportIntervalMs;
    const observers = new Observers({ clock, store, problems, intervalMs });
    const start = (): void => cycle.start();
    const recording: Recording = {
      store,
      observers,
      problems,
      clock,
      isRecording: levels.isOn,
      start,
    };
    super(recording);
    this.#recording = recording;
    this.#problems = problems;
    this.#store = store;
    this.#exportTimeoutMs = exportTimeoutMs;
    const host = {
      snapshots: () => cycle.peek(),
      series: () => cycle.peekEach(),
      now: () => clock.wallTime(),
      exportIntervalMs,
    };
    const { coalesceAfterSnapshots } = settled;
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
    const cycle = new ExportCycle({
      clock,
      intervalMs,
      store,
      observers,
      deliveries: this.#deliveries,
      problems,
    });
    this.#cycle = cycle;
    for (const method of HANDED_ON) {
      const value = this[method].bind(this);
      Object.defineProperty(this, method, { value, writable: true, configurable: true });
    }
    if (store.declare(settled.metrics)) cycle.start();
  }

  /**
   * The one manager of that key in this process, or in this worker thread. `create` makes it where there is none yet, or
   * where the one before was closed. The key is shared by all copies of this package: ES modules and CommonJS, the bundles of
   * a framework, and what a hot reload loads anew. Everybody who uses a key should give it the same metrics.
   *
   * @throws TypeError if the key is no string or empty, if `create` asks for the same key, or if another version
   * of this package made the manager and this version can't use it. Throws what `create` throws.
   */
  static shared<M extends { readonly isClosed: boolean }>(key: string, create: () => M): M {
    return sharedManager(key, create);
  }

  /**
   * Opens the sinks now. Call it before your server listens: otherwise a sink is opened at the first observation or, where
   * that means loading a vendor's client, for the first export, and that takes time from your requests.
   *
   * @throws MetricsError (rejects) if a sink says that its configuration is wrong. It does not
   * reject if a vendor can't be reached: the sink is tried again.
   */
  async start(): Promise<void> {
    await this.#cycle.open();
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
    const { count, ended } = this.#store.forget(name, dimensions);
    if (ended.length > 0) this.#cycle.forget(ended);
    return count;
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
   * Which metrics are recorded: "none", those of level "summary", or all ("detailed"). Setting it takes effect at
   * once, for handles too, and ends the exceptions of {@link setLevel}. What was recorded before is still delivered. A
   * gauge keeps its level while its metric is not recorded, and is in no window.
   *
   * @throws RangeError for any other value.
   */
  get level(): MetricLevel {
    return this.#store.levels.level;
  }

  set level(level: MetricLevel) {
    this.#store.levels.setAll(oneOf("level", level, LEVELS));
    this.#relevel();
  }

  /**
   * Sets the level for the metrics whose names match, such as `"http.*"`: `*` stands for any characters, `?` for one. Where
   * several patterns match a name, the last one that was set counts. Keep a few patterns: each costs time when a metric is
   * recorded for the first time. Setting a level visits the series of the metrics that it turns on or off, which takes
   * about 5 ms for 100,000 of them.
   *
   * @throws TypeError for a pattern that is no string or empty, RangeError for a level that does not exist.
   */
  setLevel(pattern: string, level: MetricLevel): void {
    if (typeof pattern !== "string" || pattern === "")
      throw new TypeError(`pattern is ${show(pattern)}, must be a string that is not empty`);
    this.#store.levels.setMatching(pattern, oneOf("level", level, LEVELS));
    this.#relevel();
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

  /** True from the moment in which somebody calls `close()`: from then on observations are refused. */
  get isClosed(): boolean {
    return this.#cycle.isClosing;
  }

  /** Resolves once the manager is closed, whoever closed it; never rejects. */
  get closed(): Promise<void> {
    return this.#cycle.closed;
  }

  /** Calls `close()`, at the end of a block that has the manager as `await using`. */
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

  #relevel(): void {
    this.#recording.isRecording = this.#store.levels.isOn;
    const isPresent = this.#store.relevel();
    // What is in each window without an observation needs the schedule.
    if (isPresent || (this.#recording.isRecording && this.#recording.observers.isUsed))
      this.#cycle.start();
  }
}

function durationOr(ms: number | undefined, fallback: number): number {
  return ms !== undefined && ms >= 0 ? Math.min(ms, LONGEST_TIMEOUT_MS) : fallback;
}
