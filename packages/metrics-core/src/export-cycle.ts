import type { Clock } from "./contract/clock.ts";
import type { MetricSnapshot } from "./contract/metric-snapshot.ts";
import type { Delivery } from "./delivery/delivery.ts";
import { type FlushResult, totalOf } from "./delivery/flush-result.ts";
import { numberOf } from "./problems/number-of.ts";
import type { Problems } from "./problems/problems.ts";
import type { Observers } from "./recording/observers.ts";
import type { SeriesStore } from "./recording/series-store.ts";
import { Deadline } from "./windows/deadline.ts";
import { inRootContext } from "./windows/root-context.ts";
import { WindowClock } from "./windows/window-clock.ts";

/**
 * Scheduled exports start late, by a random time of up to this part of the interval, so that a
 * fleet does not call the vendor all at once.
 */
const JITTER = 0.25;
const LONGEST_JITTER_MS = 15_000;

/**
 * A series without observations is evicted after this time, or after twice this time at the latest.
 */
const IDLE_MS = 600_000;

/**
 * This part of the time of `close()` is kept for stopping an export and for the sinks' own `close`.
 */
const CLOSE_RESERVE = 0.25;
const LONGEST_CLOSE_RESERVE_MS = 3_000;

/** What an {@link ExportCycle} connects. */
export interface ExportCycleOptions {
  readonly clock: Clock;
  /** Length of a window in milliseconds; 0 if only `flush` and `close` end one. */
  readonly intervalMs: number;
  readonly store: SeriesStore;
  readonly observers: Observers;
  readonly deliveries: readonly Delivery[];
  readonly problems: Problems;
}

/**
 * Decides when a window ends: on the schedule, at a flush, and when the manager is closed. It gives
 * each closed window to the deliveries.
 */
export class ExportCycle {
  readonly #options: ExportCycleOptions;
  readonly #window: WindowClock;
  readonly #jitterMs: number;
  #isStarted = false;
  /** The number of the window that is being closed, from 1; undefined while none is. It is closed within one turn. */
  #rolling: number | undefined;
  #windows = 0;
  #evictAt: number;
  #cancelTick: (() => void) | undefined;
  #cancelWake: (() => void) | undefined;
  /** The deadlines of the flushes under way. */
  readonly #flushes = new Set<Deadline>();
  #closing: Promise<FlushResult> | undefined;
  #resolveClosed: () => void = () => {};
  /** Resolves once the manager is closed. */
  readonly closed: Promise<void> = new Promise((resolve) => (this.#resolveClosed = resolve));

  constructor(options: ExportCycleOptions) {
    this.#options = options;
    const { clock, intervalMs } = options;
    this.#window = new WindowClock(clock, intervalMs);
    this.#jitterMs = Math.floor(Math.random() * Math.min(intervalMs * JITTER, LONGEST_JITTER_MS));
    this.#evictAt = clock.monotonicTime() + IDLE_MS;
  }

  /** How many windows were closed. */
  get windows(): number {
    return this.#windows;
  }

  /** The open window so far. */
  peek(): readonly MetricSnapshot[] {
    return this.#options.store.peek(this.#window.peek());
  }

  /**
   * Starts the first window and the schedule, and opens the sinks. Does nothing if it was called
   * before.
   */
  start(): void {
    if (this.#isStarted || this.#closing !== undefined) return;
    this.#isStarted = true;
    this.#window.restart();
    this.#scheduleTick();
    // In the next turn, because recording must not wait for a sink's code.
    inRootContext(() => void Promise.resolve().then(() => this.#wakeDeliveries()));
  }

  /**
   * Starts, and resolves when it has tried to open each sink. Rejects if a sink says that its
   * configuration is wrong.
   */
  async open(): Promise<void> {
    if (this.#closing !== undefined) return;
    this.start();
    const { deliveries } = this.#options;
    await inRootContext(() => Promise.all(deliveries.map((delivery) => delivery.open())));
  }

  /** Closes the window now, and resolves once each sink has made one attempt; after `timeoutMs` at the latest. */
  flush(timeoutMs: number): Promise<FlushResult> {
    if (this.#closing !== undefined) return this.#closing;
    this.start();
    return inRootContext(() => this.#flush(timeoutMs));
  }

  /**
   * Closes the last window, delivers what it can within `timeoutMs`, and closes the sinks. A second
   * call returns the result of the first.
   */
  close(timeoutMs: number): Promise<FlushResult> {
    if (this.#closing !== undefined) return this.#closing;
    let resolve: (result: Promise<FlushResult>) => void = () => {};
    // This is set before anything runs, because an observer or a sink may call close() again.
    const closing = new Promise<FlushResult>((settle) => (resolve = settle));
    this.#closing = closing;
    void closing.then(() => this.#resolveClosed());
    const run = (): void => resolve(inRootContext(() => this.#close(timeoutMs)));
    // An observer may call close(). Then the deliveries first get the window that is being closed.
    if (this.#rolling !== undefined) void Promise.resolve().then(run);
    else run();
    return closing;
  }

  async #flush(timeoutMs: number): Promise<FlushResult> {
    const deadline = new Deadline(this.#options.clock, timeoutMs, { keepAlive: true });
    this.#flushes.add(deadline);
    const followed = this.#follow();
    // An observer, prepare() or onError may flush while a window is being closed. Such a flush is
    // about that window, and continues when the deliveries have it.
    if (this.#rolling !== undefined) await Promise.resolve();
    else this.#roll("flush");
    await Promise.all(followed.map(({ delivery, ticket }) => delivery.flush(ticket, deadline)));
    this.#flushes.delete(deadline);
    deadline.cancel();
    // Only now, because one sink may have delivered more while others were still at work.
    return totalOf(followed.map(({ delivery, ticket }) => delivery.conclude(ticket)));
  }

  async #close(timeoutMs: number): Promise<FlushResult> {
    const { clock, store, problems } = this.#options;
    const reserveMs = Math.min(timeoutMs * CLOSE_RESERVE, LONGEST_CLOSE_RESERVE_MS);
    const deadlines = {
      deadline: new Deadline(clock, timeoutMs - reserveMs, { keepAlive: true }),
      stopBy: new Deadline(clock, timeoutMs - reserveMs / 2, { keepAlive: true }),
      end: new Deadline(clock, timeoutMs, { keepAlive: true }),
    };
    const followed = this.#follow();
    if (this.#isStarted) this.#roll("close");
    store.metrics.close();
    this.#cancelTick?.();
    this.#cancelWake?.();
    await Promise.all(followed.map(({ delivery }) => delivery.close(deadlines)));
    for (const deadline of Object.values(deadlines)) deadline.cancel();
    for (const deadline of this.#flushes) deadline.expire();
    for (const { delivery } of followed) delivery.retire();
    const sinks = followed.map(({ delivery, ticket }) => delivery.conclude(ticket));
    for (const { name, pending, error } of sinks) {
      if (pending === 0) continue;
      const why = error === undefined ? "" : `; the last failure: ${error.message}`;
      const message = `sink "${name}" was closed with ${numberOf(pending, "snapshot")} undelivered: give close() more time, or see why exports fail${why}`;
      problems.report("undelivered", message, { sink: name, affected: pending, cause: error });
    }
    problems.sumUp();
    return totalOf(sinks);
  }

  /** Begins to follow what is pending, up to the window that is being closed, or else the next one. */
  #follow(): readonly {
    readonly delivery: Delivery;
    readonly ticket: ReturnType<Delivery["follow"]>;
  }[] {
    // Some sinks may have been given the window that is being closed, and others not yet.
    const window = this.#rolling ?? this.#windows + 1;
    return this.#options.deliveries.map((delivery) => ({
      delivery,
      ticket: delivery.follow(window),
    }));
  }

  #scheduleTick(): void {
    const { clock, intervalMs } = this.#options;
    if (intervalMs === 0 || this.#closing !== undefined) return;
    this.#cancelTick = clock.setTimer(() => this.#tick(), this.#window.remainingMs);
  }

  #tick(): void {
    // The window may not be over yet: a timer may fire a little early, or somebody may have set the
    // wall clock back.
    if (this.#window.remainingMs === 0) {
      this.#roll("tick");
      this.#cancelWake?.();
      this.#cancelWake = this.#options.clock.setTimer(() => this.#wakeDeliveries(), this.#jitterMs);
    }
    this.#scheduleTick();
  }

  #wakeDeliveries(): void {
    for (const delivery of this.#options.deliveries) delivery.wake();
  }

  /**
   * Closes the window and gives it to every delivery, all in this turn. At a tick the window ends
   * at a multiple of the interval; otherwise it ends now. Observers, prepare() and onError may call
   * the manager meanwhile, but none of these calls closes a second window.
   */
  #roll(cause: "tick" | "flush" | "close"): void {
    if (this.#rolling !== undefined) return;
    this.#rolling = this.#windows + 1;
    const { store, observers, deliveries, problems } = this.#options;
    try {
      observers.readInto(store, problems);
      const window = cause === "tick" ? this.#window.endOnGrid() : this.#window.endNow();
      const snapshots = store.drain(window);
      // From now on, what a sink or a handler records would be in no window, so it must be refused.
      if (cause === "close") store.metrics.close();
      this.#windows++;
      for (const delivery of deliveries) delivery.take(snapshots);
      problems.sumUp();
    } finally {
      this.#rolling = undefined;
    }
    this.#evictIdle();
  }

  #evictIdle(): void {
    const now = this.#options.clock.monotonicTime();
    if (now < this.#evictAt) return;
    this.#evictAt = now + IDLE_MS;
    this.#options.store.evictIdle();
  }
}
