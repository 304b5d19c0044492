/** Who has not asked for so long is not waited for. */
const GONE_AFTER_MS = 300_000;

/** Anyone who reaches the port could pose as another Prometheus. */
const MOST_SCRAPERS = 16;

/** Saved when this module is loaded, so that fake timers of a test change nothing. */
const now = /* @__PURE__ */ performance.now.bind(performance);

/** Remembers which Prometheus servers ask for the metrics, so that a sink can wait for a last scrape of each. */
export class Scrapers {
  /** When each has asked last. */
  readonly #seenAt = new Map<string, number>();
  /** Those whose last scrape is waited for. */
  #awaited = new Set<string>();
  #done: () => void = () => {};

  /** Takes note of a scrape that begins. Call what it returns when the scraper has the answer. */
  begins(scraper: string): () => void {
    this.#seenAt.delete(scraper);
    this.#seenAt.set(scraper, now());
    const [oldest] = this.#seenAt.keys();
    if (this.#seenAt.size > MOST_SCRAPERS && oldest !== undefined) this.#seenAt.delete(oldest);
    // One that began before the wait may not have the last observations.
    const isAwaited = this.#awaited.has(scraper);
    return () => {
      if (isAwaited && this.#awaited.delete(scraper) && this.#awaited.size === 0) this.#done();
    };
  }

  /** Resolves when each has been answered once more, or when the signal aborts. */
  async untilAnswered(signal: AbortSignal): Promise<void> {
    const since = now() - GONE_AFTER_MS;
    const awaited = [...this.#seenAt].filter(([, seenAt]) => seenAt >= since).map(([key]) => key);
    if (awaited.length === 0 || signal.aborted) return;
    this.#awaited = new Set(awaited);
    await new Promise<void>((resolve) => {
      this.#done = resolve;
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
    this.#awaited = new Set();
  }
}
