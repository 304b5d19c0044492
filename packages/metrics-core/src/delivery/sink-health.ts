import type { MetricsError } from "../problems/metrics-error.ts";
import { isFinal, messageOf } from "../problems/thrown.ts";
import type { DeliveryLedger } from "./delivery-ledger.ts";
import type { ExportAttempt } from "./export-attempt.ts";
import type { ExportOutcome } from "./export-outcome.ts";
import type { RetryPlan } from "./retry-plan.ts";
import { failureMessage, type SinkReporter } from "./sink-reporter.ts";

/** Whether a sink works, and if not, the last error since it worked. */
type State =
  | { readonly is: "well" }
  | { readonly is: "failing" | "misconfigured"; readonly error: MetricsError };

const WELL: State = { is: "well" };

/** What {@link SinkHealth} works with. */
export interface SinkHealthOptions {
  readonly ledger: DeliveryLedger;
  readonly reporter: SinkReporter;
  readonly retries: RetryPlan;
}

/**
 * Remembers what is wrong with a sink, reports it, and passes it on to the ledger and the retry
 * plan.
 */
export class SinkHealth {
  readonly #ledger: DeliveryLedger;
  readonly #reporter: SinkReporter;
  readonly #retries: RetryPlan;
  #state: State = WELL;
  /**
   * "note" does not report a failure. `close()` uses it, because its result contains the failures
   * that it causes itself.
   */
  #tells: "report" | "note" = "report";

  constructor({ ledger, reporter, retries }: SinkHealthOptions) {
    this.#ledger = ledger;
    this.#reporter = reporter;
    this.#retries = retries;
  }

  /** The last failure, if the sink has not worked since then. */
  get failure(): MetricsError | undefined {
    return this.#state.is === "well" ? undefined : this.#state.error;
  }

  /** The error of a sink that could not be opened, and says that another attempt is useless. */
  get misconfigured(): MetricsError | undefined {
    return this.#state.is === "misconfigured" ? this.#state.error : undefined;
  }

  /** From now on failures are counted, but not reported. */
  stopReporting(): void {
    this.#tells = "note";
  }

  recovered(): void {
    this.#state = WELL;
    const { failures } = this.#retries;
    this.#retries.succeeded();
    if (failures > 0) this.#reporter.recovered(failures);
  }

  failedToOpen(cause: unknown): void {
    this.#failed();
    const message = `could not be opened; its windows wait: ${messageOf(cause)}`;
    const error = this.#reporter[this.#tells]("open_failed", message, { cause });
    this.#state = { is: isFinal(cause) ? "misconfigured" : "failing", error };
  }

  /**
   * @param rejection the error that was reported already, if the export rejected all its snapshots
   * for good
   */
  failedToExport(
    outcome: ExportOutcome,
    attempt: ExportAttempt,
    rejection: MetricsError | undefined,
  ): void {
    this.#failed();
    this.#state = { is: "failing", error: rejection ?? this.#tell(outcome, attempt) };
  }

  /** An export was cut off, and its outcome is unknown. */
  cutOff(error: MetricsError): void {
    this.#ledger.fail(error);
    this.#state = { is: "failing", error };
  }

  /** The error for a call of the sink that has not settled yet. */
  unsettled(call: "open" | "export", elapsedMs: number): MetricsError {
    const message = `has not settled its ${call}() after ${elapsedMs} ms${before(this.failure)}`;
    return this.#reporter.describe(`${call}_failed`, message, { cause: this.failure });
  }

  /** The error for snapshots that are pending because the sink, which works, was not called. */
  notTried(): MetricsError {
    const { vendorWaitMs } = this.#retries;
    const message =
      vendorWaitMs > 0
        ? `asked not to be called in the next ${Math.round(vendorWaitMs)} ms`
        : "had no time for an export";
    return this.#reporter.describe("export_failed", message, {});
  }

  #tell(outcome: ExportOutcome, attempt: ExportAttempt): MetricsError {
    const { stoppedBy } = attempt;
    // The earlier failure says better why the snapshots are pending.
    const earlier = stoppedBy === "close" ? this.failure : undefined;
    const context = { affected: outcome.fates.offeredAgain, cause: outcome.cause ?? earlier };
    const code = stoppedBy === "timeout" ? "export_timeout" : "export_failed";
    // Whatever the sink gave as the cause says perhaps no more than that it was stopped.
    const message = `${failureMessage(outcome, attempt)}${before(earlier)}`;
    return this.#reporter[this.#tells](code, message, context);
  }

  #failed(): void {
    this.#ledger.failures++;
    this.#retries.failed();
  }
}

/** What an error adds that says only that there was no time: why the attempt before it failed. */
function before(earlier: MetricsError | undefined): string {
  return earlier === undefined
    ? ""
    : `; the attempt before: ${messageOf(earlier.cause ?? earlier)}`;
}
