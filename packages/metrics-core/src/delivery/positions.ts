/**
 * Finds where a list has a member. Members that are asked for in the list's order, as sinks name the snapshots of an
 * export, cost next to nothing; any other order costs an index of the whole list.
 */
export class Positions {
  readonly #list: readonly unknown[];
  #next = 0;
  #index: ReadonlyMap<unknown, number> | undefined;

  constructor(list: readonly unknown[]) {
    this.#list = list;
  }

  /** Expects the first members again. */
  restart(): void {
    this.#next = 0;
  }

  /** The member's position; undefined if the list does not have it. */
  of(member: unknown): number | undefined {
    if (this.#index === undefined) {
      const found = this.#list.indexOf(member, this.#next);
      if (found >= 0) this.#next = found + 1;
      if (found >= 0) return found;
      this.#index = new Map(this.#list.map((each, position) => [each, position]));
    }
    return this.#index.get(member);
  }
}
