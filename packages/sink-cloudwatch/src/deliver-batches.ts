import type { MetricSnapshot, RejectedSnapshot } from "@aiokpl/metrics-core";
import { type BatchLimits, type Item, nextBatch } from "./batch.ts";
import { type Failure, toFailure, wordsOf } from "./failure.ts";

/** So many requests more than needed may one export spend on finding what is refused. */
const SEARCH_REQUESTS = 32;

/** Less than this is never too large for the service. */
const LEAST_BYTES = 40_960;

/** What became of an export's snapshots; those in no list were taken. */
export interface Outcome {
  readonly retry: MetricSnapshot[];
  readonly uncertain: MetricSnapshot[];
  readonly rejected: RejectedSnapshot[];
  cause: Error | undefined;
  retryAfterMs: number | undefined;
  /** The credentials were refused. */
  credentials: boolean;
  /** A smaller limit than was set, where the service said that a request was too large. */
  maxBytes: number | undefined;
}

/** How requests are made. */
export interface DeliverOptions {
  readonly limits: BatchLimits;
  readonly envelopeBytes: number;
  readonly signal: AbortSignal;
  /** Makes one request; throws what the SDK throws. */
  readonly send: (items: readonly Item<MetricSnapshot>[]) => Promise<void>;
}

/**
 * Sends all items, one request at a time. A refused datum costs only itself: the service's message
 * names it, or else the request is halved until it is found. The first failure that would meet
 * any other request too ends it, and what is left comes back.
 */
export async function deliverBatches(
  items: readonly Item<MetricSnapshot>[],
  options: DeliverOptions,
): Promise<Outcome> {
  const { signal, envelopeBytes } = options;
  const outcome: Outcome = {
    retry: [],
    uncertain: [],
    rejected: [],
    cause: undefined,
    retryAfterMs: undefined,
    credentials: false,
    maxBytes: undefined,
  };
  let { limits } = options;
  let searches = SEARCH_REQUESTS;
  /** Parts of a refused request, which go before the rest. */
  const parts: (readonly Item<MetricSnapshot>[])[] = [];
  let position = 0;
  let stopped = false;
  while (!stopped && !signal.aborted && (parts.length > 0 || position < items.length)) {
    let batch = parts.pop();
    if (batch === undefined) {
      batch = nextBatch(items, position, limits, envelopeBytes);
      position += batch.length;
    }
    const failure = await attempt(batch, options);
    if (failure === undefined) continue;
    const { error, means } = failure;
    if (means === "invalid") {
      const named = new Set(failure.positions.filter((each) => each < batch.length));
      const culprits = batch.length === 1 ? batch : batch.filter((_, i) => named.has(i));
      const reason = wordsOf(error);
      for (const { source } of culprits) outcome.rejected.push({ snapshot: source, reason });
      const left = culprits.length === 0 ? batch : batch.filter((item) => !culprits.includes(item));
      if (left.length === 0) continue;
      if (searches-- <= 0) {
        outcome.cause ??= error;
        outcome.retry.push(...left.map(({ source }) => source));
      } else if (culprits.length > 0) parts.push(left);
      else parts.push(...halves(left).reverse());
    } else if (means === "too-large") {
      if (batch.length === 1) {
        outcome.rejected.push(
          ...batch.map(({ source }) => ({ snapshot: source, reason: wordsOf(error) })),
        );
        continue;
      }
      const maxBytes = Math.max(LEAST_BYTES, Math.floor(limits.maxBytes / 2));
      limits = { ...limits, maxBytes };
      outcome.maxBytes = maxBytes;
      parts.push(...halves(batch).reverse());
    } else {
      const list = means === "unknown" ? outcome.uncertain : outcome.retry;
      list.push(...batch.map(({ source }) => source));
      outcome.cause = error;
      if (means === "not-now") {
        outcome.retryAfterMs = failure.retryAfterMs;
        outcome.credentials = failure.credentials;
      }
      stopped = true;
    }
  }
  for (const part of [...parts, items.slice(position)])
    for (const { source } of part) outcome.retry.push(source);
  return outcome;
}

async function attempt(
  batch: readonly Item<MetricSnapshot>[],
  { send, signal }: DeliverOptions,
): Promise<Failure | undefined> {
  try {
    await send(batch);
    return undefined;
  } catch (error) {
    if (!signal.aborted) return toFailure(error);
    const aborted = new Error("stopped before CloudWatch had answered", { cause: error });
    return { means: "unknown", error: aborted };
  }
}

function halves<T>(items: readonly T[]): (readonly T[])[] {
  const middle = Math.ceil(items.length / 2);
  return [items.slice(0, middle), items.slice(middle)];
}
