/** The lowest limit that the service has had for a request, in bytes: it never refused less. */
const LEAST_BYTES = 40_960;
/** After this long without a 413, larger requests are tried again. */
const FIRST_WAIT_MS = 600_000;
/** The longest wait: each try that fails costs a request. */
const LONGEST_WAIT_MS = 21_600_000;
const STEP = 1.25;

/**
 * How large a request may be. A request that was too large halves it. Afterwards it grows again in
 * steps, in case what refused it was a proxy's bad hour. A step that is refused is taken back, and the
 * next one comes later.
 */
export class RequestSize {
  readonly #most: number;
  #bytes: number;
  #waitMs = FIRST_WAIT_MS;
  /** When the size last changed. */
  #changedAt = 0;
  /** The size before the last step; undefined where the size was halved since. */
  #before: number | undefined;

  /** @param most the program's limit, in bytes */
  constructor(most: number) {
    this.#most = most;
    this.#bytes = most;
  }

  /** The most bytes that a request may have. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes the next step, if its time has come. */
  grow(now: number): void {
    if (this.#bytes >= this.#most) return;
    // A clock that was set back must not stop it.
    if (Math.abs(now - this.#changedAt) < this.#waitMs) return;
    if (this.#before !== undefined) this.#waitMs = FIRST_WAIT_MS;
    this.#before = this.#bytes;
    this.#bytes = Math.min(this.#most, Math.ceil(this.#bytes * STEP));
    this.#changedAt = now;
  }

  /** A request of this many bytes was too large. */
  refused(bytes: number, now: number): void {
    const before = this.#before;
    if (before !== undefined && bytes > before) {
      this.#bytes = before;
      this.#waitMs = Math.min(LONGEST_WAIT_MS, this.#waitMs * 2);
    } else {
      this.#bytes = Math.min(this.#bytes, Math.max(LEAST_BYTES, Math.floor(bytes / 2)));
      this.#waitMs = FIRST_WAIT_MS;
    }
    this.#before = undefined;
    this.#changedAt = now;
  }
}
