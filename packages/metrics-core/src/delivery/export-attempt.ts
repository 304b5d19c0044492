import type { Clock } from "../contract/clock.ts";
import type { MetricSnapshot } from "../contract/metric-snapshot.ts";
import type { ExportResult, MetricsSink, RejectedSnapshot } from "../contract/metrics-sink.ts";
import { isFinal, messageOf } from "../problems/thrown.ts";

/** However long a vendor asks us to wait, it is asked again after this time. */
const LONGEST_RETRY_AFTER_MS = 3_600_000;

/** After an abort, an export that has not settled within this time is abandoned. */
export const ABORT_GRACE_MS = 1_000;

/** What became of the snapshots of one export. Those neither in `retry` nor in `rejected` were delivered. */
export interface ExportOutcome {
  readonly retry: ReadonlySet<MetricSnapshot>;
  /** Those of `retry` that the vendor may have taken all the same. */
  readonly uncertain: readonly MetricSnapshot[];
  readonly rejected: ReadonlyMap<MetricSnapshot, string>;
  readonly retryAfterMs: number;
  /** The sink threw. */
  readonly error?: unknown;
  /** What it says went wrong, where it did not throw. */
  readonly cause?: unknown;
  /** The export took longer than its timeout. */
  readonly timedOut: boolean;
  /** It did not settle after the abort either, so nobody knows what was delivered. */
  readonly abandoned: boolean;
  /** How many members of the sink's lists had not been passed to it, or were in two of them. */
  readonly invalid: number;
}

/** One call of a sink's `export`, bounded in time whatever the sink does. Never rejects. */
export async function attemptExport(
  sink: MetricsSink,
  snapshots: readonly MetricSnapshot[],
  controller: AbortController,
  clock: Clock,
  timeoutMs: number,
): Promise<ExportOutcome> {
  const { signal } = controller;
  let timedOut = false;
  const cancelTimers: (() => void)[] = [];
  const abandoned = new Promise<typeof ABANDONED>((resolve) => {
    const whenAborted = (): void => {
      cancelTimers.push(clock.setTimer(() => resolve(ABANDONED), ABORT_GRACE_MS));
    };
    signal.addEventListener("abort", whenAborted);
  });
  const expire = (): void => {
    timedOut = true;
    const message = `The export took longer than ${timeoutMs} ms.`;
    controller.abort(new DOMException(message, "TimeoutError"));
  };
  cancelTimers.push(clock.setTimer(expire, timeoutMs));
  try {
    const result = await Promise.race([callExport(sink, snapshots, signal), abandoned]);
    if (result === ABANDONED) {
      return { ...allUncertain(snapshots), timedOut, abandoned: true };
    }
    return { ...readResult(snapshots, result ?? {}), timedOut, abandoned: false };
  } catch (error) {
    const lists = isFinal(error) ? allRejected(snapshots, error) : nothingTaken(snapshots);
    return { ...lists, error, timedOut, abandoned: false };
  } finally {
    for (const cancel of cancelTimers) cancel();
  }
}

const ABANDONED = Symbol("abandoned");

/** The sink gets an array of its own, and what it throws synchronously becomes a rejection. */
async function callExport(
  sink: MetricsSink,
  snapshots: readonly MetricSnapshot[],
  signal: AbortSignal,
): Promise<ExportResult | void> {
  return sink.export([...snapshots], { signal });
}

type Lists = Omit<ExportOutcome, "timedOut" | "abandoned" | "error">;

function nothingTaken(snapshots: readonly MetricSnapshot[]): Lists {
  const retry = new Set(snapshots);
  return { retry, uncertain: [], rejected: new Map(), retryAfterMs: 0, invalid: 0 };
}

function allUncertain(snapshots: readonly MetricSnapshot[]): Lists {
  return { ...nothingTaken(snapshots), uncertain: snapshots };
}

function allRejected(snapshots: readonly MetricSnapshot[], error: unknown): Lists {
  const reason = messageOf(error);
  const rejected = new Map(snapshots.map((snapshot) => [snapshot, reason]));
  return { retry: new Set(), uncertain: [], rejected, retryAfterMs: 0, invalid: 0 };
}

/** Takes nothing in a sink's result on trust. Where it can't be read, nobody knows what it was to say: all is uncertain. */
function readResult(snapshots: readonly MetricSnapshot[], result: ExportResult): Lists {
  try {
    return readLists(snapshots, result);
  } catch {
    return { ...allUncertain(snapshots), invalid: 1 };
  }
}

/**
 * What is both rejected and to be retried is rejected, what is both uncertain and to be retried is
 * uncertain.
 *
 * @throws where a list is none, or can't be read.
 */
function readLists(snapshots: readonly MetricSnapshot[], result: ExportResult): Lists {
  const { retry: retryList = [], uncertain: uncertainList = [] } = result;
  const { rejected: rejectedList = [], retryAfterMs: given = 0 } = result;
  if (![retryList, uncertainList, rejectedList].every((list) => Array.isArray(list))) {
    throw new TypeError("retry, uncertain and rejected must be arrays");
  }
  const passed = new Set(snapshots);
  const rejected = new Map<MetricSnapshot, string>();
  const uncertain = new Set<MetricSnapshot>();
  const retry = new Set<MetricSnapshot>();
  let invalid = 0;
  for (const entry of rejectedList as readonly (RejectedSnapshot | null | undefined)[]) {
    const snapshot = entry?.snapshot;
    if (snapshot !== undefined && passed.has(snapshot)) rejected.set(snapshot, `${entry?.reason}`);
    else invalid++;
  }
  for (const snapshot of uncertainList) {
    if (passed.has(snapshot) && !rejected.has(snapshot)) uncertain.add(snapshot);
    else invalid++;
  }
  for (const snapshot of retryList) {
    if (passed.has(snapshot) && !rejected.has(snapshot) && !uncertain.has(snapshot)) {
      retry.add(snapshot);
    } else invalid++;
  }
  const isDelay = Number.isFinite(given) && given >= 0;
  if (!isDelay) invalid++;
  const retryAfterMs = isDelay ? Math.min(given, LONGEST_RETRY_AFTER_MS) : 0;
  for (const snapshot of uncertain) retry.add(snapshot);
  const { cause } = result;
  return { retry, uncertain: [...uncertain], rejected, invalid, retryAfterMs, cause };
}
