import type { MetricSnapshot } from "@aiokpl/metrics-core";
import { type BatchesOutcome, deliverBatches } from "@aiokpl/metrics-core/sink";
import { RefusedError } from "../client/failure.ts";
import { RunningTotals } from "../mapping/running-totals.ts";
import { toSeriesBatch } from "../mapping/series-batch.ts";
import { sharedMemory } from "../mapping/written-totals.ts";
import { pointsOf, secondOf } from "../mapping/to-series.ts";
import type { Turn } from "../mapping/turn.ts";
import type { VendorSeriesCache } from "../mapping/vendor-series.ts";
import { countThatFits } from "./count-that-fits.ts";
import type { ExportContext } from "./export-context.ts";
import { inTurn } from "./in-turn.ts";
import { RequestSize } from "./request-size.ts";
import { SearchBudget } from "./search-budget.ts";
import { StoppableTurn } from "./stoppable-turn.ts";

/** What the delivery of counts and gauges needs. */
export interface SeriesDeliveryOptions {
  /** Identifies the account at Datadog: sinks of one process with the same one share what they wrote. */
  readonly account: string;
  readonly percentiles: readonly number[];
  /** Most points in a request. */
  readonly maxBatchPoints: number;
  readonly cache: VendorSeriesCache;
  /** Returns the time in milliseconds. */
  readonly now: () => number;
}

/** Delivers counts and gauges, and remembers what Datadog has of seconds that may be written again. */
export class SeriesDelivery {
  readonly #account: string;
  readonly #percentiles: readonly number[];
  readonly #cache: VendorSeriesCache;
  readonly #totals: RunningTotals;
  readonly #size: RequestSize;
  readonly #now: () => number;

  constructor({ account, percentiles, maxBatchPoints, cache, now }: SeriesDeliveryOptions) {
    this.#account = account;
    this.#percentiles = percentiles;
    this.#size = new RequestSize(maxBatchPoints);
    this.#now = now;
    this.#cache = cache;
    this.#totals = new RunningTotals({
      memory: sharedMemory(),
      histograms: percentiles.length === 0 ? "dropped" : "kept",
    });
  }

  /** Forgets the totals of seconds that no later export can reach, given what this one holds. */
  async forgetBefore(snapshots: readonly MetricSnapshot[], turn: Turn): Promise<void> {
    if (snapshots.length === 0) return;
    const starts = snapshots.map(({ windowStart }) => secondOf(windowStart));
    const oldest = starts.reduce((least, each) => Math.min(least, each));
    await this.#totals.forgetBefore(oldest, turn);
  }

  /** Sends snapshots in requests, one at a time and in order. Never rejects. */
  async deliver(
    snapshots: readonly MetricSnapshot[],
    context: ExportContext,
  ): Promise<BatchesOutcome<MetricSnapshot>> {
    const { signal, turn } = context;
    this.#size.grow(this.#now());
    const budget = new SearchBudget();
    const weightOf = (each: MetricSnapshot): number => pointsOf(each, this.#percentiles);
    const outcome = await deliverBatches(snapshots, {
      signal,
      fit: (all, start) => countThatFits(all, start, { limit: this.#size.points, weightOf }),
      send: budget.counting((batch) =>
        inTurn(this.#account, signal, () => this.#send(batch, context)),
      ),
      searchRequests: Infinity,
      toFailure: (thrown) => budget.toFailure(thrown),
    });
    for (const each of outcome.uncertain) {
      this.#totals.recordDoubt(this.#cache.of(each).key, each);
      if (turn.isOver) await turn.next();
    }
    return outcome;
  }

  /** Runs while no other sink of the account has a request under way, so its turns have no effect on totals. */
  async #send(
    batch: readonly MetricSnapshot[],
    { client, signal, turn }: ExportContext,
  ): Promise<void> {
    const { body, writes } = await toSeriesBatch(batch, {
      totals: this.#totals,
      cache: this.#cache,
      percentiles: this.#percentiles,
      turn: new StoppableTurn(turn, signal),
    });
    try {
      await client.submitSeries(body, signal);
    } catch (error) {
      if (error instanceof RefusedError && error.status === 413) this.#lowerSize(batch);
      throw error;
    }
    // Datadog has taken it, so an abort must not end this.
    for (const { series, total, corrected } of writes) {
      this.#totals.recordTaken(series.key, total, corrected);
      if (turn.isOver) await turn.next();
    }
  }

  #lowerSize(refused: readonly MetricSnapshot[]): void {
    const points = refused.reduce((sum, each) => sum + pointsOf(each, this.#percentiles), 0);
    this.#size.lower(points, this.#now());
  }
}
