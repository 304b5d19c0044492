import type { Clock } from "../contract/clock.ts";
import { Deadline } from "../windows/deadline.ts";
import type { MetricsSink, SinkHost } from "../contract/metrics-sink.ts";

/** Where a sink is. After a failed `open` it is unopened again. */
type State =
  | { readonly is: "unopened" }
  | { readonly is: "opening"; readonly call: Promise<void>; readonly since: number }
  | { readonly is: "open" }
  | { readonly is: "closed" };

/** Opens a sink, as often as it takes, and closes it, once. */
export class SinkLifecycle {
  readonly #sink: MetricsSink;
  readonly #host: SinkHost;
  readonly #clock: Clock;
  readonly #openTimeoutMs: number;
  #state: State = { is: "unopened" };
  /** Ends the waiting for `open`. */
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

  /** The call of the sink's `open` that is under way, if one is. */
  get opening(): Promise<void> | undefined {
    return this.#state.is === "opening" ? this.#state.call : undefined;
  }

  /** How long the sink's `open` has taken so far, in milliseconds; undefined if it is not under way. */
  get openingMs(): number | undefined {
    if (this.#state.is !== "opening") return undefined;
    return Math.round(this.#clock.monotonicTime() - this.#state.since);
  }

  /**
   * Resolves once the sink is open. Rejects with what its `open` throws, and when it takes too long;
   * then the next call waits for it again, since it is not called twice at a time.
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

  /** Waits for `open` no longer, then calls the sink's `close`. Resolves with whether that settled in time; rejects with what it throws. */
  async close(end: Deadline): Promise<boolean> {
    this.#state = { is: "closed" };
    this.#giveUp();
    const controller = new AbortController();
    const { signal } = controller;
    const closing = (async () => this.#sink.close?.({ signal }))().then(() => true);
    // One turn more for what settles at once, though the time is up.
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
      // So that a sink that throws at once is no other case, and flush() returns first.
      await Promise.resolve();
      await this.#sink.open?.(this.#host);
    } catch (error) {
      if (this.#state.is === "opening") this.#state = { is: "unopened" };
      throw error;
    }
    if (this.#state.is === "opening") this.#state = { is: "open" };
    // Opened after all, but too late: what it opened must not stay.
    else await this.#sink.close?.({ signal: AbortSignal.abort() });
  }
}
