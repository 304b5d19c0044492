/**
 * The fewest points to which answers of 413 lower the size of requests. No proxy is expected to take
 * fewer, and a single series may be too large for any limit.
 */
const LEAST_POINTS = 100;

/** How long the size stays as it is after an answer of 413, and then after each growth, in milliseconds. */
const GROW_AFTER_MS = 600_000;

/**
 * Decides how many points go into a request. An answer of 413 lowers the number, since a proxy on the
 * way may take less than Datadog does, and later requests must not find that out again. Every ten
 * minutes it doubles, up to the limit that was configured, since the proxy may be gone.
 */
export class RequestSize {
  readonly #limit: number;
  #points: number;
  #changedAt = 0;

  constructor(limit: number) {
    this.#limit = limit;
    this.#points = limit;
  }

  /** Returns the most points of a request. */
  get points(): number {
    return this.#points;
  }

  /** Records that a request with this many points was too large, at a time in milliseconds. */
  lower(refusedPoints: number, now: number): void {
    const half = Math.max(LEAST_POINTS, refusedPoints >> 1);
    this.#points = Math.min(this.#points, half);
    this.#changedAt = now;
  }

  /** Doubles the size if it is time, which goes by milliseconds of a clock that may be set. */
  grow(now: number): void {
    if (this.#points === this.#limit || Math.abs(now - this.#changedAt) < GROW_AFTER_MS) return;
    this.#points = Math.min(this.#limit, this.#points * 2);
    this.#changedAt = now;
  }
}
