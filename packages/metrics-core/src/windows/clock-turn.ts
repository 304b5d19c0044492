import type { Clock } from "../contract/clock.ts";

/** After this many milliseconds of work, others get their turn. */
const LONGEST_MS = 4;

/**
 * A turn of the event loop that does some work, and should not get long. It goes by the manager's clock:
 * with one that stands still meanwhile, as a manual clock does, all work is done in one turn.
 */
export class ClockTurn {
  readonly #clock: Clock;
  #workedMs = 0;
  /** Since when it works. */
  #since = 0;
  #stopWaiting: () => void = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Says that the turn begins now, with work. */
  begin(): void {
    this.#workedMs = 0;
    this.#since = this.#clock.monotonicTime();
  }

  /** Says that the work waits for something else. */
  pause(): void {
    this.#workedMs += this.#clock.monotonicTime() - this.#since;
  }

  /** Says that the work goes on after a {@link pause}. */
  resume(): void {
    this.#since = this.#clock.monotonicTime();
  }

  /** Whether the work, which is under way, has taken so long that the rest should be done in another turn. */
  get isOver(): boolean {
    return this.#workedMs + this.#clock.monotonicTime() - this.#since >= LONGEST_MS;
  }

  /** Resolves in another turn, which begins then. Keeps the process alive until then. */
  async next(): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.setTimer(resolve, 0, true);
      this.#stopWaiting = () => {
        cancel();
        resolve();
      };
    });
    this.begin();
  }

  /** Lets whoever waits for {@link next} go on in this turn, and leaves no timer. */
  stopWaiting(): void {
    this.#stopWaiting();
  }
}
