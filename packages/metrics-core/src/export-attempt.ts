import type { Clock } from "./clock.ts";
import type { MetricSnapshot } from "./metric-snapshot.ts";
import type { ExportResult, MetricsSink, RejectedSnapshot } from "./metrics-sink.ts";

/** After an abort, an export that has not settled within this time is abandoned. */
export const ABORT_GRACE_MS = 1_000;

/** What became of the snapshots of one export. Those in neither list were delivered. */
export interface ExportOutcome {
  readonly retry: ReadonlySet<MetricSnapshot>;
  readonly rejected: ReadonlyMap<MetricSnapshot, string>;
  readonly retryAfterMs: number;
  /** The sink threw. */
  readonly error?: unknown;
  /** The export took longer than its timeout. */
  readonly timedOut: boolean;
  /** It did not settle after the abort either, so nobody knows what was delivered. */
  readonly abandoned: boolean;
  /** How many members of the sink's lists had not been passed to it, or were in both. */
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
    if (signal.aborted) whenAborted();
    else signal.addEventListener("abort", whenAborted, { once: true });
  });
  const expire = (): void => {
    timedOut = true;
    controller.abort(
      new DOMException(`The export took longer than ${timeoutMs} ms.`, "TimeoutError"),
    );
  };
  cancelTimers.push(clock.setTimer(expire, timeoutMs));
  try {
    const result = await Promise.race([callExport(sink, snapshots, signal), abandoned]);
    if (result === ABANDONED) return { ...nothingDelivered(snapshots), timedOut, abandoned: true };
    return { ...readResult(snapshots, result ?? {}), timedOut, abandoned: false };
  } catch (error) {
    const final = isFinal(error);
    const outcome = final
      ? { ...nothingDelivered([]), rejected: allRejected(snapshots, error) }
      : nothingDelivered(snapshots);
    return { ...outcome, error, timedOut, abandoned: false };
  } finally {
    for (const cancel of cancelTimers) cancel();
  }
}

const ABANDONED = Symbol("abandoned");

/** Also turns what a sink throws synchronously into a rejection. */
async function callExport(
  sink: MetricsSink,
  snapshots: readonly MetricSnapshot[],
  signal: AbortSignal,
): Promise<ExportResult | void> {
  return sink.export(snapshots, { signal });
}

/** Whether an error says of itself that trying again is of no use. */
export function isFinal(error: unknown): boolean {
  return (
    typeof error === "object" && error !== null && "retryable" in error && error.retryable === false
  );
}

/** An error's message, whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error
    ? error.message
    : typeof error === "string"
      ? error
      : `a thrown ${typeof error}`;
}

type Lists = Omit<ExportOutcome, "timedOut" | "abandoned">;

function nothingDelivered(snapshots: readonly MetricSnapshot[]): Lists {
  return { retry: new Set(snapshots), rejected: new Map(), retryAfterMs: 0, invalid: 0 };
}

function allRejected(
  snapshots: readonly MetricSnapshot[],
  error: unknown,
): Map<MetricSnapshot, string> {
  const reason = messageOf(error);
  return new Map(snapshots.map((snapshot) => [snapshot, reason]));
}

/** Takes nothing in a sink's result on trust. What is both rejected and to be retried is rejected. */
function readResult(snapshots: readonly MetricSnapshot[], result: ExportResult): Lists {
  const passed = new Set(snapshots);
  const rejected = new Map<MetricSnapshot, string>();
  const retry = new Set<MetricSnapshot>();
  let invalid = 0;
  for (const entry of listOf<RejectedSnapshot | null | undefined>(result.rejected)) {
    if (entry?.snapshot !== undefined && passed.has(entry.snapshot))
      rejected.set(entry.snapshot, String(entry.reason));
    else invalid++;
  }
  for (const snapshot of listOf<MetricSnapshot>(result.retry)) {
    if (passed.has(snapshot) && !rejected.has(snapshot)) retry.add(snapshot);
    else invalid++;
  }
  const { retryAfterMs } = result;
  return {
    retry,
    rejected,
    invalid,
    retryAfterMs: typeof retryAfterMs === "number" && retryAfterMs > 0 ? retryAfterMs : 0,
  };
}

function listOf<T>(list: unknown): readonly T[] {
  return Array.isArray(list) ? (list as readonly T[]) : [];
}
