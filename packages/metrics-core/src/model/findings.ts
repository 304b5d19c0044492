/** A promise that was broken. */
export interface Finding {
  /** Which one: the same words each time, so that findings can be told apart. */
  readonly what: string;
  readonly detail: string;
}

/** What a run of the model found, each kind once. */
export class Findings {
  readonly #byKind = new Map<string, Finding>();

  add(what: string, detail: string): void {
    if (!this.#byKind.has(what)) this.#byKind.set(what, { what, detail });
  }

  /** Adds a finding unless the statement holds. */
  expect(holds: boolean, what: string, detail: () => string): void {
    if (!holds) this.add(what, detail());
  }

  get all(): readonly Finding[] {
    return [...this.#byKind.values()];
  }
}
