import type { Clock } from "../contract/clock.ts";
import type { MetricSnapshot } from "../contract/metric-snapshot.ts";
import type { MetricsSink } from "../contract/metrics-sink.ts";
import {
  abandonedOutcome,
  type ExportOutcome,
  quietenResult,
  resolvedOutcome,
  thrownOutcome,
} from "./export-outcome.ts";

/** An export that has not settled this many milliseconds after it was stopped is abandoned. */
export const STOP_GRACE_MS = 1_000;

/** What stops an export before it has settled by itself. */
export type StoppedBy = "timeout" | "close";

/**
 * The state of an attempt. At most one timer runs: first the timeout, then the grace period after
 * the stop.
 */
type State =
  | { readonly is: "running"; readonly cancelTimer: () => void }
  | { readonly is: "stopped"; readonly by: StoppedBy; readonly cancelTimer: () => void }
  | { readonly is: "ended"; readonly by: StoppedBy | undefined };

/** What an {@link ExportAttempt} needs besides the snapshots. */
export interface ExportAttemptOptions {
  readonly sink: MetricsSink;
  readonly clock: Clock;
  readonly timeoutMs: number;
}

/** One call of a sink's `export`. It ends in time, whatever the sink does. */
export class ExportAttempt {
  readonly snapshots: readonly MetricSnapshot[];
  /** What became of the snapshots. Never rejects. */
  readonly outcome: Promise<ExportOutcome>;
  readonly timeoutMs: number;
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #controller = new AbortController();
  #state: State;
  #endAs: (outcome: ExportOutcome) => void = () => {};

  constructor(snapshots: readonly MetricSnapshot[], options: ExportAttemptOptions) {
    const { sink, clock, timeoutMs } = options;
    this.snapshots = snapshots;
    this.timeoutMs = timeoutMs;
    this.#clock = clock;
    this.#startedAt = clock.monotonicTime();
    this.outcome = new Promise((resolve) => (this.#endAs = resolve));
    this.#state = { is: "running", cancelTimer: clock.setTimer(() => this.#expire(), timeoutMs) };
    void this.#call(sink);
  }

  /** How long the attempt has taken so far, in milliseconds. */
  get elapsedMs(): number {
    return Math.round(this.#clock.monotonicTime() - this.#startedAt);
  }

  /** What has stopped the attempt, if anything has. */
  get stoppedBy(): StoppedBy | undefined {
    return this.#state.is === "running" ? undefined : this.#state.by;
  }

  /**
   * Aborts the export because the manager is closing. The sink has the usual grace period to say
   * what it delivered.
   */
  stop(): void {
    this.#stop("close", new DOMException("The manager is closing.", "AbortError"));
  }

  /**
   * Stops waiting for the sink now. Nobody knows then what was delivered, and what the sink says
   * later is ignored.
   */
  abandon(): ExportOutcome {
    const outcome = abandonedOutcome(this.snapshots);
    this.#end(outcome);
    return outcome;
  }

  #expire(): void {
    const message = `The export took longer than ${this.timeoutMs} ms.`;
    this.#stop("timeout", new DOMException(message, "TimeoutError"));
  }

  #stop(by: StoppedBy, reason: DOMException): void {
    if (this.#state.is !== "running") return;
    this.#state.cancelTimer();
    const cancelTimer = this.#clock.setTimer(() => void this.abandon(), STOP_GRACE_MS);
    this.#state = { is: "stopped", by, cancelTimer };
    this.#controller.abort(reason);
  }

  async #call(sink: MetricsSink): Promise<void> {
    const { snapshots } = this;
    let outcome: ExportOutcome;
    try {
      const result = await callExport(sink, snapshots, this.#controller);
      if (this.#state.is === "ended") return quietenResult(result);
      outcome = resolvedOutcome(snapshots, result);
    } catch (error) {
      outcome = thrownOutcome(snapshots, error);
    }
    this.#end(outcome);
  }

  #end(outcome: ExportOutcome): void {
    if (this.#state.is === "ended") return;
    this.#state.cancelTimer();
    this.#state = { is: "ended", by: this.stoppedBy };
    this.#endAs(outcome);
  }
}

/**
 * Gives the sink an array of its own, and a signal if it asks for it: making one is no small part of a small export.
 * If the sink throws synchronously, the promise rejects.
 */
async function callExport(
  sink: MetricsSink,
  snapshots: readonly MetricSnapshot[],
  controller: AbortController,
): Promise<unknown> {
  return sink.export([...snapshots], {
    get signal() {
      return controller.signal;
    },
  });
}
