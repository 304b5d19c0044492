/** Collects the promise rejections that nobody handles, which by default end a process. */
export class RejectionWatch {
  readonly #unhandled: unknown[] = [];
  readonly #others = process.listeners("unhandledRejection");
  readonly #listener = (reason: unknown): void => void this.#unhandled.push(reason);

  /** Until `stop()`, nobody else is told of them: a test runner would fail the run for each. */
  constructor() {
    process.removeAllListeners("unhandledRejection");
    process.on("unhandledRejection", this.#listener);
  }

  /** How many there were since the last call. Waits for a turn of the event loop, in which Node tells of them. */
  async count(): Promise<number> {
    await new Promise((resolve) => setImmediate(resolve));
    return this.#unhandled.splice(0).length;
  }

  stop(): void {
    process.off("unhandledRejection", this.#listener);
    for (const listener of this.#others) process.on("unhandledRejection", listener);
  }
}
