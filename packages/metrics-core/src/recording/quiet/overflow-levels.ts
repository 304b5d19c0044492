import type { Series } from "../series.ts";

/** What a handle without a series of its own has. */
interface HandleLevel {
  level: number;
  /** Its part of the sum: what it was moved by, without what it was set to. */
  share: number;
}

/** The levels of a metric that have no room for a series of their own: handles each keep theirs, and the overflow series shows a sum. */
export class OverflowLevels {
  /** The sum of all moves. Levels that were set are not in it. */
  sum = 0;
  /** By the series of the handle, which no index holds. */
  #handles = new WeakMap<Series, HandleLevel>();

  /** Says that a handle has set its level. */
  set(unregistered: Series, level: number): void {
    this.#of(unregistered).level = level;
  }

  /** Says that a handle has moved its level, and with it the sum. */
  moved(unregistered: Series, delta: number): void {
    const own = this.#of(unregistered);
    own.level += delta;
    own.share += delta;
  }

  /** Takes a handle's level out of the sum, and returns it; undefined where it has none here. */
  takeOut(unregistered: Series): Readonly<HandleLevel> | undefined {
    const own = this.#handles.get(unregistered);
    this.#handles.delete(unregistered);
    this.sum -= own?.share ?? 0;
    return own;
  }

  /** Ends all levels: each handle starts again from nothing. */
  clear(): void {
    this.sum = 0;
    this.#handles = new WeakMap();
  }

  #of(unregistered: Series): HandleLevel {
    let own = this.#handles.get(unregistered);
    if (own === undefined)
      this.#handles.set(unregistered, (own = { level: unregistered.last, share: 0 }));
    return own;
  }
}
