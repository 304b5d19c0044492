/** Divides long work into turns of the event loop, as core's WorkTurn does by time. */
export interface Turn {
  /** Whether the work of this turn has taken long enough. */
  readonly isOver: boolean;
  /** Resolves in a later turn. */
  next(): Promise<void>;
}

/** For little work, which takes one turn however busy the machine is. */
export const ONE_TURN: Turn = { isOver: false, next: async () => {} };

/**
 * Does the work for each of many, over as many turns as it takes.
 *
 * @throws the signal's reason if it aborts between two turns
 */
export async function inTurns<T>(
  all: Iterable<T>,
  work: (each: T) => void,
  turn: Turn,
  signal?: AbortSignal,
): Promise<void> {
  for (const each of all) {
    work(each);
    if (!turn.isOver) continue;
    await turn.next();
    signal?.throwIfAborted();
  }
}
