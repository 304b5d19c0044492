import type { Clock } from "../contract/clock.ts";
import { Deadline } from "../windows/deadline.ts";
import type { MetricsSink, SinkHost } from "../contract/metrics-sink.ts";

/** Opens a sink, as often as it takes, and closes it, once. */
export class SinkLifecycle {
  readonly #sink: MetricsSink;
  readonly #host: SinkHost;
  readonly #clock: Clock;
  readonly #openTimeoutMs: number;
  #isOpen = false;
  #isClosed = false;
  #opening: Promise<void> | undefined;
  #deadline: Deadline | undefined;

  constructor(
    sink: MetricsSink,
    options: { readonly host: SinkHost; readonly clock: Clock; readonly openTimeoutMs: number },
  ) {
    this.#sink = sink;
    this.#host = options.host;
    this.#clock = options.clock;
    this.#openTimeoutMs = options.openTimeoutMs;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** The call of the sink's `open` that is under way, if one is. */
  get opening(): Promise<void> | undefined {
    return this.#opening;
  }

  /**
   * Resolves once the sink is open. Rejects with what its `open` throws, and when it takes too long;
   * then the next call waits for it again, since it is not called twice at a time.
   */
  async open(): Promise<void> {
    const deadline = new Deadline(this.#clock, this.#openTimeoutMs, false);
    this.#deadline = deadline;
    try {
      this.#opening ??= this.#callOpen();
      const isOpen = await deadline.cut(this.#opening.then(() => true));
      if (isOpen !== true) throw new Error(`open() took longer than ${this.#openTimeoutMs} ms`);
    } finally {
      deadline.cancel();
    }
  }

  /** Waits for `open` no longer, then calls the sink's `close`. Resolves with whether that settled in time; rejects with what it throws. */
  async close(end: Deadline): Promise<boolean> {
    this.#deadline?.expire();
    this.#isClosed = true;
    const controller = new AbortController();
    const { signal } = controller;
    const closing = (async () => this.#sink.close?.({ signal }))().then(() => true);
    try {
      // One turn more for what settles at once, though the time is up.
      const turn = new Deadline(this.#clock, 0, true);
      const isClosed = (await end.cut(closing)) ?? (await turn.cut(closing));
      turn.cancel();
      return isClosed === true;
    } finally {
      controller.abort();
    }
  }

  async #callOpen(): Promise<void> {
    try {
      // So that a sink that throws at once is no other case, and flush() returns first.
      await Promise.resolve();
      await this.#sink.open?.(this.#host);
      this.#isOpen = true;
      // Opened after all, but too late: what it opened must not stay.
      if (this.#isClosed) await this.#sink.close?.({ signal: AbortSignal.abort() });
    } finally {
      this.#opening = undefined;
    }
  }
}
