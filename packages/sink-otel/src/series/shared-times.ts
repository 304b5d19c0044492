/**
 * When series began, or were observed last. Most series of a window have equal times, and share one object: a
 * number of its own for each series would take more memory.
 */
export interface SharedTime {
  /** In milliseconds since the epoch. */
  readonly time: number;
  /** The settlement of the totals before which it was. */
  readonly settlement: number;
}

/** Before all times. */
export const NEVER: SharedTime = { time: -Infinity, settlement: -1 };

/** Makes one object for equal times that are asked for in a row. */
export class SharedTimes {
  #last = NEVER;

  /** @param time in milliseconds since the epoch */
  of(time: number, settlement: number): SharedTime {
    const last = this.#last;
    return last.time === time && last.settlement === settlement
      ? last
      : (this.#last = { time, settlement });
  }
}
