import type { Turn } from "../rendering/turn.ts";

/** What happens between two turns of a sink's work; the last one is for all later turns. */
export type BetweenTurns = () => void | Promise<void>;

/** A turn that is over after each piece of work, so that a test decides what happens between any two of them. */
export class ScriptedTurn implements Turn {
  readonly isOver = true;
  readonly #between: BetweenTurns;

  constructor(between: BetweenTurns) {
    this.#between = between;
  }

  async next(): Promise<void> {
    await this.#between();
  }
}
