/** Who has not asked for so long is not waited for. */
const GONE_AFTER_MS = 300_000;

/** Anyone who reaches the port could pose as another Prometheus. */
const MOST_SCRAPERS = 16;

/** Saved when this module is loaded, so that fake timers of a test change nothing. */
const now = /* @__PURE__ */ performance.now.bind(performance);

/** A wait for last scrapes. */
interface Wait {
  /** Those who were not answered yet; empty if nobody was seen, and then anyone will do. */
  readonly awaited: Set<string>;
  readonly done: () => void;
}

/** Remembers which Prometheus servers ask for the metrics, so that a sink can wait for a last scrape of each. */
export class Scrapers {
  /** When each has asked last. */
  readonly #seenAt = new Map<string, number>();
  #wait: Wait | undefined;

  /** Takes note of a scrape that begins. Call what it returns when the scraper has the answer. */
  begins(scraper: string): () => void {
    this.#seenAt.delete(scraper);
    this.#seenAt.set(scraper, now());
    const [oldest] = this.#seenAt.keys();
    if (this.#seenAt.size > MOST_SCRAPERS && oldest !== undefined) this.#seenAt.delete(oldest);
    // A scrape that began before the wait may not have the last observations.
    const wait = this.#wait;
    return () => {
      wait?.awaited.delete(scraper);
      if (wait?.awaited.size === 0) wait.done();
    };
  }

  /**
   * Resolves when each scraper has been answered once more, or when the signal aborts. If nobody has asked yet, as in a
   * process that ends soon, it waits for the first one.
   */
  async untilAnswered(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const since = now() - GONE_AFTER_MS;
    const awaited = [...this.#seenAt].filter(([, seenAt]) => seenAt >= since).map(([key]) => key);
    await new Promise<void>((resolve) => {
      this.#wait = { awaited: new Set(awaited), done: resolve };
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
    this.#wait = undefined;
  }
}
