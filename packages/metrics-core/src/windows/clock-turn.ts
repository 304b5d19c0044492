import type { Clock } from "../contract/clock.ts";

/** After this many milliseconds, others get their turn. */
const LONGEST_MS = 4;

/**
 * A turn of the event loop that does some work, and should not get long. It goes by the manager's clock:
 * with one that stands still meanwhile, as a manual clock does, all work is done in one turn. Where the work waits
 * for something else in between, the turn counts as longer than it is, which costs no more than another turn.
 */
export class ClockTurn {
  readonly #clock: Clock;
  #begunAt = 0;
  #stopWaiting: () => void = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Says that the turn begins now. */
  begin(): void {
    this.#begunAt = this.#clock.monotonicTime();
  }

  /** Whether the turn has taken so long that the rest of the work should be done in another one. */
  get isOver(): boolean {
    return this.#clock.monotonicTime() - this.#begunAt >= LONGEST_MS;
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
