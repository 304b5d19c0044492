import { WorkTurn } from "@aiokpl/metrics-core/sink";

/** Divides long work into turns of the event loop, as core's WorkTurn does by time. */
export interface Turn {
  /** Whether the work of this turn has taken long enough. */
  readonly isOver: boolean;
  /** Resolves in a later turn. */
  next(): Promise<void>;
}

/** Writing so many series takes well under a millisecond. */
const SERIES_PER_LOOK = 16;

/** A turn of about four milliseconds. It looks at the clock only now and then, because that takes as long as writing a counter. */
export class SeriesTurn implements Turn {
  readonly #turn = new WorkTurn();
  #series = 0;

  get isOver(): boolean {
    return ++this.#series % SERIES_PER_LOOK === 0 && this.#turn.isOver;
  }

  next(): Promise<void> {
    return this.#turn.next();
  }
}
