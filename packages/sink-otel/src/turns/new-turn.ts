import { WorkTurn } from "@aiokpl/metrics-core/sink";
import { ONE_TURN, type Turn } from "./in-turns.ts";

/** So few series are sorted, and made points of, in a millisecond; with 160 buckets in four. */
const FEW_SERIES = 500;

/** The clock is read at one in so many looks, since reading it takes as long as the work on a series. */
const LOOKS = 8;

/**
 * Returns a turn that is over after some milliseconds of work.
 *
 * @param series how many series there are, if it is known: little work takes one turn, however busy the machine is
 */
export function newTurn(series: number = Infinity): Turn {
  return series > FEW_SERIES ? new SeriesTurn() : ONE_TURN;
}

/** A turn of which somebody asks after each series whether it is over. */
class SeriesTurn implements Turn {
  readonly #turn = new WorkTurn();
  #looks = 0;

  get isOver(): boolean {
    return ++this.#looks % LOOKS === 0 && this.#turn.isOver;
  }

  next(): Promise<void> {
    return this.#turn.next();
  }
}
