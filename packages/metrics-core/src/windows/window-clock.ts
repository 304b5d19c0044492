import type { Clock } from "../contract/clock.ts";

/** Without an interval, a jump of the wall clock by more than this means that somebody set it. */
const STEP_WITHOUT_INTERVAL_MS = 60_000;

/**
 * The bounds of a window in milliseconds since the epoch. The end is exclusive, and not before the
 * start.
 */
export interface Window {
  readonly windowStart: number;
  readonly windowEnd: number;
}

/** Both clocks at one moment. */
interface Reading {
  readonly wallTime: number;
  readonly monotonicTime: number;
  /** The wall time as it would be if nobody had set the clock. */
  readonly now: number;
  /** Whether somebody has set the wall clock by more than an interval. */
  readonly stepped: boolean;
}

/**
 * Decides where windows start and end. Each window starts where the one before it ended. A window
 * ends at a multiple of the interval in wall-clock time, unless a flush ends it early.
 *
 * If the wall clock jumps by more than an interval while the monotonic clock does not, somebody has
 * set it. Then the open window keeps its true length, and the next window starts at the new wall
 * time.
 */
export class WindowClock {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  #windowStart = 0;
  #wallTime = 0;
  #monotonicTime = 0;

  /**
   * @param clock one whose wall time is always a finite number
   * @param intervalMs length of a full window in milliseconds; 0 if only flushes end one
   */
  constructor(clock: Clock, intervalMs: number) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
    this.restart();
  }

  /** Starts the first window now. */
  restart(): void {
    const { wallTime, monotonicTime } = this.#read();
    this.#wallTime = wallTime;
    this.#monotonicTime = monotonicTime;
    this.#windowStart = wallTime;
  }

  /**
   * How long until the open window should end, in milliseconds; 0 if it should have ended already.
   */
  get remainingMs(): number {
    const { wallTime, stepped } = this.#read();
    return stepped ? 0 : Math.max(0, this.#boundaryAfter(this.#windowStart) - wallTime);
  }

  /** The open window as it would be if it ended now. */
  peek(): Window {
    const { now } = this.#read();
    return this.#windowTo(now, now);
  }

  /** Ends the open window now; the next one starts there. */
  endNow(): Window {
    const reading = this.#read();
    return this.#end(reading.now, reading);
  }

  /** Ends the open window at the last multiple of the interval; the next one starts there. */
  endOnGrid(): Window {
    const reading = this.#read();
    const { now, stepped } = reading;
    return this.#end(stepped ? now : this.#boundaryAfter(now) - this.#intervalMs, reading);
  }

  #end(end: number, { wallTime, monotonicTime, now, stepped }: Reading): Window {
    const window = this.#windowTo(end, now);
    this.#wallTime = wallTime;
    this.#monotonicTime = monotonicTime;
    this.#windowStart = stepped ? wallTime : window.windowEnd;
    return window;
  }

  /**
   * The window up to `end`. Two windows must not share a timestamp, so a window lasts at least 1 ms
   * even if it ends sooner. But if its start is ahead of the clock already, it may last 0 ms, so
   * that windows never run further ahead.
   */
  #windowTo(end: number, now: number): Window {
    const windowStart = this.#windowStart;
    const shortest = windowStart > now ? windowStart : windowStart + 1;
    return { windowStart, windowEnd: Math.max(end, shortest) };
  }

  #read(): Reading {
    const monotonicTime = this.#clock.monotonicTime();
    const expected = this.#wallTime + (monotonicTime - this.#monotonicTime);
    const wallTime = this.#clock.wallTime();
    const stepped = Math.abs(wallTime - expected) > (this.#intervalMs || STEP_WITHOUT_INTERVAL_MS);
    return { wallTime, monotonicTime, now: stepped ? Math.round(expected) : wallTime, stepped };
  }

  #boundaryAfter(time: number): number {
    return (Math.floor(time / this.#intervalMs) + 1) * this.#intervalMs;
  }
}
