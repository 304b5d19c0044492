import type { MetricSnapshot } from "@aiokpl/metrics-core";
import { type BatchesOutcome, deliverBatches } from "@aiokpl/metrics-core/sink";
import { RequestBody } from "../mapping/request-body.ts";
import { toDistribution } from "../mapping/to-series.ts";
import type { VendorSeriesCache } from "../mapping/vendor-series.ts";
import { countThatFits } from "./count-that-fits.ts";
import type { ExportContext } from "./export-context.ts";
import { SearchBudget } from "./search-budget.ts";
import { StoppableTurn } from "./stoppable-turn.ts";

/** Most values in a request of true distributions. A value takes about 20 bytes. */
const MAX_BATCH_VALUES = 100_000;

/** Distributions of no more values become JSON many at a time, which is faster. */
const FEW_VALUES = 10;

/** Sends snapshots as true distributions in requests, one at a time and in order. Never rejects. */
export async function deliverDistributions(
  snapshots: readonly MetricSnapshot[],
  cache: VendorSeriesCache,
  { client, signal, turn }: ExportContext,
): Promise<BatchesOutcome<MetricSnapshot>> {
  const budget = new SearchBudget();
  const making = new StoppableTurn(turn, signal);
  const weightOf = ({ count }: MetricSnapshot): number => count;
  return deliverBatches(snapshots, {
    signal,
    fit: (all, start) => countThatFits(all, start, { limit: MAX_BATCH_VALUES, weightOf }),
    send: budget.counting(async (batch) => {
      const body = new RequestBody();
      for (const each of batch) {
        const distribution = toDistribution(each, cache.of(each));
        if (each.count <= FEW_VALUES) body.add([distribution]);
        else for (const _ of body.addLarge(distribution)) if (making.isOver) await making.next();
        if (making.isOver) await making.next();
      }
      await client.submitDistributions(body.end(), signal);
    }),
    searchRequests: Infinity,
    toFailure: (thrown) => budget.toFailure(thrown),
  });
}
