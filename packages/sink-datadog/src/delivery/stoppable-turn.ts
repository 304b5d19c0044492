import { UnansweredError } from "../client/failure.ts";
import type { Turn } from "../mapping/turn.ts";

/** Divides the making of a request into turns, and ends it where the signal aborts. */
export class StoppableTurn implements Turn {
  readonly #turn: Turn;
  readonly #signal: AbortSignal;

  constructor(turn: Turn, signal: AbortSignal) {
    this.#turn = turn;
    this.#signal = signal;
  }

  get isOver(): boolean {
    return this.#turn.isOver;
  }

  /** @throws UnansweredError where the signal has aborted */
  async next(): Promise<void> {
    await this.#turn.next();
    if (this.#signal.aborted)
      throw new UnansweredError("stopped before it was sent", { wasSent: false });
  }
}
