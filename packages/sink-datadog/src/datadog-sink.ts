import type {
  ExportResult,
  MetricSnapshot,
  MetricsSink,
  PreparedWindow,
  SinkHost,
  WindowPart,
} from "@aiokpl/metrics-core";
import { type BatchesOutcome, WorkTurn } from "@aiokpl/metrics-core/sink";
import { withAnswerWarnings } from "./client/answer-warnings.ts";
import { accountOf } from "./client/account.ts";
import { type DatadogClient, loadClient } from "./client/datadog-client.ts";
import { type DatadogSinkOptions, type SettledOptions, settleOptions } from "./datadog-options.ts";
import { deliverDistributions } from "./delivery/deliver-distributions.ts";
import { SeriesDelivery } from "./delivery/series-delivery.ts";
import { toExportResult } from "./delivery/to-export-result.ts";
import { Admission } from "./mapping/admission.ts";
import { OFFERED_AGE_MS } from "./mapping/age-limits.ts";
import { VendorSeriesCache } from "./mapping/vendor-series.ts";
import { currentInstance } from "./naming/instance.ts";
import { Preparation } from "./naming/preparation.ts";

/**
 * Sends windows to Datadog's API, without an Agent.
 *
 * Counts and gauges are safe to send twice, because at Datadog the last write to a series' second
 * wins. For the same reason a second window that begins in the same second is sent as the total of
 * both. True distributions add up at Datadog: where no answer came, they are sent again or rejected,
 * as `distributionDelivery` says.
 */
export class DatadogSink implements MetricsSink {
  /** Always "datadog". */
  readonly name = "datadog";
  /** 57 minutes; undefined with `historical`. Datadog drops points that are over an hour old. */
  readonly maxAgeMs: number | undefined;
  /** Loading Datadog's client takes a third of a second of CPU time. */
  readonly opensLate = true;
  readonly #options: SettledOptions;
  readonly #preparation: Preparation;
  readonly #admission: Admission;
  readonly #series: SeriesDelivery;
  readonly #cache: VendorSeriesCache;
  readonly #warn: (message: string) => void;
  /** The only clock of this sink, in epoch milliseconds: the manager's, once that has opened the sink. */
  #now = (): number => Date.now();
  #client: DatadogClient | undefined;

  /** @throws TypeError or RangeError for a wrong option, naming it and what is allowed. */
  constructor(options: DatadogSinkOptions) {
    this.#options = settleOptions(options);
    const { historical, namespace, common, percentiles, warnings } = this.#options;
    const { mappingOf, maxDistributionValues, maxBatchPoints } = this.#options;
    const warn = (message: string): void => warnings.warn(message);
    this.#warn = warn;
    this.maxAgeMs = historical ? undefined : OFFERED_AGE_MS;
    this.#preparation = new Preparation(namespace, common, warn);
    const rules = { mappingOf, maxDistributionValues, historical, percentiles, warn };
    this.#admission = new Admission(rules);
    const account = accountOf(this.#options.client);
    this.#cache = new VendorSeriesCache(account, common);
    this.#series = new SeriesDelivery({
      account,
      percentiles,
      maxBatchPoints,
      cache: this.#cache,
      now: () => this.#now(),
    });
  }

  /**
   * Loads Datadog's client. Warns where this process is known to be one of several and has no
   * `instance`.
   */
  async open(host?: SinkHost): Promise<void> {
    if (host !== undefined) this.#now = () => host.now();
    await this.#opened();
    if (!this.#options.common.tags.has("instance") && currentInstance() !== undefined)
      this.#warn(
        "this process is one of several (cluster, PM2, Lambda or worker threads), and at Datadog they overwrite each " +
          "other's counts: set the option instance to a different value in each",
      );
  }

  /**
   * Applies Datadog's rules for names and tags, and merges series that these rules make equal. Any two
   * series of a window may become equal, so all come with the last part, a thousand at a time. Leaves out the zeros of
   * quiet counters where they could overwrite what another process has counted.
   */
  prepare(window: readonly MetricSnapshot[], part: WindowPart): PreparedWindow {
    const hasOwnTag = this.#options.common.tags.has("instance");
    this.#preparation.add(hasOwnTag ? window : window.filter((snapshot) => !isZero(snapshot)));
    return part.last ? this.#preparation.take() : { snapshots: [] };
  }

  /**
   * Sends snapshots to Datadog, one request at a time. Resolves with what was not taken, also on
   * abort; rejects only where Datadog's client can't be loaded.
   */
  async export(
    snapshots: readonly MetricSnapshot[],
    { signal }: { readonly signal: AbortSignal },
  ): Promise<ExportResult> {
    const client = await this.#opened();
    const turn = new WorkTurn();
    const context = { client, signal, turn };
    this.#cache.forgetUnused();
    await this.#series.forgetBefore(snapshots, turn);
    const admitted = await this.#admission.admit(snapshots, this.#now(), turn);
    const series = await this.#series.deliver(admitted.series, context);
    // What stopped the counts and gauges would stop the distributions too.
    const isStopped = series.cause !== undefined || signal.aborted;
    const distributions = isStopped
      ? unsent(admitted.distributions)
      : await deliverDistributions(admitted.distributions, this.#cache, context);
    return toExportResult(
      { series, distributions, refused: admitted.rejected },
      this.#options.distributionDelivery,
    );
  }

  /** Says how often each warning was repeated. */
  async close(): Promise<void> {
    this.#options.warnings.sumUp();
  }

  async #opened(): Promise<DatadogClient> {
    this.#client ??= withAnswerWarnings(await loadClient(this.#options.client), {
      warn: this.#warn,
      now: () => this.#now(),
    });
    return this.#client;
  }
}

/** Whether nothing was counted: a quiet counter says so with one observation of 0. */
function isZero({ kind, count, sum }: MetricSnapshot): boolean {
  return kind === "counter" && count === 1 && sum === 0;
}

function unsent(snapshots: readonly MetricSnapshot[]): BatchesOutcome<MetricSnapshot> {
  return {
    retry: snapshots,
    uncertain: [],
    rejected: [],
    cause: undefined,
    retryAfterMs: undefined,
  };
}
