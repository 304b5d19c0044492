import { setImmediate as turn } from "node:timers/promises";
import type { Dimensions, MetricSnapshot } from "@aiokpl/metrics-core";
import { type BatchesOutcome, deliverBatches } from "@aiokpl/metrics-core/sink";
import type { DatadogClient } from "../client/datadog-client.ts";
import { toDistribution } from "../mapping/to-series.ts";
import type { Tags } from "../naming/tags.ts";
import { countThatFits } from "./count-that-fits.ts";
import { SearchBudget } from "./search-budget.ts";

/** Most values in a request of true distributions. A value takes about 20 bytes. */
const MAX_BATCH_VALUES = 100_000;

/** What a request of true distributions needs. */
export interface DistributionDelivery {
  readonly client: DatadogClient;
  readonly tagsOf: (dimensions: Dimensions) => Tags;
  /** Stops the delivery; what was not sent comes back in `retry`. */
  readonly signal: AbortSignal;
}

/** Sends snapshots as true distributions in requests, one at a time and in order. Never rejects. */
export async function deliverDistributions(
  snapshots: readonly MetricSnapshot[],
  { client, tagsOf, signal }: DistributionDelivery,
): Promise<BatchesOutcome<MetricSnapshot>> {
  const budget = new SearchBudget();
  const weightOf = ({ count }: MetricSnapshot): number => count;
  return deliverBatches(snapshots, {
    signal,
    fit: (all, start) => countThatFits(all, start, { limit: MAX_BATCH_VALUES, weightOf }),
    send: budget.counting(async (batch) => {
      await turn();
      const series = batch.map((each) => toDistribution(each, tagsOf(each.dimensions)));
      await client.submitDistributions(series, signal);
    }),
    searchRequests: Infinity,
    toFailure: (thrown) => budget.toFailure(thrown),
  });
}
