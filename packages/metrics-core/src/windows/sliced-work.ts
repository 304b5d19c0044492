import type { Clock } from "../contract/clock.ts";

/** After this many milliseconds of work, others get their turn. */
const LONGEST_SLICE_MS = 4;

/**
 * Does long work in slices, so that the program does not stand still meanwhile. The first slice runs at
 * once, and each later one after the program has had a turn. With a clock that stands still meanwhile, as a manual
 * clock does, all of the work is one slice.
 */
export class SlicedWork {
  readonly #steps: Iterator<unknown>;
  readonly #clock: Clock;
  readonly #onDone: () => void;
  #cancelNext: () => void = () => {};
  #isRunning = false;
  #isDone = false;

  /**
   * @param steps does about a millisecond of the work whenever it is asked for its next value
   * @param onDone is called when all is done, or a step has thrown
   */
  constructor(steps: Iterator<unknown>, clock: Clock, onDone: () => void) {
    this.#steps = steps;
    this.#clock = clock;
    this.#onDone = onDone;
  }

  /** Whether a step is running, so that whoever asks was called by it. */
  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** Does a slice now, and plans the next one. */
  run(): void {
    const end = this.#clock.monotonicTime() + LONGEST_SLICE_MS;
    this.#runUntil(() => this.#clock.monotonicTime() >= end);
    if (!this.#isDone) this.#cancelNext = this.#clock.setTimer(() => this.run(), 0);
  }

  /** Does all that is left now. A step must not call it. */
  finish(): void {
    this.#cancelNext();
    this.#runUntil(() => false);
  }

  #runUntil(isOver: () => boolean): void {
    this.#isRunning = true;
    // If a step throws, there is no next one.
    this.#isDone = true;
    try {
      do this.#isDone = this.#steps.next().done === true;
      while (!this.#isDone && !isOver());
    } finally {
      this.#isRunning = false;
      if (this.#isDone) this.#onDone();
    }
  }
}
