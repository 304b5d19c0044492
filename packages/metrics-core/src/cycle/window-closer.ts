import type { Clock } from "../contract/clock.ts";
import type { ForgottenSeries } from "../contract/metrics-sink.ts";
import type { Delivery } from "../delivery/delivery.ts";
import type { Problems } from "../problems/problems.ts";
import type { Observers } from "../recording/observed/observers.ts";
import type { SeriesStore } from "../recording/series-store.ts";
import { SlicedWork } from "../windows/sliced-work.ts";
import type { Window } from "../windows/window-clock.ts";

/** What a {@link WindowCloser} connects. */
export interface WindowCloserOptions {
  readonly clock: Clock;
  readonly store: SeriesStore;
  readonly observers: Observers;
  readonly deliveries: readonly Delivery[];
  readonly problems: Problems;
  /** What there is to do after each window, step by step. */
  readonly afterwards: () => Iterable<unknown>;
}

/**
 * Closes windows, one after the other. A window ends in one moment. Then its series are collected and
 * given to the deliveries in slices, so that the program does not stand still. A small window needs one
 * slice, in the turn in which it ends.
 */
export class WindowCloser {
  readonly #options: WindowCloserOptions;
  #ended = 0;
  #closed = 0;
  #work: SlicedWork | undefined;
  #isReading = false;
  #waiting: (() => void)[] = [];

  constructor(options: WindowCloserOptions) {
    this.#options = options;
  }

  /** How many windows were closed: each delivery has got all of them. */
  get closed(): number {
    return this.#closed;
  }

  /**
   * The number of the window that ends next. For an observer, `prepare` or `onError` that is called in the
   * course of closing a window, it is that window.
   */
  get next(): number {
    const isCollecting = !this.#isReading && this.#work?.isRunning === true;
    return isCollecting ? this.#ended : this.#ended + 1;
  }

  /** Whether it is an observer, `prepare` or `onError` that asks, called in the course of closing. */
  get isInside(): boolean {
    return this.#isReading || this.#work?.isRunning === true;
  }

  /** Whether no window can end now, because the last one is not collected yet. */
  get isBusy(): boolean {
    return this.#isReading || this.#work !== undefined;
  }

  /** Ends the open window, and begins to collect it. Must not be called while it is busy. */
  close(end: () => Window): void {
    this.#end(end);
    this.#collect();
  }

  /** Ends the last window: nothing is accepted any more. If another is being collected, the last one is next. */
  closeLast(end: () => Window): void {
    this.#end(end);
    // From now on, what a sink or a handler records would be in no window, so it must be refused.
    this.#options.store.metrics.close();
    if (this.#work === undefined) this.#collect();
  }

  /** Calls back, once, when something is closed or it is not busy any more. */
  onProgress(callback: () => void): void {
    this.#waiting.push(callback);
  }

  /** Does at once what is left of collecting. */
  finish(): void {
    while (this.#work !== undefined && !this.isInside) this.#work.finish();
  }

  #end(end: () => Window): void {
    const { store, observers, clock } = this.#options;
    this.#isReading = true;
    try {
      observers.readAll();
      store.windows.close(end(), clock.monotonicTime());
      this.#ended++;
    } finally {
      this.#isReading = false;
    }
  }

  #collect(): void {
    this.#work = new SlicedWork(this.#steps(), this.#options.clock, () => this.#done());
    this.#work.run();
  }

  /** Every delivery gets a part in the turn in which it is collected, so that nobody sees it nowhere or twice. */
  *#steps(): Generator<unknown> {
    const { store, deliveries, problems, afterwards } = this.#options;
    const number = this.#closed + 1;
    let ended: readonly ForgottenSeries[] = [];
    for (let isLast = false; !isLast;) {
      const part = store.windows.nextPart();
      for (const delivery of deliveries) delivery.take(part.snapshots, { last: part.last });
      isLast = part.last;
      ended = part.ended;
      if (!isLast) yield;
    }
    for (const delivery of deliveries) {
      yield* delivery.complete();
      if (ended.length > 0) yield* delivery.forget(ended);
    }
    problems.sumUp();
    this.#closed = number;
    this.#progress();
    yield* afterwards();
  }

  #done(): void {
    this.#work = undefined;
    if (this.#options.store.windows.isCollecting) this.#collect();
    this.#progress();
  }

  #progress(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const callback of waiting) callback();
  }
}
