/** This many reasons are counted one by one, and the rest together. */
const MOST_REASONS = 10;

/** How many snapshots were rejected, by reason. */
export class Rejections implements Iterable<readonly [reason: string, snapshots: number]> {
  /** Undefined while there are none, as after nearly every export. */
  #counts: Map<string, number> | undefined;

  get isEmpty(): boolean {
    return this.#counts === undefined;
  }

  add(reason: string, snapshots = 1): void {
    const counts = (this.#counts ??= new Map<string, number>());
    const isCounted = counts.has(reason) || counts.size < MOST_REASONS;
    const counted = isCounted ? reason : "other reasons";
    counts.set(counted, (counts.get(counted) ?? 0) + snapshots);
  }

  *[Symbol.iterator](): Iterator<readonly [reason: string, snapshots: number]> {
    if (this.#counts !== undefined) yield* this.#counts;
  }
}
