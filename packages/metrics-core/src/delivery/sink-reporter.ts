import type { DeliveryLedger } from "./delivery-ledger.ts";
import { type ExportAttempt, STOP_GRACE_MS } from "./export-attempt.ts";
import type { ExportOutcome } from "./export-outcome.ts";
import type { Rejections } from "./rejections.ts";
import type {
  MetricsError,
  MetricsErrorCode,
  MetricsErrorContext,
} from "../problems/metrics-error.ts";
import { numberOf } from "../problems/number-of.ts";
import type { Problems } from "../problems/problems.ts";
import { messageOf, quieten } from "../problems/thrown.ts";

/** Reports what goes wrong at one sink to `onError`, and records it in the ledger. */
export class SinkReporter {
  readonly #sink: string;
  readonly #problems: Problems;
  readonly #ledger: DeliveryLedger;

  /** @param sink the sink's name */
  constructor(sink: string, problems: Problems, ledger: DeliveryLedger) {
    this.#sink = sink;
    this.#problems = problems;
    this.#ledger = ledger;
  }

  /**
   * Reports a problem to `onError`, and records it in the ledger. The message continues a sentence
   * that begins with the sink's name.
   */
  report(code: MetricsErrorCode, message: string, context: MetricsErrorContext): MetricsError {
    quieten(context.cause);
    const error = this.#problems.report(code, this.#line(message), this.#context(context));
    this.#ledger.fail(error);
    return error;
  }

  /**
   * Records a problem in the ledger without reporting it. The result of `close()` contains what
   * `close()` itself has stopped, so that is not reported as well.
   */
  note(code: MetricsErrorCode, message: string, context: MetricsErrorContext): MetricsError {
    const error = this.describe(code, message, context);
    this.#ledger.fail(error);
    return error;
  }

  /** Makes the error for a problem that is neither reported nor recorded. */
  describe(code: MetricsErrorCode, message: string, context: MetricsErrorContext): MetricsError {
    quieten(context.cause);
    return this.#problems.describe(code, this.#line(message), this.#context(context));
  }

  /** Reports rejected snapshots, by reason. Returns the last error, if there is one. */
  rejected(rejections: Rejections, cause: unknown): MetricsError | undefined {
    let last: MetricsError | undefined;
    if (rejections.isEmpty) return last;
    for (const [reason, affected] of rejections) {
      const message = `rejected ${numberOf(affected, "snapshot")} for good: ${reason}`;
      last = this.report("rejected", message, { affected, cause });
    }
    return last;
  }

  /** Reports mistakes in what an export resolved with. */
  mistakes(affected: number): void {
    if (affected === 0) return;
    const message = `made ${numberOf(affected, "mistake")} in the result of export(): it must be undefined, or an ExportResult that names only snapshots of this export, each in one list`;
    this.report("invalid_result", message, { affected });
  }

  recovered(failures: number): void {
    const message = this.#line(`works again after ${numberOf(failures, "failure")}`);
    this.#problems.report("recovered", message, { sink: this.#sink });
  }

  #line(message: string): string {
    return `sink "${this.#sink}" ${message}`;
  }

  #context(context: MetricsErrorContext): MetricsErrorContext {
    return { ...context, sink: this.#sink };
  }
}

/** Returns the message for an export that failed. */
export function failureMessage(outcome: ExportOutcome, attempt: ExportAttempt): string {
  const { offeredAgain } = outcome.fates;
  const what = whatFailed(outcome, attempt);
  if (offeredAgain === 0) return what;
  const next = attempt.stoppedBy === "close" ? "not delivered" : "will be retried";
  return `${what}; ${numberOf(offeredAgain, "snapshot")} ${next}`;
}

function whatFailed({ cause, ended }: ExportOutcome, attempt: ExportAttempt): string {
  const { elapsedMs, timeoutMs, stoppedBy } = attempt;
  const hung = ended === "abandoned" ? ` and did not stop within ${STOP_GRACE_MS} ms` : "";
  if (stoppedBy === "timeout") return `took longer than ${timeoutMs} ms for an export${hung}`;
  const why = cause === undefined ? "" : `: ${messageOf(cause)}`;
  if (stoppedBy === "close") {
    return ended === "abandoned"
      ? `was exporting for ${elapsedMs} ms and did not stop when the manager was closing`
      : `was stopped after ${elapsedMs} ms of an export, because the manager was closing${why}`;
  }
  return cause === undefined ? "did not take all of an export" : `failed to export${why}`;
}
