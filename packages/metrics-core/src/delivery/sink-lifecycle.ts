import type { Clock } from "../contract/clock.ts";
import { Deadline } from "../windows/deadline.ts";
import type { MetricsSink, SinkHost } from "../contract/metrics-sink.ts";

/** The state of a sink. After `open` failed, the sink is unopened again. */
type State =
  | { readonly is: "unopened" }
  | { readonly is: "opening"; readonly call: Promise<void>; readonly since: number }
  | { readonly is: "open" }
  | { readonly is: "closed" };

/** Opens a sink, again after each failure, and closes it once. */
export class SinkLifecycle {
  readonly #sink: MetricsSink;
  readonly #host: SinkHost;
  readonly #clock: Clock;
  readonly #openTimeoutMs: number;
  #state: State = { is: "unopened" };
  /** Makes `open` stop waiting. */
  #giveUp: () => void = () => {};

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
    return this.#state.is === "open";
  }

  /** The call of the sink's `open` that is under way, if there is one. */
  get opening(): Promise<void> | undefined {
    return this.#state.is === "opening" ? this.#state.call : undefined;
  }

  /** How long the sink's `open` has taken so far, in milliseconds; undefined if it is not under way. */
  get openingMs(): number | undefined {
    if (this.#state.is !== "opening") return undefined;
    return Math.round(this.#clock.monotonicTime() - this.#state.since);
  }

  /**
   * Resolves once the sink is open. Rejects with what the sink's `open` throws, or if that takes
   * too long. After it took too long, the next call waits for the same `open`, because the sink's
   * `open` is never called twice at a time.
   */
  async open(): Promise<void> {
    const deadline = new Deadline(this.#clock, this.#openTimeoutMs);
    this.#giveUp = () => deadline.expire();
    try {
      const call = this.opening ?? this.#callOpen();
      const isOpen = await deadline.cut(call.then(() => true));
      if (isOpen === true) return;
      throw new Error(
        this.#state.is === "closed"
          ? "open() had not settled when the manager was closing"
          : `open() took longer than ${this.#openTimeoutMs} ms`,
      );
    } finally {
      deadline.cancel();
    }
  }

  /**
   * Stops waiting for `open`, and calls the sink's `close`. Resolves with true if `close` settled
   * in time and with false if not. Rejects with what it throws.
   */
  async close(end: Deadline): Promise<boolean> {
    this.#state = { is: "closed" };
    this.#giveUp();
    const controller = new AbortController();
    const { signal } = controller;
    const closing = (async () => this.#sink.close?.({ signal }))().then(() => true);
    // Even if no time is left, a close() that settles at once is in time.
    const turn = new Deadline(this.#clock, 0, { keepAlive: true });
    try {
      return ((await end.cut(closing)) ?? (await turn.cut(closing))) === true;
    } finally {
      turn.cancel();
      controller.abort();
    }
  }

  #callOpen(): Promise<void> {
    const call = this.#open();
    this.#state = { is: "opening", call, since: this.#clock.monotonicTime() };
    return call;
  }

  async #open(): Promise<void> {
    try {
      // In the next turn, so that flush() returns first and a synchronous throw is a rejection too.
      await Promise.resolve();
      await this.#sink.open?.(this.#host);
    } catch (error) {
      if (this.#state.is === "opening") this.#state = { is: "unopened" };
      throw error;
    }
    if (this.#state.is === "opening") this.#state = { is: "open" };
    // It opened after the manager had closed it. What it opened must be closed too.
    else await this.#sink.close?.({ signal: AbortSignal.abort() });
  }
}
