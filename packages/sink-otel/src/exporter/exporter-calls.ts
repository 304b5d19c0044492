import { maskSecrets, unlessAborted } from "@aiokpl/metrics-core/sink";
import type { ResourceMetrics } from "../metric-data/sdk-data.ts";
import { callExporter } from "./call-exporter.ts";
import { type ExporterError, exporterError } from "./exporter-error.ts";
import type { MetricExporter } from "./metric-exporter.ts";
import { OwnRequests } from "./own-requests.ts";
import { environmentSecrets } from "./secrets.ts";
import { withoutOwnRetries } from "./without-own-retries.ts";

/** One call of an exporter. */
export interface ExporterCall {
  readonly exporter: MetricExporter;
  readonly metrics: ResourceMetrics;
  /** Ends the wait for an answer. */
  readonly signal: AbortSignal;
  /** Called if the exporter reports success after the signal has aborted. */
  readonly onTakenLate: () => void;
}

/** Calls an exporter, one call at a time, although a call that was given up may still be running. */
export class ExporterCalls {
  readonly #requests = new OwnRequests();
  /** The last exporter, and the view of it that makes one request a call. */
  #exporter: MetricExporter | undefined;
  #once: MetricExporter | undefined;
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

  /**
   * Makes a call, which is a single request if the exporter sends OTLP over HTTP. Rejects when the
   * exporter fails, or as soon as the signal aborts.
   */
  async send({ exporter, metrics, signal, onTakenLate }: ExporterCall): Promise<void> {
    const once = this.#onceOf(exporter);
    const call = this.#requests.during(() => callExporter(once, metrics));
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

  #onceOf(exporter: MetricExporter): MetricExporter {
    if (this.#once !== undefined && this.#exporter === exporter) return this.#once;
    this.#exporter = exporter;
    return (this.#once = withoutOwnRetries(exporter, () => this.#requests.status));
  }

  /** Ends what the exporter is still sending, so that it does not keep the process alive. */
  end(): void {
    this.#requests.end();
  }

  /** Copies an error of the exporter without the secrets that it was given. */
  shown(thrown: unknown): ExporterError {
    const secrets = [...environmentSecrets(process.env), ...this.#requests.secrets];
    return exporterError(thrown, maskSecrets(secrets));
  }
}
