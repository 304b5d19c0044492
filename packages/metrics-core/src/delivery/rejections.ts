/** This many reasons are counted one by one, and the rest together. */
const MOST_REASONS = 10;

/** How many snapshots were rejected, by reason. */
export class Rejections implements Iterable<readonly [reason: string, snapshots: number]> {
  readonly #counts = new Map<string, number>();

  add(reason: string, snapshots = 1): void {
    const isCounted = this.#counts.has(reason) || this.#counts.size < MOST_REASONS;
    const counted = isCounted ? reason : "other reasons";
    this.#counts.set(counted, (this.#counts.get(counted) ?? 0) + snapshots);
  }

  [Symbol.iterator](): Iterator<readonly [reason: string, snapshots: number]> {
    return this.#counts.entries();
  }
}
