import type { Clock } from "../contract/clock.ts";
import { ManualClock } from "../windows/manual-clock.ts";

/** A clock whose wall time may lie, and that knows which timers are core's and which the sinks'. */
export class ModelClock implements Clock {
  readonly #clock = new ManualClock();
  readonly #onThrow: (error: unknown) => void;
  readonly #coreTimers = new Set<object>();
  /** When the timers of core and of the sinks are due, in monotonic time. */
  readonly #due = new Set<{ readonly at: number }>();
  #wrongReadings = 0;
  #blockedMs = 0;
  #wasSet = false;

  /** @param onThrow told of what a timer of core's throws, which in a process would be the end of it */
  constructor(onThrow: (error: unknown) => void) {
    this.#onThrow = onThrow;
  }

  wallTime(): number {
    if (this.#wrongReadings === 0) return this.#clock.wallTime();
    this.#wrongReadings--;
    return NaN;
  }

  monotonicTime(): number {
    return this.#clock.monotonicTime();
  }

  setTimer(callback: () => void, delayMs: number, keepAlive?: boolean): () => void {
    const timer = {};
    this.#coreTimers.add(timer);
    const cancel = this.#setTimer(
      () => {
        this.#coreTimers.delete(timer);
        try {
          callback();
        } catch (error) {
          this.#onThrow(error);
        }
      },
      delayMs,
      keepAlive,
    );
    return () => {
      this.#coreTimers.delete(timer);
      cancel();
    };
  }

  /** How many timers core has set. */
  get coreTimers(): number {
    return this.#coreTimers.size;
  }

  /** Whether the next reading of the wall time is NaN. */
  get isLying(): boolean {
    return this.#wrongReadings > 0;
  }

  /** For how many milliseconds, all in all, no timer could fire. */
  get blockedMs(): number {
    return this.#blockedMs;
  }

  /** Whether the wall clock was ever set, or lied. */
  get wasSet(): boolean {
    return this.#wasSet;
  }

  /** The wall time as it is, whatever core is told. */
  get trueWallTime(): number {
    return this.#clock.wallTime();
  }

  /** Resolves after so many milliseconds; a timer of the sinks. */
  after(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#setTimer(resolve, ms));
  }

  /** The next so many readings of the wall time are NaN. */
  lie(readings: number): void {
    this.#wrongReadings += readings;
    this.#wasSet = true;
  }

  stepWall(byMs: number): void {
    this.#clock.stepWall(byMs);
    this.#wasSet = true;
  }

  block(ms: number): void {
    this.#clock.block(ms);
    this.#blockedMs += ms;
  }

  /** Lets time pass, from timer to timer, and lets all that awaits go on before the next one. */
  async advance(ms: number): Promise<void> {
    const end = this.monotonicTime() + ms;
    await this.#settle();
    for (let next = this.#nextDue(); next <= end; next = this.#nextDue()) {
      await this.#clock.advance(Math.max(0, next - this.monotonicTime()));
      await this.#settle();
    }
    await this.#clock.advance(Math.max(0, end - this.monotonicTime()));
    await this.#settle();
  }

  #setTimer(callback: () => void, delayMs: number, keepAlive?: boolean): () => void {
    const due = { at: this.monotonicTime() + Math.max(0, delayMs) };
    this.#due.add(due);
    const fire = (): void => {
      this.#due.delete(due);
      callback();
    };
    const cancel = this.#clock.setTimer(fire, delayMs, keepAlive);
    return () => {
      this.#due.delete(due);
      cancel();
    };
  }

  #nextDue(): number {
    let next = Infinity;
    for (const { at } of this.#due) next = Math.min(next, at);
    return next;
  }

  /** Runs all promise callbacks, however long their chains: a pass may make many exports. */
  async #settle(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
  }
}
