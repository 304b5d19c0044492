import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";

const SAMPLE_MS = 50;

/** How long a socket may stay open after it was closed. */
const PATIENCE_MS = 3_000;

/** Observes the process: its memory, its event loop, and unhandled rejections. */
export class ProcessWatch {
  readonly unhandled: string[] = [];
  readonly #delay = monitorEventLoopDelay({ resolution: 10 });
  readonly #before = openHandles();
  readonly #timer: NodeJS.Timeout;
  #peakHeapBytes = 0;

  constructor() {
    process.on("unhandledRejection", this.#onUnhandled);
    this.#delay.enable();
    this.#timer = setInterval(() => this.#sample(), SAMPLE_MS).unref();
  }

  /** The most memory that the heap was found to use, in bytes. */
  get peakHeapBytes(): number {
    return this.#peakHeapBytes;
  }

  /** The longest delay of the event loop, in milliseconds. */
  get longestDelayMs(): number {
    return this.#delay.max / 1e6;
  }

  /** Stops observing, and returns what still keeps the process alive. */
  async end(): Promise<readonly string[]> {
    this.#sample();
    clearInterval(this.#timer);
    const deadline = performance.now() + PATIENCE_MS;
    let left = this.#leftOpen();
    while (left.length > 0 && performance.now() < deadline) {
      await sleep(20);
      left = this.#leftOpen();
    }
    this.#delay.disable();
    process.off("unhandledRejection", this.#onUnhandled);
    return left;
  }

  readonly #onUnhandled = (reason: unknown): void => {
    this.unhandled.push(
      reason instanceof Error ? (reason.stack ?? reason.message) : String(reason),
    );
  };

  #sample(): void {
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
