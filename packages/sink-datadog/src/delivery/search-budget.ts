import type { BatchFailure } from "@aiokpl/metrics-core/sink";
import { RefusedError, toFailure } from "../client/failure.ts";

/** Refused requests that one export may spend on each endpoint to find what Datadog refuses. */
const SEARCH_REQUESTS = 32;

/**
 * Limits how many requests one export spends on finding what Datadog refuses. Once the budget is
 * spent, a refusal ends the export and the rest is retried later. Skipping ahead instead would send
 * later windows of a series before earlier ones.
 */
export class SearchBudget {
  #spent = 0;

  /** Returns a function that sends as the given one does and counts its refused requests. */
  counting<T>(
    send: (batch: readonly T[]) => Promise<void>,
  ): (batch: readonly T[]) => Promise<void> {
    return async (batch) => {
      try {
        await send(batch);
      } catch (error) {
        if (isSearch(toFailure(error), error)) this.#spent += 1;
        throw error;
      }
    };
  }

  /** Says what a failed request means, given what has been spent so far. */
  toFailure(thrown: unknown): BatchFailure {
    const failure = toFailure(thrown);
    if (this.#spent <= SEARCH_REQUESTS || !isSearch(failure, thrown)) return failure;
    return { means: "not-now", error: failure.error };
  }
}

/** A request that was found too large before it was sent has cost nothing. */
function isSearch({ means }: BatchFailure, thrown: unknown): boolean {
  return means === "invalid" || (means === "too-large" && thrown instanceof RefusedError);
}
