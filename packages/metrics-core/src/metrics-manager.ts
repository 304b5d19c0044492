/// <reference lib="esnext.disposable" preserve="true" />
import { BoundSeries, unrecorded } from "./recording/bound-series.ts";
import { checkCatalogue, type MetricCatalogue } from "./contract/catalogue.ts";
import type { Clock } from "./contract/clock.ts";
import { Deadline } from "./windows/deadline.ts";
import { Delivery } from "./delivery/delivery.ts";
import type { SinkStats } from "./delivery/delivery-ledger.ts";
import type { DimensionValue, DimensionValues } from "./contract/dimensions.ts";
import { eventRecorder } from "./recording/event-recorder.ts";
import { type FlushResult, totalOf } from "./delivery/flush-result.ts";
import type { MetricSnapshot } from "./contract/metric-snapshot.ts";
import type { ArgsOf, Metrics, NamesOf } from "./contract/metrics.ts";
import type { MetricsErrorCode } from "./problems/metrics-error.ts";
import {
  LONGEST_TIMEOUT_MS,
  type MetricsManagerOptions,
  settleOptions,
} from "./metrics-manager-options.ts";
import { numberOf } from "./problems/number-of.ts";
import { Observers } from "./recording/observers.ts";
import { Problems } from "./problems/problems.ts";
import { NOT_AN_OBJECT } from "./recording/series-index.ts";
import { SeriesStore } from "./recording/series-store.ts";
import { unitsPerMs } from "./recording/time-units.ts";
import { whenDone } from "./recording/when-done.ts";
import { WindowClock } from "./windows/window-clock.ts";

const DEFAULT_CLOSE_TIMEOUT_MS = 10_000;

/** By default a flush waits this much longer than an export may take, so that it learns of a timeout. */
const FLUSH_MARGIN_MS = 5_000;

/** Exports on the schedule start up to this part of the interval late, so that a fleet does not call in step. */
const JITTER = 0.25;
const LONGEST_JITTER_MS = 15_000;

/** A series without observations for this long, and at most for twice as long, is evicted. */
const IDLE_MS = 600_000;

/** This part of `close()`'s time belongs to stopping an export and to the sinks' own `close`. */
const CLOSE_RESERVE = 0.25;
const LONGEST_CLOSE_RESERVE_MS = 3_000;

/** What a manager has done so far. */
export interface ManagerStats {
  /** Observations taken: those of all closed windows and of the open one. */
  readonly accepted: number;
  /** Observations refused, by reason; a reason that did not occur is absent. */
  readonly refused: Readonly<Partial<Record<MetricsErrorCode, number>>>;
  /** Metrics that are known. */
  readonly metrics: number;
  /** Series in memory, overflow series included. */
  readonly series: number;
  /** Series evicted since the start, because they were idle. */
  readonly evicted: number;
  /** Windows closed. */
  readonly windows: number;
  readonly sinks: readonly SinkStats[];
}

/**
 * Aggregates a program's observations into windows and delivers each window to the sinks.
 *
 * Recording never throws, waits or does I/O. The first observation starts the schedule, whose
 * timer does not keep the process alive; `close()` delivers what is left, so call it at the end.
 * Nothing is read from the environment, and nothing is global: make as many managers as you need.
 */
export class MetricsManager<const C extends MetricCatalogue = MetricCatalogue>
  implements Metrics<C>, AsyncDisposable
{
  declare readonly "~catalogue"?: C | undefined;
  readonly #clock: Clock;
  readonly #problems: Problems;
  readonly #store: SeriesStore;
  readonly #window: WindowClock;
  readonly #deliveries: readonly Delivery[];
  readonly #observers = new Observers();
  readonly #intervalMs: number;
  readonly #exportTimeoutMs: number;
  readonly #jitterMs: number;
  /** False at level none and after `close()`. */
  #recording: boolean;
  #started = false;
  #rolling = false;
  #windows = 0;
  #evictAt: number;
  #cancelTick: (() => void) | undefined;
  #cancelWake: (() => void) | undefined;
  /** Of the flushes under way, which must not wait any longer once all is closed. */
  readonly #flushes = new Set<Deadline>();
  #closing: Promise<FlushResult> | undefined;

  /** @throws TypeError or RangeError for a wrong option, naming it, its value and what is allowed. */
  constructor(options: MetricsManagerOptions<C> = {}) {
    const settled = settleOptions(options);
    const { clock, sinks, exportIntervalMs, exportTimeoutMs, coalesceAfterSnapshots } = settled;
    this.#clock = clock;
    this.#intervalMs = exportIntervalMs;
    this.#exportTimeoutMs = exportTimeoutMs;
    const jitterMs = Math.min(exportIntervalMs * JITTER, LONGEST_JITTER_MS);
    this.#jitterMs = Math.floor(Math.random() * jitterMs);
    this.#evictAt = clock.monotonicTime() + IDLE_MS;
    this.#recording = settled.level !== "none";
    this.#problems = new Problems(settled.onError);
    this.#window = new WindowClock(clock, exportIntervalMs);
    this.#store = new SeriesStore({
      level: settled.level,
      commonDimensions: settled.commonDimensions,
      maxSeriesPerMetric: settled.maxSeriesPerMetric,
      problems: this.#problems,
      onRecord: eventRecorder(sinks, clock, this.#problems),
      onFirst: () => this.#onFirst(),
    });
    this.#store.declare(settled.metrics);
    this.#deliveries = sinks.map(
      (sink) =>
        new Delivery(sink, {
          clock,
          problems: this.#problems,
          host: {
            snapshots: () => this.snapshots(),
            now: () => clock.wallTime(),
            exportIntervalMs,
          },
          exportTimeoutMs,
          coalesceAfterSnapshots,
          intervalMs: exportIntervalMs,
        }),
    );
  }

  /**
   * Opens the sinks now rather than with the first observation. Optional.
   *
   * @throws MetricsError (rejects) if a sink says that its configuration is wrong; a vendor that
   * can't be reached is no reason, it is tried again.
   */
  async start(): Promise<void> {
    if (this.#closing !== undefined) return;
    this.#start();
    await Promise.all(this.#deliveries.map((delivery) => delivery.open()));
  }

  count<K extends NamesOf<C>["counter"], _D = C[K]>(name: K, ...args: ArgsOf<C>[K]["put"]): void;
  count(name: string, value?: number, dimensions?: DimensionValues): void {
    // oxlint-disable-next-line prefer-rest-params -- an explicit undefined is a mistake, no argument is 1; a rest parameter allocates
    const given = arguments.length < 2 ? 1 : value;
    if (this.#recording) this.#store.record(name, "counter", given, dimensions);
    else this.#refuse(name);
  }

  gauge<K extends NamesOf<C>["gauge"], _D = C[K]>(name: K, ...args: ArgsOf<C>[K]["put"]): void;
  gauge(name: string, value?: number, dimensions?: DimensionValues): void {
    if (this.#recording) this.#store.record(name, "gauge", value, dimensions);
    else this.#refuse(name);
  }

  distribution<K extends NamesOf<C>["distribution"], _D = C[K]>(
    name: K,
    ...args: ArgsOf<C>[K]["put"]
  ): void;
  distribution(name: string, value?: number, dimensions?: DimensionValues): void {
    if (this.#recording) this.#store.record(name, "distribution", value, dimensions);
    else this.#refuse(name);
  }

  put<K extends keyof C & string, _D = C[K]>(name: K, ...args: ArgsOf<C>[K]["put"]): void;
  put(name: string, value?: number, dimensions?: DimensionValues): void {
    if (!this.#recording) return this.#refuse(name);
    // oxlint-disable-next-line prefer-rest-params -- as in count()
    const isLeftOut = arguments.length < 2 && this.#store.known(name)?.kind === "counter";
    this.#store.record(name, undefined, isLeftOut ? 1 : value, dimensions);
  }

  bind<K extends keyof C & string, _D = C[K]>(
    name: K,
    ...dimensions: ArgsOf<C>[K]["dimensions"]
  ): ArgsOf<C>[K]["bound"];
  bind(name: string, dimensions?: DimensionValues): unknown {
    if (
      this.#store.known(name)?.enabled === false ||
      (!this.#recording && this.#closing === undefined)
    )
      return unrecorded;
    try {
      if (typeof dimensions !== "object" && dimensions !== undefined) throw NOT_AN_OBJECT;
      const copy: Record<string, DimensionValue> = {};
      for (const each in dimensions) copy[each] = dimensions[each];
      return new BoundSeries(this.#store, name, copy);
    } catch (cause) {
      const message = `metric "${name}" was bound to dimensions that can't be read`;
      this.#problems.notice("invalid_dimensions", message, { metric: name, cause });
      return unrecorded;
    }
  }

  observe<K extends NamesOf<C>["gauge"], _D = C[K]>(
    name: K,
    ...args: ArgsOf<C>[K]["observe"]
  ): () => void;
  observe(name: string, read: () => unknown, dimensions?: DimensionValues): () => void {
    if (this.#recording) this.#start();
    return this.#observers.add(name, read, dimensions);
  }

  time<K extends NamesOf<C>["timed"], T, _D = C[K]>(
    name: K,
    work: () => T,
    ...dimensions: ArgsOf<C>[K]["dimensions"]
  ): T;
  time(name: string, work: () => unknown, dimensions?: DimensionValues): unknown {
    const stop = this.#timer(name);
    return whenDone(work, () => stop(dimensions));
  }

  timer<K extends NamesOf<C>["timed"], _D = C[K]>(name: K): ArgsOf<C>[K]["stop"];
  timer(name: string): (dimensions?: DimensionValues) => void {
    return this.#timer(name);
  }

  /**
   * Adds a library's own metrics to this manager and returns it with their types. A metric that is
   * known already with another kind or unit is reported as `kind_conflict`, and stays as it was.
   *
   * @throws TypeError or RangeError for a definition that is wrong in itself.
   */
  declare<const D extends MetricCatalogue>(catalogue: D): Metrics<D> {
    checkCatalogue(catalogue);
    this.#store.declare(catalogue);
    return this as unknown as Metrics<D>;
  }

  /** The open window so far; nothing is drained. */
  snapshots(): readonly MetricSnapshot[] {
    const { windowStart, windowEnd } = this.#window.peek();
    return this.#store.collect(windowStart, windowEnd, false);
  }

  /**
   * Closes the window now and makes one attempt per sink to deliver it and what else is pending, at
   * once unless the vendor asked for patience. Never rejects; resolves within `timeoutMs`
   * milliseconds, by default 5,000 more than `exportTimeoutMs`.
   */
  async flush(options?: { readonly timeoutMs?: number | undefined }): Promise<FlushResult> {
    if (this.#closing !== undefined) return this.#closing;
    this.#start();
    const timeoutMs = durationOr(options?.timeoutMs, this.#exportTimeoutMs + FLUSH_MARGIN_MS);
    const deadline = new Deadline(this.#clock, timeoutMs, { keepAlive: true });
    this.#flushes.add(deadline);
    const followed = this.#deliveries.map((each) => ({ each, ticket: each.follow() }));
    this.#roll(false);
    await Promise.all(followed.map(({ each, ticket }) => each.flush(ticket, deadline)));
    this.#flushes.delete(deadline);
    deadline.cancel();
    return totalOf(followed.map(({ each, ticket }) => each.conclude(ticket)));
  }

  /**
   * Closes the last window, delivers what is pending with as many attempts as `timeoutMs`
   * milliseconds allow (by default 10,000), and closes the sinks. Never rejects; says what is left.
   * What is recorded afterwards is refused and counted. A second call joins the first.
   */
  close(options?: { readonly timeoutMs?: number | undefined }): Promise<FlushResult> {
    if (this.#closing === undefined) {
      // An observer may call close(): then the window at hand is handed over first. And what is
      // called on the way may call close() again, which must find this promise.
      let begin = (): void => {};
      this.#closing = new Promise<void>((resolve) => (begin = resolve)).then(() => closing);
      const timeoutMs = durationOr(options?.timeoutMs, DEFAULT_CLOSE_TIMEOUT_MS);
      const run = (): Promise<FlushResult> => this.#close(timeoutMs);
      const closing: Promise<FlushResult> = this.#rolling ? Promise.resolve().then(run) : run();
      begin();
    }
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Figures since the start. Walks over all series: not for a hot path. */
  stats(): ManagerStats {
    return {
      ...this.#store.stats(),
      refused: this.#problems.refused,
      windows: this.#windows,
      sinks: this.#deliveries.map((delivery) => delivery.stats()),
    };
  }

  async #close(timeoutMs: number): Promise<FlushResult> {
    const reserveMs = Math.min(timeoutMs * CLOSE_RESERVE, LONGEST_CLOSE_RESERVE_MS);
    const deadlines = {
      deadline: new Deadline(this.#clock, timeoutMs - reserveMs, { keepAlive: true }),
      stopBy: new Deadline(this.#clock, timeoutMs - reserveMs / 2, { keepAlive: true }),
      end: new Deadline(this.#clock, timeoutMs, { keepAlive: true }),
    };
    const followed = this.#deliveries.map((each) => ({ each, ticket: each.follow() }));
    if (this.#started) this.#roll(false, true);
    this.#recording = false;
    this.#cancelTick?.();
    this.#cancelWake?.();
    await Promise.all(this.#deliveries.map((delivery) => delivery.close(deadlines)));
    for (const deadline of Object.values(deadlines)) deadline.cancel();
    for (const deadline of this.#flushes) deadline.expire();
    for (const delivery of this.#deliveries) delivery.retire();
    const sinks = followed.map(({ each, ticket }) => each.conclude(ticket));
    for (const { name, pending, error } of sinks) {
      if (pending === 0) continue;
      const message = `sink "${name}" was closed with ${numberOf(pending, "snapshot")} undelivered: give close() more time, or see why exports fail`;
      this.#problems.report("undelivered", message, {
        sink: name,
        affected: pending,
        cause: error,
      });
    }
    this.#problems.sumUp();
    return totalOf(sinks);
  }

  /** The first observation of a series in a window, which is where a closed manager refuses. */
  #onFirst(): boolean {
    if (!this.#recording) return false;
    if (!this.#started) this.#start();
    return true;
  }

  #start(): void {
    if (this.#started || this.#closing !== undefined) return;
    this.#started = true;
    this.#window.restart();
    this.#scheduleTick();
    // Not in the turn of whoever recorded something.
    void Promise.resolve().then(() => this.#deliveries.forEach((delivery) => delivery.wake()));
  }

  #scheduleTick(): void {
    if (this.#intervalMs === 0 || !this.#recording) return;
    this.#cancelTick = this.#clock.setTimer(() => this.#tick(), this.#window.remainingMs);
  }

  #tick(): void {
    // A timer may fire a little early, or the wall clock have been set back a little.
    if (this.#window.remainingMs === 0) {
      this.#roll(true);
      this.#cancelWake?.();
      this.#cancelWake = this.#clock.setTimer(
        () => this.#deliveries.forEach((delivery) => delivery.wake()),
        this.#jitterMs,
      );
    }
    this.#scheduleTick();
  }

  /** Closes the window and hands it to every sink, all in this turn. */
  #roll(onGrid: boolean, isLast = false): void {
    // An observer or a sink's prepare() may call flush(): the window at hand is closed just once.
    if (this.#rolling) return;
    this.#rolling = true;
    try {
      if (this.#recording) this.#observers.readInto(this.#store, this.#problems);
      const { windowStart, windowEnd } = this.#window.end(onGrid);
      const snapshots = this.#store.collect(windowStart, windowEnd, true);
      // What a sink or a handler records from here on would be in no window.
      if (isLast) this.#recording = false;
      this.#windows++;
      for (const delivery of this.#deliveries) delivery.take(snapshots);
      // While rolling, since a handler that calls flush() would else close windows without end.
      this.#problems.sumUp();
    } finally {
      this.#rolling = false;
    }
    if (this.#clock.monotonicTime() < this.#evictAt) return;
    this.#evictAt = this.#clock.monotonicTime() + IDLE_MS;
    this.#store.evictIdle();
  }

  #timer(name: string): (dimensions?: DimensionValues) => void {
    const start = this.#clock.monotonicTime();
    return (dimensions) => {
      const elapsedMs = this.#clock.monotonicTime() - start;
      if (!this.#recording || this.#store.known(name)?.enabled === false) {
        return this.#refuse(name);
      }
      const metric = this.#store.metric(name, undefined, "distribution", "ms");
      if (metric === undefined) return;
      const perMs = unitsPerMs(metric.properties.unit);
      if (perMs !== undefined) this.#store.record(name, undefined, elapsedMs * perMs, dimensions);
      else {
        const message = `metric "${name}" is in ${metric.properties.unit} and can't record a time`;
        this.#problems.refuse("kind_conflict", message, { metric: name });
      }
    };
  }

  /** At level none there is nothing to do; after close the store refuses. */
  #refuse(name: string): void {
    if (this.#closing !== undefined) this.#store.check(name, "gauge", 0);
  }
}

function durationOr(ms: number | undefined, fallback: number): number {
  return ms !== undefined && ms >= 0 ? Math.min(ms, LONGEST_TIMEOUT_MS) : fallback;
}
