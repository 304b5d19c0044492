import type { Clock } from "../../contract/clock.ts";
import type { DimensionValues } from "../../contract/dimensions.ts";
import type { ObserveOptions } from "../../contract/observe-args.ts";
import type { Problems } from "../../problems/problems.ts";
import { isThenable, messageOf, quieten } from "../../problems/thrown.ts";
import { inRootContext } from "../../windows/root-context.ts";
import { quoted } from "../refusal.ts";
import type { SeriesStore } from "../series-store.ts";
import { readPairs } from "./read-pairs.ts";
import { RunningTotals } from "./running-totals.ts";
import { seriesKey } from "./series-key.ts";

/** Between two windows, observers are read again after this time at the earliest. */
const SHORTEST_PAUSE_MS = 1_000;

/** A promise is awaited for so long, or for half an interval if that is shorter. */
const LONGEST_WAIT_MS = 5_000;

interface Observer {
  readonly name: string;
  readonly read: () => unknown;
  readonly dimensions: DimensionValues | undefined;
  readonly isFirstCounted: boolean;
  isEnded: boolean;
  /** Undefined unless it has returned a promise that has not settled. */
  stopWaiting: (() => void) | undefined;
}

/** What {@link Observers} need. */
export interface ObserversOptions {
  readonly store: SeriesStore;
  readonly clock: Clock;
  readonly problems: Problems;
  /** Length of a window in milliseconds; 0 where only flushes end one. */
  readonly intervalMs: number;
}

/** The callbacks that are read when a window closes, and when somebody reads the open window. */
export class Observers {
  readonly #options: ObserversOptions;
  readonly #observers = new Set<Observer>();
  /** By metric. They outlive the observers. */
  readonly #totals = new Map<string, RunningTotals>();
  #round = 0;
  #readAt = -Infinity;
  #isReading = false;
  #isClosed = false;

  constructor(options: ObserversOptions) {
    this.#options = options;
  }

  /** Returns a function that removes it again. */
  add(
    name: string,
    read: () => unknown,
    dimensions: DimensionValues | undefined,
    options?: ObserveOptions,
  ): () => void {
    const observer: Observer = {
      name,
      read,
      dimensions,
      isFirstCounted: options?.baseline === "first",
      isEnded: false,
      stopWaiting: undefined,
    };
    this.#observers.add(observer);
    return () => {
      this.#observers.delete(observer);
      observer.isEnded = true;
      observer.stopWaiting?.();
    };
  }

  /** Whether there are any. */
  get isUsed(): boolean {
    return this.#observers.size > 0;
  }

  /** Whether it is one of them that asks. */
  get isReading(): boolean {
    return this.#isReading;
  }

  /** Reads all of them into the open window, unless one of them asks. One that fails is reported, and read again next time. */
  readAll(): void {
    if (this.#isReading || this.#observers.size === 0) return;
    this.#readAt = this.#options.clock.monotonicTime();
    this.#round++;
    this.#isReading = true;
    // A copy, since one that subscribes anew would else be read for ever.
    for (const observer of Array.from(this.#observers)) this.#read(observer);
    this.#isReading = false;
  }

  /** Reads all of them, unless that was done a moment ago, or one of them asks. */
  readIfDue(): void {
    if (this.#isClosed || this.#observers.size === 0) return;
    const { clock, store } = this.#options;
    if (store.metrics.isClosed || clock.monotonicTime() - this.#readAt < SHORTEST_PAUSE_MS) return;
    inRootContext(() => this.readAll());
  }

  /** Reads nothing any more, and waits for nothing. */
  close(): void {
    this.#isClosed = true;
    for (const { stopWaiting } of this.#observers) stopWaiting?.();
  }

  #read(observer: Observer): void {
    const { name, stopWaiting } = observer;
    if (stopWaiting !== undefined || this.#options.store.metrics.isOff(name)) return;
    try {
      const returned = observer.read();
      if (isThenable(returned)) this.#await(observer, returned);
      else this.#take(observer, returned);
    } catch (cause) {
      this.#failed(observer, cause);
    }
  }

  #await(observer: Observer, promise: PromiseLike<unknown>): void {
    const { clock, intervalMs } = this.#options;
    quieten(promise);
    if (this.#isClosed || this.#options.store.metrics.isClosed) return;
    const waitMs = Math.min(LONGEST_WAIT_MS, intervalMs === 0 ? Infinity : intervalMs / 2);
    let isOver = false;
    const stop = (): void => {
      isOver = true;
      cancel();
      observer.stopWaiting = undefined;
    };
    const cancel = clock.setTimer(() => {
      stop();
      this.#failed(observer, new Error(`its promise did not settle within ${waitMs} ms`));
    }, waitMs);
    observer.stopWaiting = stop;
    Promise.resolve(promise).then(
      (returned) => {
        if (isOver) return;
        stop();
        try {
          this.#take(observer, returned);
        } catch (cause) {
          this.#failed(observer, cause);
        }
      },
      (cause: unknown) => {
        if (isOver) return;
        stop();
        this.#failed(observer, cause);
      },
    );
  }

  #take(observer: Observer, returned: unknown): void {
    const { name, dimensions } = observer;
    const { store } = this.#options;
    if (store.metrics.known(name)?.kind === "counter") return this.#count(observer, returned);
    for (const [value, own] of readPairs(returned, dimensions))
      store.recordObserved(name, "gauge", value, own);
  }

  /** Counts by how much the totals have grown. A reading that fails counts nothing, so that no sum is taken for a reset. */
  #count(observer: Observer, returned: unknown): void {
    const { name, isFirstCounted } = observer;
    const { store } = this.#options;
    const read = new Map<string, { total: number; dimensions: DimensionValues }>();
    for (const [value, own] of readPairs(returned, observer.dimensions)) {
      if (store.admit(name, "counter", value) === undefined) continue;
      const dimensions = store.places.readDimensions(name, own);
      const series = seriesKey(store.commonDimensions, dimensions);
      const { total } = read.get(series) ?? { total: 0 };
      read.set(series, { total: total + Number(value), dimensions });
    }
    const totals = this.#totalsOf(name);
    for (const [series, { total, dimensions }] of read) {
      if (store.admit(name, "counter", total) === undefined) continue;
      const reading = { series, total, reader: observer, isFirstCounted, round: this.#round };
      const count = (increase: number): boolean =>
        store.recordObserved(name, "counter", increase, dimensions);
      if (!totals.advance(reading, count)) this.#hasNoRoom(name);
    }
  }

  #totalsOf(name: string): RunningTotals {
    let totals = this.#totals.get(name);
    if (totals === undefined) {
      const { maxSeries } = this.#options.store.metrics.known(name)?.properties ?? { maxSeries: 1 };
      this.#totals.set(name, (totals = new RunningTotals(maxSeries)));
    }
    return totals;
  }

  #hasNoRoom(name: string): void {
    const message = `the callback that observes metric ${quoted(name)} returns more series than its limit; those beyond it are not counted. Raise maxSeries`;
    this.#options.problems.notice("series_limit", message, { metric: name });
  }

  #failed({ name }: Observer, cause: unknown): void {
    const message = `the callback that observes metric ${quoted(name)} failed: ${messageOf(cause)}`;
    this.#options.problems.notice("observe_failed", message, { metric: name, cause });
  }
}
