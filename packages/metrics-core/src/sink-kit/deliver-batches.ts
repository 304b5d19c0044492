/** What a failed request means for what it carried. */
export type BatchFailure =
  /** The request as a whole is too large for the vendor. */
  | { readonly means: "too-large"; readonly error: Error }
  /** Something in it is refused for good: what stands at these positions, or nobody knows which. */
  | {
      readonly means: "invalid";
      readonly error: Error;
      readonly positions?: readonly number[] | undefined;
    }
  /** Not taken, and no other request would be either for now. */
  | {
      readonly means: "not-now";
      readonly error: Error;
      /** In milliseconds: finite, at least 0. */
      readonly retryAfterMs?: number | undefined;
    }
  /** Perhaps taken: no answer came, or none that can be read. */
  | { readonly means: "unknown"; readonly error: Error };

/** How {@link deliverBatches} makes its requests. */
export interface DeliverBatchesOptions<T> {
  /** Stops it: what was not sent comes back in `retry`, what was under way in `uncertain`, unless `toFailure` knows better. */
  readonly signal: AbortSignal;
  /**
   * How many of the items from `start` on fit into one request; taken as 1 where it is less, or no number.
   * It is asked just before they are sent, and may take several turns of the event loop to build them.
   */
  readonly fit: (items: readonly T[], start: number) => number | Promise<number>;
  /** Makes one request, and rejects where it was not taken for sure. */
  readonly send: (batch: readonly T[]) => Promise<unknown>;
  /** What a rejection of `send` means, also of one that the signal has stopped. */
  readonly toFailure: (thrown: unknown) => BatchFailure;
  /** Told of a request that was too large, before it is halved: `fit` should say less than that from now on. */
  readonly onTooLarge?: ((batch: readonly T[]) => void) | undefined;
  /** How many more requests than needed may be spent on finding what is refused. @default 32 */
  readonly searchRequests?: number | undefined;
}

/** What became of the items; those in no list were taken. */
export interface BatchesOutcome<T> {
  /** Not taken for now. */
  readonly retry: readonly T[];
  /** Perhaps taken. */
  readonly uncertain: readonly T[];
  /** Refused for good, each with the vendor's reason. */
  readonly rejected: readonly { readonly item: T; readonly error: Error }[];
  /** What went wrong with those in `retry` and `uncertain`. */
  readonly cause: Error | undefined;
  /** What the failure asked for, in milliseconds. */
  readonly retryAfterMs: number | undefined;
}

const SEARCH_REQUESTS = 32;

/**
 * Sends items in requests, one at a time and in order. A refused item costs only itself: the vendor's
 * answer names it, or else the request is halved until it is found. A request that is too large is
 * halved too, down to one item, which is rejected. The first failure that would meet any other
 * request as well ends it, and what is left comes back. Never rejects, unless `fit`, `toFailure` or
 * `onTooLarge` fail, which they must not.
 */
export async function deliverBatches<T>(
  items: readonly T[],
  options: DeliverBatchesOptions<T>,
): Promise<BatchesOutcome<T>> {
  const { signal, fit, onTooLarge } = options;
  const retry: T[] = [];
  const uncertain: T[] = [];
  const rejected: { item: T; error: Error }[] = [];
  let cause: Error | undefined;
  let retryAfterMs: number | undefined;
  let searches = options.searchRequests ?? SEARCH_REQUESTS;
  /** Parts of a request that failed, which go before the rest. */
  const parts: (readonly T[])[] = [];
  let position = 0;
  let stopped = false;
  while (!stopped && !signal.aborted && (parts.length > 0 || position < items.length)) {
    let batch = parts.pop();
    if (batch === undefined) {
      const size = await fit(items, position);
      if (signal.aborted) break;
      batch = items.slice(position, position + (size > 1 ? size : 1));
      position += batch.length;
    }
    const failure = await attempt(batch, options);
    if (failure === undefined) continue;
    const { error, means } = failure;
    if (means === "invalid") {
      const named = new Set(batch.length === 1 ? [0] : failure.positions);
      const culprits = batch.filter((_, i) => named.has(i));
      for (const item of culprits) rejected.push({ item, error });
      const left = batch.filter((_, i) => !named.has(i));
      if (left.length === 0) continue;
      if (searches-- <= 0) {
        cause ??= error;
        for (const item of left) retry.push(item);
      } else if (culprits.length > 0) parts.push(left);
      else parts.push(...halves(left));
    } else if (means === "too-large") {
      if (batch.length > 1) {
        onTooLarge?.(batch);
        parts.push(...halves(batch));
      } else for (const item of batch) rejected.push({ item, error });
    } else {
      cause = error;
      if (means === "not-now") {
        retryAfterMs = failure.retryAfterMs;
      }
      for (const item of batch) (means === "not-now" ? retry : uncertain).push(item);
      stopped = true;
    }
  }
  for (const part of [...parts.reverse(), items.slice(position)])
    for (const item of part) retry.push(item);
  return { retry, uncertain, rejected, cause, retryAfterMs };
}

async function attempt<T>(
  batch: readonly T[],
  { send, signal, toFailure }: DeliverBatchesOptions<T>,
): Promise<BatchFailure | undefined> {
  try {
    await send(batch);
    return undefined;
  } catch (thrown) {
    const failure = toFailure(thrown);
    // A client that was stopped may call that anything; only that nothing was sent is more than a guess.
    if (!signal.aborted || failure.means === "not-now") return failure;
    const error = new Error("stopped before the vendor had answered", { cause: thrown });
    return { means: "unknown", error };
  }
}

/** In the order in which they are taken from the end of a list. */
function halves<T>(items: readonly T[]): (readonly T[])[] {
  const middle = Math.ceil(items.length / 2);
  return [items.slice(middle), items.slice(0, middle)];
}
