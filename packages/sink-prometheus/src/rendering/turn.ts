/** Divides long work into turns of the event loop, as core's WorkTurn does by time. */
export interface Turn {
  /** Whether the work of this turn has taken long enough. */
  readonly isOver: boolean;
  /** Resolves in a later turn. */
  next(): Promise<void>;
}
