import { setImmediate as turn } from "node:timers/promises";
import type {
  Dimensions,
  ExportResult,
  MetricSnapshot,
  MetricsSink,
  RejectedSnapshot,
} from "@aiokpl/metrics-core";
import { type BatchesOutcome, deliverBatches } from "@aiokpl/metrics-core/sink";
import { type DatadogClient, loadClient } from "./client/datadog-client.ts";
import { type DatadogSinkOptions, type SettledOptions, settleOptions } from "./datadog-options.ts";
import { RefusedError, toFailure } from "./client/failure.ts";
import type { Taken } from "./client/http-api.ts";
import type { Mapping } from "./mapping/mapping.ts";
import { currentInstance } from "./naming/instance.ts";
import { Preparation } from "./naming/prepare.ts";
import { RunningTotals } from "./mapping/running-totals.ts";
import { seriesKey, toSeriesBatch } from "./mapping/series-batch.ts";
import { type Tags, tagsOf } from "./naming/tags.ts";
import { secondOf, stampOf, toDistribution } from "./mapping/to-series.ts";
import { VendorNames } from "./mapping/vendor-names.ts";

/**
 * Datadog takes points up to an hour old and ten minutes ahead; less, for the way there.
 *
 * @see https://docs.datadoghq.com/metrics/custom_metrics/historical_metrics/
 */
const MAX_AGE_MS = 59 * 60_000;
const MAX_AHEAD_MS = 9 * 60_000;
/** What the manager still offers; less again, for what waits in an export. */
const OFFERED_AGE_MS = 57 * 60_000;

/** A true distribution's values in one request; of about 20 bytes each. */
const MAX_BATCH_VALUES = 100_000;

/** No proxy is thought to take fewer points in a request; one series may be too large for any. */
const LEAST_BATCH_POINTS = 100;

/** Requests per export and endpoint that may be spent on finding what Datadog refuses. */
const SEARCH_REQUESTS = 32;

/** A clock that is off by more is told of. */
const MAX_CLOCK_OFFSET_MS = 60_000;

/**
 * Sends windows to Datadog's API, without an Agent.
 *
 * Counts and gauges are safe to send again, since the last write to a series' second wins; for the
 * same reason a second window of one second is sent as the total of both. True distributions add up,
 * so of these an unknown outcome may count twice or not at all, as `distributionDelivery` says.
 */
export class DatadogSink implements MetricsSink {
  readonly name = "datadog";
  readonly maxAgeMs: number | undefined;
  readonly #options: SettledOptions;
  readonly #preparation: Preparation;
  readonly #names: VendorNames;
  readonly #totals = new RunningTotals();
  readonly #tags = new WeakMap<Dimensions, Tags>();
  #client: DatadogClient | undefined;
  #maxBatchPoints: number;

  /** @throws TypeError or RangeError for a wrong option, naming it and what is allowed. */
  constructor(options: DatadogSinkOptions) {
    this.#options = settleOptions(options);
    const { historical, namespace, common, percentiles, warnings } = this.#options;
    this.maxAgeMs = historical ? undefined : OFFERED_AGE_MS;
    this.#preparation = new Preparation(namespace, common, (message) => warnings.warn(message));
    this.#names = new VendorNames(percentiles);
    this.#maxBatchPoints = this.#options.maxBatchPoints;
  }

  /** Loads Datadog's client. */
  async open(): Promise<void> {
    this.#client ??= await loadClient(this.#options.client);
    if (!this.#options.common.tags.has("instance") && currentInstance() !== undefined)
      this.#options.warnings.warn(
        "this process is one of several (cluster, PM2, Lambda, threads), and what they report of the same series " +
          "overwrites each other at Datadog: set the option instance",
      );
  }

  /** Applies Datadog's rules for names and tags, and merges what they make one. */
  prepare(window: readonly MetricSnapshot[]): readonly MetricSnapshot[] {
    return this.#preparation.prepare(window);
  }

  async export(
    snapshots: readonly MetricSnapshot[],
    { signal }: { readonly signal: AbortSignal },
  ): Promise<ExportResult> {
    this.#totals.forget(
      snapshots.reduce((oldest, each) => Math.min(oldest, secondOf(each.windowStart)), Infinity),
    );
    const { series, distributions, rejected } = this.#sorted(snapshots);
    const sent = await this.#deliverSeries(series, signal);
    const isStopped = sent.cause !== undefined || signal.aborted;
    const added = isStopped
      ? { ...NOTHING, retry: distributions, cause: sent.cause }
      : await this.#deliverDistributions(distributions, signal);
    return this.#toResult(sent, added, rejected);
  }

  /** By how they are sent, if at all. */
  #sorted(snapshots: readonly MetricSnapshot[]): {
    readonly series: readonly MetricSnapshot[];
    readonly distributions: readonly MetricSnapshot[];
    readonly rejected: readonly RejectedSnapshot[];
  } {
    const now = Date.now();
    const series: MetricSnapshot[] = [];
    const distributions: MetricSnapshot[] = [];
    const rejected: RejectedSnapshot[] = [];
    for (const snapshot of snapshots) {
      const mapping = this.#mappingOf(snapshot);
      const reason = this.#refusal(snapshot, mapping, now);
      if (reason !== undefined) rejected.push({ snapshot, reason });
      else if (mapping === "distribution") distributions.push(snapshot);
      else series.push(snapshot);
    }
    return { series, distributions, rejected };
  }

  async #deliverSeries(
    snapshots: readonly MetricSnapshot[],
    signal: AbortSignal,
  ): Promise<BatchesOutcome<MetricSnapshot>> {
    const { percentiles } = this.#options;
    const weigh = (each: MetricSnapshot): number => pointsOf(each, percentiles);
    const tagsOf = (dimensions: Dimensions): Tags => this.#tagsOf(dimensions);
    const totals = this.#totals;
    const outcome = await deliverBatches(snapshots, {
      signal,
      fit: (all, start) => fill(all, start, this.#maxBatchPoints, weigh),
      send: async (batch) => {
        const client = await this.#opened();
        await turn();
        const { series, writes } = toSeriesBatch(batch, { totals, tagsOf, percentiles });
        try {
          this.#heed(await client.submitSeries(series, signal));
        } catch (error) {
          if (error instanceof RefusedError && error.status === 413) this.#learn(batch, weigh);
          throw error;
        }
        for (const { key, total, emptied } of writes) totals.taken(key, total, emptied);
      },
      ...search(),
    });
    for (const each of outcome.uncertain) totals.doubted(seriesKey(each, tagsOf), each);
    return outcome;
  }

  /** A proxy on the way may take less than Datadog: later requests are not to find that out again. */
  #learn(refused: readonly MetricSnapshot[], weigh: (each: MetricSnapshot) => number): void {
    const points = refused.reduce((sum, each) => sum + weigh(each), 0);
    const half = Math.max(LEAST_BATCH_POINTS, points >> 1);
    this.#maxBatchPoints = Math.min(this.#maxBatchPoints, half);
  }

  async #deliverDistributions(
    snapshots: readonly MetricSnapshot[],
    signal: AbortSignal,
  ): Promise<BatchesOutcome<MetricSnapshot>> {
    return deliverBatches(snapshots, {
      signal,
      fit: (all, start) => fill(all, start, MAX_BATCH_VALUES, ({ count }) => count),
      send: async (batch) => {
        const client = await this.#opened();
        await turn();
        const wire = batch.map((each) => toDistribution(each, this.#tagsOf(each.dimensions)));
        this.#heed(await client.submitDistributions(wire, signal));
      },
      ...search(),
    });
  }

  #toResult(
    sent: BatchesOutcome<MetricSnapshot>,
    added: BatchesOutcome<MetricSnapshot>,
    refused: readonly RejectedSnapshot[],
  ): ExportResult {
    const rejected = [...refused];
    for (const { item, error } of [...sent.rejected, ...added.rejected])
      rejected.push({ snapshot: item, reason: error.message });
    const { isAtMostOnce } = this.#options;
    if (isAtMostOnce)
      for (const snapshot of added.uncertain)
        rejected.push({
          snapshot,
          reason: `it is not known whether Datadog took it, and it must not count twice: ${added.cause?.message ?? "no answer"}`,
        });
    const cause = sent.cause ?? added.cause;
    return {
      // Of counts and gauges what was not answered is as good as not sent.
      retry: [...sent.retry, ...sent.uncertain, ...added.retry],
      uncertain: isAtMostOnce ? [] : added.uncertain,
      rejected,
      retryAfterMs: sent.retryAfterMs ?? added.retryAfterMs,
      cause: cause && this.#explained(cause),
    };
  }

  #explained(cause: Error): Error {
    if (!(cause instanceof RefusedError)) return cause;
    const { status } = cause;
    const hint =
      status === 401 || status === 403
        ? "check that apiKey is an API key and belongs to the site"
        : status === 404 || (status >= 300 && status < 400)
          ? "check site and baseUrl"
          : undefined;
    return hint === undefined ? cause : new Error(`${cause.message}; ${hint}`, { cause });
  }

  #mappingOf(snapshot: MetricSnapshot): Mapping {
    const { mappingOf, maxDistributionValues } = this.#options;
    const mapping = mappingOf(snapshot.kind, snapshot.name);
    if (mapping !== "distribution" || snapshot.count <= maxDistributionValues) return mapping;
    this.#options.warnings.warn(
      `${snapshot.name} had more than ${maxDistributionValues} observations in a window, which are sent as ` +
        `${snapshot.name}.count, .sum, .min and .max instead of a distribution`,
    );
    return "aggregates";
  }

  #refusal(snapshot: MetricSnapshot, mapping: Mapping, now: number): string | undefined {
    const { name, kind } = snapshot;
    const claimed = this.#options.mappingOf(kind, name);
    const ageMs = now - stampOf(snapshot) * 1_000;
    const isBound = !this.#options.historical || mapping === "distribution";
    if (isBound && ageMs > MAX_AGE_MS)
      return `it is of ${minutes(ageMs)} ago, and Datadog takes ${mapping === "distribution" ? "distributions" : "points"} of the last hour only`;
    if (ageMs < -MAX_AHEAD_MS)
      return `it is of ${minutes(-ageMs)} ahead, and Datadog takes at most ten: is the clock right?`;
    return this.#names.refusal(name, claimed);
  }

  #tagsOf(dimensions: Dimensions): Tags {
    const known = this.#tags.get(dimensions);
    if (known !== undefined) return known;
    const tags = tagsOf(dimensions, this.#options.common);
    this.#tags.set(dimensions, tags);
    return tags;
  }

  async #opened(): Promise<DatadogClient> {
    this.#client ??= await loadClient(this.#options.client);
    return this.#client;
  }

  /** What an answer says besides that the request was taken. */
  #heed({ errors, clockOffsetMs }: Taken): void {
    for (const error of errors)
      this.#options.warnings.warn(`Datadog took a request and said: ${error}`);
    if (clockOffsetMs !== undefined && Math.abs(clockOffsetMs) > MAX_CLOCK_OFFSET_MS)
      this.#options.warnings.warn(
        "this machine's clock is off by more than a minute against Datadog's, which drops points that are an hour old or ten minutes ahead",
      );
  }
}

const NOTHING: BatchesOutcome<never> = {
  retry: [],
  uncertain: [],
  rejected: [],
  cause: undefined,
  retryAfterMs: undefined,
};

/**
 * Past the budget the search ends the export: what comes later in a series must not be sent while
 * what comes before it waits.
 */
function search(): Pick<Parameters<typeof deliverBatches>[1], "searchRequests" | "toFailure"> {
  let left = SEARCH_REQUESTS;
  return {
    searchRequests: Infinity,
    toFailure: (thrown) => {
      const failure = toFailure(thrown);
      const isSearch = failure.means === "invalid" || thrown instanceof RefusedError;
      if (!isSearch || failure.means === "not-now" || failure.means === "unknown") return failure;
      return left-- > 0 ? failure : { means: "not-now", error: failure.error };
    },
  };
}

/** How many items fit until their weights exceed the limit. */
function fill<T>(
  items: readonly T[],
  start: number,
  limit: number,
  weightOf: (item: T) => number,
): number {
  let weight = 0;
  let end = start;
  for (; end < items.length; end++) {
    const item = items[end];
    if (item !== undefined) weight += weightOf(item);
    if (weight > limit) break;
  }
  return end - start;
}

function pointsOf({ kind }: MetricSnapshot, percentiles: readonly number[]): number {
  return kind === "distribution" ? 4 + percentiles.length : 1;
}

function minutes(milliseconds: number): string {
  const whole = Math.round(milliseconds / 60_000);
  return `${whole} minutes`;
}
