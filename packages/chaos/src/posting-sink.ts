import type { MetricSnapshot, MetricsSink, RejectedSnapshot } from "@aiokpl/metrics-core";
import { readAnswer, retryAfterMs, toBody } from "./wire-form.ts";

/** Options of a {@link postingSink}. */
export interface PostingSinkOptions {
  readonly url: string;
  /** Most snapshots in one request. */
  readonly maxBatchSnapshots: number;
  /** Whether the vendor also wants a request for a window without data. @default false */
  readonly wantsEmptyWindows?: boolean | undefined;
  /** Called for each request whose answer says what was stored, with the signal of its export. */
  readonly onAnswer?: ((id: string, signal: AbortSignal) => void) | undefined;
}

/** The header with the id of a request. */
export const REQUEST_ID = "x-request-id";

/** The result of one request. */
interface Outcome {
  readonly retry: readonly MetricSnapshot[];
  readonly rejected: readonly RejectedSnapshot[];
  readonly retryAfterMs?: number;
  /** Set if the vendor accepted nothing, so that no further request should be sent now. */
  readonly failure?: Error;
}

let requests = 0;

/** Sends each export as JSON, in batches, and reads from each answer what the vendor has accepted. */
export function postingSink(options: PostingSinkOptions): MetricsSink {
  const { maxBatchSnapshots, wantsEmptyWindows = false } = options;
  return {
    wantsEmptyWindows,
    async export(snapshots, { signal }) {
      const retry: MetricSnapshot[] = [];
      const rejected: RejectedSnapshot[] = [];
      if (snapshots.length === 0 && !wantsEmptyWindows) return {};
      for (let start = 0; start === 0 || start < snapshots.length; start += maxBatchSnapshots) {
        const batch = snapshots.slice(start, start + maxBatchSnapshots);
        const outcome = await post(batch, options, signal);
        retry.push(...outcome.retry);
        rejected.push(...outcome.rejected);
        const { failure } = outcome;
        if (failure === undefined) continue;
        // After the vendor has accepted a part, throwing would deliver that part twice.
        if (start === 0 && outcome.retryAfterMs === undefined && !signal.aborted) throw failure;
        retry.push(...snapshots.slice(start + maxBatchSnapshots));
        return { retry, rejected, retryAfterMs: outcome.retryAfterMs };
      }
      return { retry, rejected };
    },
  };
}

async function post(
  batch: readonly MetricSnapshot[],
  { url, onAnswer }: PostingSinkOptions,
  signal: AbortSignal,
): Promise<Outcome> {
  const id = String(++requests);
  let response: Response;
  let body: string;
  try {
    signal.throwIfAborted();
    const headers = { "content-type": "application/json", [REQUEST_ID]: id };
    response = await fetch(url, { method: "POST", headers, body: toBody(batch), signal });
    body = await response.text();
  } catch (cause) {
    return { retry: batch, rejected: [], failure: new Error("no answer", { cause }) };
  }
  const answer = response.ok ? readAnswer(body) : undefined;
  if (response.ok && answer === undefined)
    return { retry: batch, rejected: [], failure: new Error("a stranger's answer") };
  onAnswer?.(id, signal);
  if (answer !== undefined) {
    const taken = new Set(answer.accepted);
    const rejected = answer.rejected.flatMap(({ index, reason }) => {
      const snapshot = batch[index];
      return snapshot === undefined ? [] : { snapshot, reason };
    });
    for (const { index } of answer.rejected) taken.add(index);
    return { retry: batch.filter((_, index) => !taken.has(index)), rejected };
  }
  const { status } = response;
  const failure = new Error(`HTTP ${status}`);
  if (status === 429)
    return { retry: batch, rejected: [], failure, retryAfterMs: retryAfterMs(response.headers) };
  if (status >= 500) return { retry: batch, rejected: [], failure };
  const reason = `HTTP ${status}`;
  return { retry: [], rejected: batch.map((snapshot) => ({ snapshot, reason })) };
}
