import type {
  ExportResult,
  MetricKind,
  MetricSnapshot,
  MetricsSink,
  SinkHost,
} from "@aiokpl/metrics-core";
import { deliverBatches, quieten } from "@aiokpl/metrics-core/sink";
import { toFailure } from "./exporter/export-failure.ts";
import { type Item, toItems, toPoint } from "./exporter/export-items.ts";
import { ExporterCalls } from "./exporter/exporter-calls.ts";
import type { MetricExporter } from "./exporter/metric-exporter.ts";
import { TakenLate } from "./exporter/taken-late.ts";
import { untilAborted } from "./exporter/until-aborted.ts";
import { SCOPE } from "./metric-data/scope.ts";
import { type Temporality, toMetricData } from "./metric-data/to-metric-data.ts";
import {
  checkExporter,
  type OpenTelemetryExporterSinkOptions,
  type SettledExporterSinkOptions,
  settleExporterSinkOptions,
} from "./options/exporter-sink-options.ts";
import { CumulativeTotals } from "./series/cumulative-totals.ts";

/** An export reports all cumulative series up to one moment, so a window must not be cut into parts. */
const MAX_EXPORT_SNAPSHOTS = Number.MAX_SAFE_INTEGER;

const KINDS: readonly MetricKind[] = ["counter", "gauge", "distribution"];

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
  readonly name = "opentelemetry";
  readonly maxExportSnapshots: number = MAX_EXPORT_SNAPSHOTS;
  readonly maxAgeMs: number | undefined;
  readonly #options: SettledExporterSinkOptions;
  readonly #totals: CumulativeTotals;
  readonly #calls = new ExporterCalls();
  readonly #takenLate = new TakenLate();
  #host: SinkHost | undefined;
  #exporter: MetricExporter | undefined;
  #maxBatchPoints: number;
  /** End of the last window without data, in milliseconds since the epoch. */
  #idleUntil = 0;

  /** @throws TypeError or RangeError for a wrong option; the message names it, its value and what is allowed. */
  constructor(options: OpenTelemetryExporterSinkOptions) {
    this.#options = settleExporterSinkOptions(options);
    const { maxSeriesPerMetric, boundaries, warnings, maxAgeMs, maxBatchPoints } = this.#options;
    this.#totals = new CumulativeTotals(maxSeriesPerMetric, boundaries, warnings);
    this.maxAgeMs = maxAgeMs;
    this.#maxBatchPoints = maxBatchPoints;
    if (typeof options.exporter !== "function") this.#exporter = options.exporter;
  }

  /** True if any kind is cumulative: cumulative series are reported in every window, idle or not. */
  get wantsEmptyWindows(): boolean {
    return KINDS.some((kind) => this.#temporalityOf(kind) === "cumulative");
  }

  /** Makes the exporter if the option was a function, and waits until the resource is complete. */
  async open(host?: SinkHost): Promise<void> {
    this.#host = host;
    await this.#opened();
    await this.#options.resource.waitForAsyncAttributes?.();
  }

  /** Returns the window as it is. Notes when an empty window ends, because idle series are reported up to then. */
  prepare(window: readonly MetricSnapshot[]): readonly MetricSnapshot[] {
    if (window.length === 0) this.#idleUntil = this.#host?.now() ?? this.#idleUntil;
    return window;
  }

  /** Sends deltas, and the totals of all cumulative series; what the exporter did not accept is to be retried. */
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
    const { names, boundaries } = this.#options;
    const { items, rejected } = toItems(this.#takenLate.takeOut(snapshots), {
      names,
      boundaries,
      totals: this.#totals,
      temporalityOf: (kind) => this.#temporalityOf(kind),
    });
    if (isIdle) this.#totals.advanceTo(this.#idleUntil);
    for (const { windowEnd } of snapshots) this.#totals.advanceTo(windowEnd);
    const outcome = await deliverBatches(items, {
      signal,
      fit: () => this.#maxBatchPoints,
      send: (batch) => this.#send(exporter, batch, signal),
      toFailure: (thrown) => toFailure(this.#calls.shown(thrown)),
      onTooLarge: () => {
        this.#maxBatchPoints = Math.max(1, this.#maxBatchPoints >> 1);
      },
    });
    if (isIdle && outcome.cause !== undefined) throw outcome.cause;
    // An unanswered total is sent again, together with what has come since: it can't count twice.
    const uncertain = outcome.uncertain.filter(({ temporality }) => temporality === "delta");
    const retry = [
      ...outcome.retry,
      ...outcome.uncertain.filter(({ temporality }) => temporality === "cumulative"),
    ];
    if (retry.length === 0) this.#totals.settle();
    const tooLarge = outcome.rejected.flatMap(({ item: { sources }, error }) =>
      sources.map((snapshot) => ({ snapshot, reason: error.message })),
    );
    return {
      retry: retry.flatMap(({ sources }) => sources),
      uncertain: uncertain.flatMap(({ sources }) => sources),
      rejected: [...rejected, ...tooLarge],
      cause: outcome.cause,
      retryAfterMs: outcome.retryAfterMs,
    };
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
    batch: readonly Item[],
    signal: AbortSignal,
  ): Promise<void> {
    const { boundaries, resource } = this.#options;
    const points = batch.map((item) => toPoint(item, this.#totals.end));
    const metrics = toMetricData(points, {
      boundaries,
      temporalityOf: (kind) => this.#temporalityOf(kind),
    });
    await this.#calls.send({
      exporter,
      metrics: { resource, scopeMetrics: [{ scope: { ...SCOPE }, metrics }] },
      signal,
      onTakenLate: () => {
        for (const { temporality, sources } of batch)
          if (temporality === "delta") this.#takenLate.add(sources);
      },
    });
    for (const item of batch) if (item.temporality === "cumulative") item.series.commit(item.total);
  }

  #temporalityOf(kind: MetricKind): Temporality {
    const { temporality } = this.#options;
    if (temporality !== undefined) return temporality;
    const selected: unknown = this.#exporter?.selectAggregationTemporality?.(INSTRUMENTS[kind]);
    quieten(selected);
    return Number(selected ?? 1) === 0 ? "delta" : "cumulative";
  }

  async #opened(): Promise<MetricExporter> {
    if (this.#exporter === undefined) {
      try {
        const exporter = await this.#options.makeExporter();
        checkExporter(exporter);
        this.#exporter = exporter;
      } catch (error) {
        throw this.#calls.shown(error);
      }
    }
    return this.#exporter;
  }
}

/** The SDK's names of instrument types, written out so that the SDK is not loaded. */
const INSTRUMENTS = {
  counter: "COUNTER",
  gauge: "GAUGE",
  distribution: "HISTOGRAM",
} as const;
