import type { Clock } from "../contract/clock.ts";
import type { MetricSnapshot } from "../contract/metric-snapshot.ts";
import type { ForgottenSeries } from "../contract/metrics-sink.ts";
import type { Delivery } from "../delivery/delivery.ts";
import { type FlushResult, totalOf } from "../delivery/flush-result.ts";
import { numberOf } from "../problems/number-of.ts";
import type { Problems } from "../problems/problems.ts";
import type { Observers } from "../recording/observed/observers.ts";
import type { SeriesStore } from "../recording/series-store.ts";
import { Deadline } from "../windows/deadline.ts";
import { WindowCloser } from "./window-closer.ts";
import { inRootContext } from "../windows/root-context.ts";
import { type Window, WindowClock } from "../windows/window-clock.ts";

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

/**
 * For this part of the time of `close()`, the last window is collected in slices. After that the rest is collected at
 * once: at the end of a program a pause costs less than a window.
 */
const CLOSE_IN_SLICES = 0.05;
const LONGEST_CLOSE_IN_SLICES_MS = 250;

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
  readonly #closer: WindowCloser;
  #isStarted = false;
  /** Resolves in the next turn, when the deliveries begin; undefined otherwise. */
  #beginning: Promise<void> | undefined;
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
    this.#closer = new WindowCloser({ ...options, afterwards: () => this.#afterwards() });
  }

  /** How many windows were closed. */
  get windows(): number {
    return this.#closer.closed;
  }

  /** Whether somebody has called {@link close}. */
  get isClosing(): boolean {
    return this.#closing !== undefined;
  }

  /** What was recorded and is not yet with the deliveries; observers are read first, if that is due. */
  peek(): readonly MetricSnapshot[] {
    this.#options.observers.readIfDue();
    const open = this.#window.peek();
    return [...this.#options.store.windows.peek(() => open)];
  }

  /** The same one by one, each read when it is taken. */
  peekEach(): Iterable<MetricSnapshot> {
    this.#options.observers.readIfDue();
    return this.#options.store.windows.peek(() => this.#window.peek());
  }

  /** Tells the sinks now of series that the program has ended. */
  forget(ended: readonly ForgottenSeries[]): void {
    inRootContext(() => {
      for (const delivery of this.#options.deliveries) Array.from(delivery.forget(ended));
    });
  }

  /**
   * Starts the first window and the schedule, and opens the sinks that do not want to be opened late. Does
   * nothing if it was called before.
   */
  start(): void {
    if (this.#isStarted || this.#closing !== undefined) return;
    this.#isStarted = true;
    this.#window.restart();
    const { deliveries } = this.#options;
    const begin = (): void => {
      this.#beginning = undefined;
      for (const delivery of deliveries) delivery.begin();
    };
    inRootContext(() => {
      this.#scheduleTick();
      // In the next turn, because recording must not wait for a sink's code.
      this.#beginning = Promise.resolve().then(begin);
    });
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
    // What is being read belongs to the window that is about to end.
    if (this.#isPeeking) return Promise.resolve().then(() => this.flush(timeoutMs));
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
    if (this.#closer.isInside || this.#isPeeking) void Promise.resolve().then(run);
    else run();
    return closing;
  }

  /** Whether it is an observer that asks, called because somebody reads the open window. */
  get #isPeeking(): boolean {
    return this.#options.observers.isReading && !this.#closer.isInside;
  }

  async #flush(timeoutMs: number): Promise<FlushResult> {
    const deadline = new Deadline(this.#options.clock, timeoutMs, { keepAlive: true });
    this.#flushes.add(deadline);
    const number = this.#closer.next;
    const followed = this.#follow();
    const rolled = this.#roll("flush");
    if (rolled !== undefined) await deadline.cut(rolled);
    // If the time was too short, the window is delivered later, as with any other flush.
    if (this.#closer.closed < number) void rolled?.then(() => this.#wakeDeliveries());
    await Promise.all(followed.map(({ delivery, ticket }) => delivery.flush(ticket, deadline)));
    this.#flushes.delete(deadline);
    deadline.cancel();
    const isRolled = this.#closer.closed >= number;
    const uncollected = isRolled ? 0 : this.#options.store.windows.uncollectedUpTo(number);
    // Only now, because one sink may have delivered more while others were still at work.
    return totalOf(followed.map(({ delivery, ticket }) => delivery.conclude(ticket, uncollected)));
  }

  async #close(timeoutMs: number): Promise<FlushResult> {
    const { clock, store, problems } = this.#options;
    const reserveMs = Math.min(timeoutMs * CLOSE_RESERVE, LONGEST_CLOSE_RESERVE_MS);
    const slicesMs = Math.min(timeoutMs * CLOSE_IN_SLICES, LONGEST_CLOSE_IN_SLICES_MS);
    const slicesEnd = new Deadline(clock, slicesMs, { keepAlive: true });
    const deadlines = {
      deadline: new Deadline(clock, timeoutMs - reserveMs, { keepAlive: true }),
      stopBy: new Deadline(clock, timeoutMs - reserveMs / 2, { keepAlive: true }),
      end: new Deadline(clock, timeoutMs, { keepAlive: true }),
    };
    const followed = this.#follow();
    const rolled = this.#isStarted ? this.#roll("close") : undefined;
    store.metrics.close();
    this.#cancelTick?.();
    this.#cancelWake?.();
    if (rolled !== undefined) await slicesEnd.cut(rolled);
    slicesEnd.cancel();
    this.#closer.finish();
    this.#options.observers.close();
    // The first observation may have come in this turn, and a sink that is pulled must be opened to be read.
    if (this.#beginning !== undefined) await this.#beginning;
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
    const window = this.#closer.next;
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
    if (this.#window.remainingMs > 0) return this.#scheduleTick();
    const rolled = this.#roll("tick");
    if (rolled === undefined) this.#afterTick();
    else void rolled.then(() => this.#afterTick());
  }

  #afterTick(): void {
    if (this.#closing !== undefined) return;
    this.#cancelWake?.();
    this.#cancelWake = this.#options.clock.setTimer(() => this.#wakeDeliveries(), this.#jitterMs);
    this.#scheduleTick();
  }

  #wakeDeliveries(): void {
    for (const delivery of this.#options.deliveries) delivery.wake();
  }

  /**
   * Closes the window, once the one before it is collected, and resolves when every delivery has got it.
   * Returns undefined if that has all happened by then, as with a small window. At a tick the window ends
   * at a multiple of the interval; otherwise it ends now. Whoever calls it before the window has ended
   * shares it. An observer, prepare() or onError may flush while a window is being closed: such a flush
   * is about that window.
   */
  #roll(cause: "tick" | "flush" | "close"): Promise<void> | undefined {
    const closer = this.#closer;
    const number = closer.next;
    const end = (): Window => (cause === "tick" ? this.#window.endOnGrid() : this.#window.endNow());
    if (cause === "close") closer.closeLast(end);
    else if (!closer.isBusy) closer.close(end);
    if (closer.closed >= number) return undefined;
    return new Promise((resolve) => {
      const proceed = (): void => {
        if (closer.closed < number && !closer.isBusy) closer.close(end);
        if (closer.closed >= number) resolve();
        else closer.onProgress(proceed);
      };
      closer.onProgress(proceed);
    });
  }

  /** Evicts idle series, if it is time for that, or those that were ended, if they are many. Returns the steps. */
  #afterwards(): Iterable<undefined> {
    const { clock, store } = this.#options;
    const now = clock.monotonicTime();
    const isDue = now >= this.#evictAt;
    if (isDue) this.#evictAt = now + IDLE_MS;
    else if (!store.windows.hasManyEnded) return [];
    return this.#unlessClosing(isDue ? store.windows.evictIdle() : store.windows.removeEnded());
  }

  /** As many of the steps as there is time for: once the manager is closing, the process may be about to end. */
  *#unlessClosing(steps: Iterable<undefined>): Generator<undefined> {
    for (const step of steps) {
      if (this.#closing !== undefined) return;
      yield step;
    }
  }
}
