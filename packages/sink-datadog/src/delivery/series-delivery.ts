import { setImmediate as turn } from "node:timers/promises";
import type { Dimensions, MetricSnapshot } from "@aiokpl/metrics-core";
import { type BatchesOutcome, deliverBatches } from "@aiokpl/metrics-core/sink";
import type { DatadogClient } from "../client/datadog-client.ts";
import { RefusedError } from "../client/failure.ts";
import { RunningTotals } from "../mapping/running-totals.ts";
import { toSeriesBatch } from "../mapping/series-batch.ts";
import { seriesKeys } from "../mapping/series-keys.ts";
import { sharedMemory } from "../mapping/written-totals.ts";
import { pointsOf, secondOf } from "../mapping/to-series.ts";
import type { Tags } from "../naming/tags.ts";
import { countThatFits } from "./count-that-fits.ts";
import { inTurn } from "./in-turn.ts";
import { RequestSize } from "./request-size.ts";
import { SearchBudget } from "./search-budget.ts";

/** What the delivery of counts and gauges needs. */
export interface SeriesDeliveryOptions {
  /** Identifies the account at Datadog: sinks of one process with the same one share what they wrote. */
  readonly account: string;
  readonly percentiles: readonly number[];
  /** Most points in a request. */
  readonly maxBatchPoints: number;
  readonly tagsOf: (dimensions: Dimensions) => Tags;
  /** Returns the time in milliseconds. */
  readonly now: () => number;
}

/** Delivers counts and gauges, and remembers what Datadog has of seconds that may be written again. */
export class SeriesDelivery {
  readonly #account: string;
  readonly #percentiles: readonly number[];
  readonly #tagsOf: (dimensions: Dimensions) => Tags;
  readonly #keyOf: (snapshot: MetricSnapshot) => string;
  readonly #totals: RunningTotals;
  readonly #size: RequestSize;
  readonly #now: () => number;

  constructor({ account, percentiles, maxBatchPoints, tagsOf, now }: SeriesDeliveryOptions) {
    this.#account = account;
    this.#percentiles = percentiles;
    this.#size = new RequestSize(maxBatchPoints);
    this.#now = now;
    this.#tagsOf = tagsOf;
    this.#keyOf = seriesKeys(account, tagsOf);
    this.#totals = new RunningTotals({
      memory: sharedMemory(),
      histograms: percentiles.length === 0 ? "dropped" : "kept",
    });
  }

  /** Forgets the totals of seconds that no later export can reach, given what this one holds. */
  forgetBefore(snapshots: readonly MetricSnapshot[]): void {
    if (snapshots.length === 0) return;
    const starts = snapshots.map(({ windowStart }) => secondOf(windowStart));
    this.#totals.forgetBefore(starts.reduce((oldest, each) => Math.min(oldest, each)));
  }

  /** Sends snapshots in requests, one at a time and in order. Never rejects. */
  async deliver(
    snapshots: readonly MetricSnapshot[],
    client: DatadogClient,
    signal: AbortSignal,
  ): Promise<BatchesOutcome<MetricSnapshot>> {
    this.#size.grow(this.#now());
    const budget = new SearchBudget();
    const weightOf = (each: MetricSnapshot): number => pointsOf(each, this.#percentiles);
    const outcome = await deliverBatches(snapshots, {
      signal,
      fit: (all, start) => countThatFits(all, start, { limit: this.#size.points, weightOf }),
      send: budget.counting((batch) =>
        inTurn(this.#account, signal, () => this.#send(batch, client, signal)),
      ),
      searchRequests: Infinity,
      toFailure: (thrown) => budget.toFailure(thrown),
    });
    for (const each of outcome.uncertain) this.#totals.recordDoubt(this.#keyOf(each), each);
    return outcome;
  }

  async #send(
    batch: readonly MetricSnapshot[],
    client: DatadogClient,
    signal: AbortSignal,
  ): Promise<void> {
    await turn();
    const { series, writes } = toSeriesBatch(batch, {
      totals: this.#totals,
      keyOf: this.#keyOf,
      tagsOf: this.#tagsOf,
      percentiles: this.#percentiles,
    });
    try {
      await client.submitSeries(series, signal);
    } catch (error) {
      if (error instanceof RefusedError && error.status === 413) this.#lowerSize(batch);
      throw error;
    }
    for (const { key, total, corrected } of writes) this.#totals.recordTaken(key, total, corrected);
  }

  #lowerSize(refused: readonly MetricSnapshot[]): void {
    const points = refused.reduce((sum, each) => sum + pointsOf(each, this.#percentiles), 0);
    this.#size.lower(points, this.#now());
  }
}
