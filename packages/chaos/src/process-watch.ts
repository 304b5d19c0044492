import { setTimeout as sleep } from "node:timers/promises";

const SAMPLE_MS = 20;

/** How long a socket may stay open after it was closed. */
const PATIENCE_MS = 3_000;

/** Observes the process: its memory, its event loop, and unhandled rejections. */
export class ProcessWatch {
  readonly unhandled: string[] = [];
  readonly #before = openHandles();
  readonly #timer: NodeJS.Timeout;
  #peakHeapBytes = 0;
  #longestDelayMs = 0;
  #sampledAt: number = performance.now();

  constructor() {
    process.on("unhandledRejection", this.#onUnhandled);
    this.#timer = setInterval(() => this.#sample(), SAMPLE_MS).unref();
  }

  /** The most memory that the heap was found to use, in bytes. */
  get peakHeapBytes(): number {
    return this.#peakHeapBytes;
  }

  /**
   * The longest delay of a timer, in milliseconds. `monitorEventLoopDelay` shows less: its own timer may run
   * several times while those of JavaScript wait.
   */
  get longestDelayMs(): number {
    return Math.max(this.#longestDelayMs, performance.now() - this.#sampledAt - SAMPLE_MS);
  }

  /** Stops observing, and returns what still keeps the process alive. */
  async end(): Promise<readonly string[]> {
    this.#sample();
    this.#sampledAt = Infinity;
    clearInterval(this.#timer);
    const deadline = performance.now() + PATIENCE_MS;
    let left = this.#leftOpen();
    while (left.length > 0 && performance.now() < deadline) {
      await sleep(20);
      left = this.#leftOpen();
    }
    process.off("unhandledRejection", this.#onUnhandled);
    return left;
  }

  readonly #onUnhandled = (reason: unknown): void => {
    this.unhandled.push(
      reason instanceof Error ? (reason.stack ?? reason.message) : String(reason),
    );
  };

  #sample(): void {
    this.#longestDelayMs = this.longestDelayMs;
    this.#sampledAt = performance.now();
    this.#peakHeapBytes = Math.max(this.#peakHeapBytes, process.memoryUsage().heapUsed);
  }

  #leftOpen(): readonly string[] {
    const left = [...openHandles()];
    for (const type of this.#before) {
      const position = left.indexOf(type);
      if (position >= 0) left.splice(position, 1);
    }
    return left;
  }
}

function openHandles(): readonly string[] {
  return process.getActiveResourcesInfo();
}
