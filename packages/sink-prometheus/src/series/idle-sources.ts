import type { Source } from "./exposed-series.ts";

/** A series makes room for another one only after this time without an observation. */
const SHORTEST_IDLE_MS = 3_600_000;

/** All series are looked at no more often than this. */
const SEARCH_EVERY_MS = 60_000;

/** Finds the series that were longest without an observation. It looks at all of them only when there is no room. */
export class IdleSources {
  readonly #all: () => Iterable<Source>;
  /** Found in the last search; the one that was longest idle is last. */
  #found: Source[] = [];
  #searchedAt = -Infinity;

  constructor(all: () => Iterable<Source>) {
    this.#all = all;
  }

  /** Returns the series that was longest idle at the given time, if that was an hour or more. It must be removed then. */
  next(now: number): Source | undefined {
    const source = this.#nextFound(now);
    if (source !== undefined || Math.abs(now - this.#searchedAt) < SEARCH_EVERY_MS) return source;
    this.#searchedAt = now;
    this.#found = [...this.#all()]
      .filter((each) => isIdle(each, now))
      .sort((a, b) => b.observedUntil - a.observedUntil);
    return this.#nextFound(now);
  }

  #nextFound(now: number): Source | undefined {
    for (let source = this.#found.pop(); source !== undefined; source = this.#found.pop())
      if (isIdle(source, now)) return source;
    return undefined;
  }
}

function isIdle(source: Source, now: number): boolean {
  return (
    !source.overflow &&
    source.series.sources.includes(source) &&
    now - source.observedUntil >= SHORTEST_IDLE_MS
  );
}
