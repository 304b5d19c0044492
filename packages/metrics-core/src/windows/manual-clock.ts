import type { Clock } from "../contract/clock.ts";

interface ManualTimer {
  readonly at: number;
  readonly callback: () => void;
  readonly keepAlive: boolean;
}

/** A clock that stands still until a test moves it. Its wall time and monotonic time differ, so that a test finds code that confuses them. */
export class ManualClock implements Clock {
  #wall: number;
  #monotonic = 5_000;
  readonly #timers = new Set<ManualTimer>();

  /** @param wallTime where the wall clock starts, in milliseconds since the epoch. @default 2030-01-01T00:00:00Z */
  constructor(wallTime: number = Date.UTC(2030, 0, 1)) {
    this.#wall = wallTime;
  }

  /** Wall time in milliseconds since the epoch, as the test has set it. */
  wallTime(): number {
    return this.#wall;
  }

  /** Milliseconds that the test has let pass, counted from 5,000. */
  monotonicTime(): number {
    return this.#monotonic;
  }

  /** Has `advance` call `callback` when `delayMs` have passed. Returns a function that cancels it. */
  setTimer(callback: () => void, delayMs: number, keepAlive = false): () => void {
    const timer: ManualTimer = { at: this.#monotonic + Math.max(0, delayMs), callback, keepAlive };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /**
   * How many timers are set. With `keepAlive` true or false, how many of these keep a process
   * alive, or do not.
   */
  pendingTimers(keepAlive?: boolean): number {
    return [...this.#timers].filter(
      (timer) => keepAlive === undefined || timer.keepAlive === keepAlive,
    ).length;
  }

  /** Sets the wall clock forward or back, as an operator or a time server does. No time passes. */
  stepWall(byMs: number): void {
    this.#wall += byMs;
  }

  /**
   * Lets time pass in both clocks. Each timer fires at its own time, in order. Promise callbacks
   * run between timers, so that awaited work continues.
   *
   * @throws RangeError (rejects) unless `ms` is finite and at least 0.
   */
  async advance(ms: number): Promise<void> {
    checkDuration(ms);
    const end = this.#monotonic + ms;
    await settle();
    for (let next = this.#earliest(end); next !== undefined; next = this.#earliest(end)) {
      this.#moveTo(next.at);
      this.#timers.delete(next);
      next.callback();
      await settle();
    }
    this.#moveTo(end);
    await settle();
  }

  /**
   * Lets time pass without firing a timer, as if the event loop were blocked. The next
   * {@link advance} fires the overdue timers.
   *
   * @throws RangeError unless `ms` is finite and at least 0.
   */
  block(ms: number): void {
    checkDuration(ms);
    this.#moveTo(this.#monotonic + ms);
  }

  /** Does nothing if the clock is past that time already: a timer's callback may have moved it with block(). */
  #moveTo(monotonic: number): void {
    if (monotonic <= this.#monotonic) return;
    this.#wall += monotonic - this.#monotonic;
    this.#monotonic = monotonic;
  }

  #earliest(limit: number): ManualTimer | undefined {
    let earliest: ManualTimer | undefined;
    for (const timer of this.#timers) {
      if (timer.at <= limit && (earliest === undefined || timer.at < earliest.at)) earliest = timer;
    }
    return earliest;
  }
}

function checkDuration(ms: number): void {
  if (!(Number.isFinite(ms) && ms >= 0))
    throw new RangeError(`ms is ${ms}, must be a finite number, at least 0`);
}

/** Runs all promise callbacks that are ready, and those that these make ready. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 32; turn++) await Promise.resolve();
}
