import { unlessAborted } from "@aiokpl/metrics-core/sink";
import type { PushMetricExporter, ResourceMetrics } from "@opentelemetry/sdk-metrics";
import { callExporter } from "./call-exporter.ts";

/** One call of an exporter. */
export interface ExporterCall {
  readonly exporter: PushMetricExporter;
  readonly metrics: ResourceMetrics;
  /** Ends the wait for an answer; the exporter itself can't be stopped. */
  readonly signal: AbortSignal;
  /** Called if the exporter reports success after the signal has aborted. */
  readonly onTakenLate: () => void;
}

/** Calls an exporter, one call at a time, although a call that was given up may still be running. */
export class ExporterCalls {
  #unanswered: Promise<void> | undefined;

  /**
   * Waits until the exporter has answered the call before, if any. Rejects when the signal aborts
   * first; then the next attempt no longer waits for that call.
   */
  async answered(signal: AbortSignal): Promise<void> {
    if (this.#unanswered === undefined) return;
    try {
      await unlessAborted(this.#unanswered, signal);
    } catch (cause) {
      this.#unanswered = undefined;
      throw new Error("the exporter has not answered the previous call", { cause });
    }
  }

  /** Makes a call. Rejects when the exporter fails, or as soon as the signal aborts. */
  async send({ exporter, metrics, signal, onTakenLate }: ExporterCall): Promise<void> {
    const call = callExporter(exporter, metrics);
    const settled = call.then(
      () => {
        if (signal.aborted) onTakenLate();
      },
      () => {},
    );
    const unanswered = settled.then(() => {
      if (this.#unanswered === unanswered) this.#unanswered = undefined;
    });
    this.#unanswered = unanswered;
    await unlessAborted(call, signal);
  }
}
