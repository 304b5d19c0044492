import { settledWithin } from "./deadline.ts";
import type { Settled } from "./deadline.ts";
import type { Breach } from "./read-export-result.ts";

/** How one pass of exports goes. */
export interface PassOptions {
  /** Aborts what is in flight then. */
  readonly abortWhen?: Promise<unknown> | undefined;
  /** Aborts what is in flight after this time, in milliseconds; without it and `abortWhen`, an export must settle by itself. */
  readonly abortAfterMs?: number | undefined;
  /** Aborted before the pass begins. @default false */
  readonly aborted?: boolean | undefined;
}

/** What no call may take, where the vendor's end answers as it should, in milliseconds. */
export const CALL_DEADLINE_MS = 20_000;

/** Waits until an export has settled, aborting it as the options say, and holds it to the grace that it has then. */
export async function settleExport(
  exported: Promise<unknown>,
  controller: AbortController,
  options: PassOptions,
  graceMs: number,
  breach: Breach,
): Promise<Settled<unknown>> {
  const mayAbort = options.abortWhen !== undefined || options.abortAfterMs !== undefined;
  if (options.aborted !== true) {
    const untilAbort = abortable(exported, options.abortWhen);
    const settled = await settledWithin(untilAbort, options.abortAfterMs ?? CALL_DEADLINE_MS);
    if (settled !== undefined && !("value" in settled && settled.value === ABORT)) return settled;
    controller.abort();
  }
  const settled = await settledWithin(exported, graceMs);
  if (settled === undefined) {
    return breach(
      "export() settles promptly once its signal has aborted",
      `It had not ${graceMs} ms later.`,
    );
  }
  if (!mayAbort && options.aborted !== true) {
    breach(
      "export() settles when the vendor has answered",
      `It had not after ${CALL_DEADLINE_MS} ms.`,
    );
  }
  return settled;
}

const ABORT = Symbol("abort");

/** Settles as the export does, or resolves with `ABORT` when it is to be aborted; what fails to come aborts nothing. */
function abortable(
  exported: Promise<unknown>,
  abortWhen: Promise<unknown> | undefined,
): Promise<unknown> {
  if (abortWhen === undefined) return exported;
  const abort = abortWhen.then(
    () => ABORT,
    () => exported,
  );
  return Promise.race([exported, abort]);
}
