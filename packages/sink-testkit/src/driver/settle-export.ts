import type { Breach } from "./breach.ts";
import { settledWithin } from "./deadline.ts";
import type { Settled } from "./deadline.ts";

/** When the exports of a pass are aborted. By default they are not, and must settle by themselves. */
export interface PassOptions {
  /** Abort the export in flight when this resolves. */
  readonly abortWhen?: Promise<unknown> | undefined;
  /** Abort each export after this time, in milliseconds. */
  readonly abortAfterMs?: number | undefined;
  /** The signal has aborted before the pass begins. @default false */
  readonly aborted?: boolean | undefined;
}

/** The longest that any call may take when the vendor answers as it should, in milliseconds. */
export const CALL_DEADLINE_MS = 20_000;

/**
 * Waits until an export has settled, and aborts it when the options say so. An aborted export must
 * settle within `graceMs`.
 */
export async function settleExport(
  exported: Promise<unknown>,
  controller: AbortController,
  options: PassOptions,
  graceMs: number,
  breach: Breach,
): Promise<Settled<unknown>> {
  const { abortWhen, abortAfterMs, aborted = false } = options;
  if (!aborted) {
    const settled = await settledWithin(exported, abortAfterMs ?? CALL_DEADLINE_MS, abortWhen);
    if (settled !== undefined) return settled;
    controller.abort();
  }
  const settled = await settledWithin(exported, graceMs);
  if (settled === undefined) {
    return breach(
      "export() settles promptly once its signal has aborted",
      `It had not settled ${graceMs} ms later.`,
    );
  }
  if (!aborted && abortWhen === undefined && abortAfterMs === undefined) {
    breach(
      "export() settles when the vendor has answered",
      `It had not settled after ${CALL_DEADLINE_MS} ms.`,
    );
  }
  return settled;
}
