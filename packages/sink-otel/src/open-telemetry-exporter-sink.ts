import type {
  ExportResult,
  ForgottenSeries,
  MetricKind,
  MetricSnapshot,
  MetricsSink,
  SinkHost,
  WindowPart,
} from "@aiokpl/metrics-core";
import { deliverBatches, quieten } from "@aiokpl/metrics-core/sink";
import { askedBoundaries } from "./exporter/asked-boundaries.ts";
import { toFailure } from "./exporter/export-failure.ts";
import { buildRequest, UnsentError } from "./exporter/build-request.ts";
import { type ExportItem, isTotal, sourcesIn } from "./exporter/export-item.ts";
import { type ExportItems, toItems } from "./exporter/export-items.ts";
import { resultOf } from "./exporter/export-result.ts";
import { RequestSizes } from "./exporter/request-size.ts";
import { ForgottenTotals } from "./exporter/forgotten-totals.ts";
import { ExporterCalls } from "./exporter/exporter-calls.ts";
import type { MetricExporter } from "./exporter/metric-exporter.ts";
import { TakenLate } from "./exporter/taken-late.ts";
import { untilAborted } from "./exporter/until-aborted.ts";
import type { BoundariesOf } from "./metric-data/explicit-buckets.ts";
import { SCOPE } from "./metric-data/scope.ts";
import type { MetricData } from "./metric-data/sdk-data.ts";
import type { Temporalities, Temporality } from "./metric-data/temporality.ts";
import {
  checkExporter,
  type OpenTelemetryExporterSinkOptions,
  type SettledExporterSinkOptions,
  settleExporterSinkOptions,
} from "./options/exporter-sink-options.ts";
import { CumulativeTotals } from "./series/cumulative-totals.ts";
import { snapshotOf } from "./series/delta.ts";
import { inTurns } from "./turns/in-turns.ts";
import { newTurn } from "./turns/new-turn.ts";

/** An export reports all cumulative series up to one moment, so a window must not be cut into parts. */
const MAX_EXPORT_SNAPSHOTS = Number.MAX_SAFE_INTEGER;

/**
 * Sends metrics through any exporter of OpenTelemetry's metrics SDK, without the SDK itself. Points
 * have the windows' exact times, distributions are exponential histograms, and temporality is the
 * exporter's choice.
 *
 * The manager keeps what the exporter has not accepted. A cumulative total changes only when the
 * exporter reports success, so a retry loses nothing and counts nothing twice. A delta may count
 * twice if the exporter did not answer; the manager reports it as possibly duplicated.
 */
export class OpenTelemetryExporterSink implements MetricsSink {
  /** Always "opentelemetry". */
  readonly name = "opentelemetry";
  /** No limit: `maxBatchPoints` decides how many points go into one request. */
  readonly maxExportSnapshots: number = MAX_EXPORT_SNAPSHOTS;
  /** The option of that name. */
  readonly maxAgeMs: number | undefined;
  readonly #options: SettledExporterSinkOptions;
  readonly #totals: CumulativeTotals;
  readonly #calls = new ExporterCalls();
  readonly #takenLate = new TakenLate();
  #host: SinkHost | undefined;
  #exporter: MetricExporter | undefined;
  /** By the option, or else what the exporter asks for. */
  #boundariesOf: BoundariesOf;
  #maxBatchPoints: number;
  /** Whether no part of the window that is being closed had data. */
  #isWindowEmpty = true;
  /** End of the last window without data, in milliseconds since the epoch. */
  #idleUntil = 0;
  readonly #forgotten = new ForgottenTotals();
  /** End of the last window that had data, in milliseconds since the epoch. */
  #preparedUntil = 0;

  /** @throws TypeError or RangeError for a wrong option; the message names it, its value and what is allowed. */
  constructor(options: OpenTelemetryExporterSinkOptions) {
    this.#options = settleExporterSinkOptions(options);
    const { maxSeriesPerMetric, boundariesOf, warnings, maxAgeMs, maxBatchPoints } = this.#options;
    this.#boundariesOf = boundariesOf;
    this.#totals = new CumulativeTotals(
      maxSeriesPerMetric,
      (snapshot) => this.#boundariesOf(snapshot),
      warnings,
    );
    this.maxAgeMs = maxAgeMs;
    this.#maxBatchPoints = maxBatchPoints;
    if (typeof options.exporter !== "function") this.#use(options.exporter);
  }

  /** True if any kind is cumulative: cumulative series are reported in every window, idle or not. */
  get wantsEmptyWindows(): boolean {
    return Object.values(this.#temporalities()).includes("cumulative");
  }

  /** Makes the exporter if the option was a function, and waits until the resource is complete. */
  async open(host?: SinkHost): Promise<void> {
    this.#host = host;
    await this.#opened();
    await this.#options.resource.waitForAsyncAttributes?.();
  }

  /** Returns the window as it is. Notes when an empty window ends, because idle series are reported up to then. */
  prepare(
    window: readonly MetricSnapshot[],
    part: WindowPart = { last: true },
  ): readonly MetricSnapshot[] {
    const [first] = window;
    if (first !== undefined) {
      this.#isWindowEmpty = false;
      this.#preparedUntil = first.windowEnd;
    }
    if (part.last) {
      if (this.#isWindowEmpty) this.#idleUntil = this.#host?.now() ?? this.#idleUntil;
      this.#isWindowEmpty = true;
    }
    return window;
  }

  /** Stops repeating the total of a counter or distribution, once what is new of it was sent. */
  forgotten(series: ForgottenSeries): void {
    this.#forgotten.add(series, this.#preparedUntil);
  }

  /**
   * Sends deltas, and the totals of all cumulative series; what the exporter did not accept is to be
   * retried. The work takes many turns of the event loop: each request is built when it is sent.
   */
  async export(
    snapshots: readonly MetricSnapshot[],
    { signal }: { readonly signal: AbortSignal },
  ): Promise<ExportResult> {
    const exporter = await this.#opened();
    // Without snapshots there is nothing to retry, and a failure can only be thrown.
    const isIdle = snapshots.length === 0;
    try {
      await this.#calls.answered(signal);
    } catch (cause) {
      if (isIdle) throw cause;
      return { retry: snapshots, cause };
    }
    const { names } = this.#options;
    const boundariesOf = this.#boundariesOf;
    const totals = this.#totals;
    const turn = newTurn(snapshots.length + totals.size);
    const temporalities = this.#temporalities();
    let end = isIdle ? this.#idleUntil : totals.end;
    let left = snapshots;
    let sorted: ExportItems;
    try {
      // The manager has used up a part of this turn.
      await turn.next();
      signal.throwIfAborted();
      left = await this.#takenLate.takeOut(snapshots, turn, signal);
      if (left !== snapshots)
        await inTurns(snapshots, ({ windowEnd }) => (end = Math.max(end, windowEnd)), turn, signal);
      const forgotten = this.#forgotten;
      sorted = await toItems(left, { names, totals, temporalities, forgotten, turn, signal });
    } catch (error) {
      if (!signal.aborted) throw error;
      return { retry: left };
    }
    const { items, rejected } = sorted;
    totals.advanceTo(Math.max(end, sorted.end));
    const sizes = new RequestSizes(boundariesOf);
    const outcome = await deliverBatches(items, {
      signal,
      fit: (all, start) => sizes.next(all, start, this.#maxBatchPoints),
      send: async (batch) => {
        const { needsOwnTurn } = sizes;
        const cumulativeEnd = totals.end;
        const encoding = { names, temporalities, boundariesOf, cumulativeEnd, needsOwnTurn };
        const metrics = await buildRequest(batch, encoding, turn, signal);
        const start = performance.now();
        const sent = this.#send(exporter, metrics, batch, signal);
        // By now it has encoded the request, and it waits for the answer.
        sizes.encoded(performance.now() - start);
        await sent;
        await inTurns(batch, commit, turn);
      },
      toFailure: (thrown) =>
        thrown instanceof UnsentError
          ? { means: "not-now", error: thrown }
          : toFailure(this.#calls.shown(thrown)),
      onTooLarge: () => {
        this.#maxBatchPoints = Math.max(1, this.#maxBatchPoints >> 1);
      },
    });
    if (isIdle && outcome.cause !== undefined) throw outcome.cause;
    const result = await resultOf(outcome, rejected, turn);
    if (result.retry.length === 0) totals.settle();
    return result;
  }

  /**
   * Asks the exporter to send what it holds, and shuts it down if it belongs to the sink. When the
   * signal aborts, the exporter's requests are ended. Says how often each warning was repeated.
   */
  async close({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    this.#options.warnings.sumUp();
    const exporter = this.#exporter;
    if (exporter === undefined) return;
    const end = async (): Promise<void> => {
      try {
        await exporter.forceFlush();
      } finally {
        if (this.#options.ownsExporter) await exporter.shutdown();
      }
    };
    try {
      await untilAborted(end(), signal);
    } catch (error) {
      throw this.#calls.shown(error);
    } finally {
      this.#calls.end();
    }
  }

  async #send(
    exporter: MetricExporter,
    metrics: MetricData[],
    batch: readonly ExportItem[],
    signal: AbortSignal,
  ): Promise<void> {
    const { resource } = this.#options;
    await this.#calls.send({
      exporter,
      metrics: { resource, scopeMetrics: [{ scope: { ...SCOPE }, metrics }] },
      signal,
      onTakenLate: () => {
        for (const item of batch) if (!isTotal(item)) this.#takenLate.add(sourcesIn(item));
      },
    });
  }

  #temporalities(): Temporalities {
    return {
      counter: this.#temporalityOf("counter"),
      gauge: this.#temporalityOf("gauge"),
      distribution: this.#temporalityOf("distribution"),
    };
  }

  #temporalityOf(kind: MetricKind): Temporality {
    const { temporality } = this.#options;
    if (temporality !== undefined) return temporality;
    const selected: unknown = this.#exporter?.selectAggregationTemporality?.(INSTRUMENTS[kind]);
    quieten(selected);
    return Number(selected ?? 1) === 0 ? "delta" : "cumulative";
  }

  #use(exporter: MetricExporter): void {
    this.#exporter = exporter;
    if (this.#options.boundaries === undefined) this.#boundariesOf = askedBoundaries(exporter);
  }

  async #opened(): Promise<MetricExporter> {
    if (this.#exporter === undefined) {
      try {
        const exporter = await this.#options.makeExporter();
        checkExporter(exporter);
        this.#use(exporter);
        return exporter;
      } catch (error) {
        throw this.#calls.shown(error);
      }
    }
    return this.#exporter;
  }
}

/** Adds what was new to the total. */
function commit(item: ExportItem): void {
  if (!isTotal(item) || item.delta === undefined) return;
  item.add(snapshotOf(item.delta));
  item.delta = undefined;
}

/** The SDK's names of instrument types, written out so that the SDK is not loaded. */
const INSTRUMENTS = {
  counter: "COUNTER",
  gauge: "GAUGE",
  distribution: "HISTOGRAM",
} as const;
