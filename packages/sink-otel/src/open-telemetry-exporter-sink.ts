import type {
  ExportResult,
  MetricKind,
  MetricSnapshot,
  MetricsSink,
  RejectedSnapshot,
} from "@aiokpl/metrics-core";
import { deliverBatches, mergeSnapshots } from "@aiokpl/metrics-core/sink";
import type { InstrumentType, PushMetricExporter } from "@opentelemetry/sdk-metrics";
import { added, type CumulativeCounts, cumulativeCounts } from "./explicit-buckets.ts";
import { callExporter, unlessAborted, untilAborted } from "./export-call.ts";
import { toFailure } from "./export-failure.ts";
import {
  checkExporter,
  type OpenTelemetryExporterSinkOptions,
  type SettledExporterSinkOptions,
  settleExporterSinkOptions,
} from "./exporter-sink-options.ts";
import { InstrumentNames } from "./instrument-names.ts";
import type { Resource } from "./resource.ts";
import { SCOPE } from "./scope.ts";
import { asOverflow, keyOf, SeriesLimit } from "./series-limit.ts";
import { type Point, type Temporality, toMetricData } from "./to-metric-data.ts";

/** What a series has reported, for ever; or what it reports of the windows that are exported now. */
interface Reported {
  readonly name: string;
  readonly snapshot: MetricSnapshot;
  readonly counts: CumulativeCounts | undefined;
}

/** A series' point, and the snapshots that are in it; none where the series was idle. */
interface Item extends Reported {
  readonly key: string;
  readonly temporality: Temporality;
  readonly sources: MetricSnapshot[];
}

/** A cumulative export repeats every series, so it should not be made in many parts. */
const MAX_EXPORT_SNAPSHOTS = 100_000;

/**
 * Drives any exporter of OpenTelemetry's metrics SDK, which itself is not needed: exact windows, delta
 * or cumulative as the exporter selects, exponential histograms.
 *
 * The manager's queue has what the exporter has not taken. Cumulative totals are those of what it has
 * taken, so that a failed export is just tried again: nothing is lost and nothing counts twice. A
 * delta whose outcome is unknown may count twice, and is told as uncertain.
 */
export class OpenTelemetryExporterSink implements MetricsSink {
  readonly name = "opentelemetry";
  readonly maxExportSnapshots: number = MAX_EXPORT_SNAPSHOTS;
  readonly maxAgeMs: number | undefined;
  readonly #options: SettledExporterSinkOptions;
  readonly #names: InstrumentNames;
  readonly #limit: SeriesLimit;
  /** Series whose totals the exporter has taken. */
  readonly #committed = new Map<string, Reported>();
  /** What was taken after it had been told as uncertain. */
  readonly #takenLate = new WeakSet<MetricSnapshot>();
  readonly #warned = new Set<string>();
  #exporter: PushMetricExporter | undefined;
  readonly #resource: Resource;
  #unfinished: Promise<void> | undefined;
  #maxBatchPoints: number;
  #lastEnd = 0;

  /** @throws TypeError or RangeError for a wrong option, naming it, its value and what is allowed. */
  constructor(options: OpenTelemetryExporterSinkOptions) {
    this.#options = settleExporterSinkOptions(options);
    this.#resource = this.#options.resource;
    const { namespace, nameOf, maxSeriesPerMetric, maxBatchPoints, maxAgeMs } = this.#options;
    this.maxAgeMs = maxAgeMs;
    this.#maxBatchPoints = maxBatchPoints;
    if (typeof options.exporter !== "function") this.#exporter = options.exporter;
    this.#names = new InstrumentNames(namespace, nameOf);
    this.#limit = new SeriesLimit(maxSeriesPerMetric, (metric) =>
      this.#warn(
        `${metric} has ${maxSeriesPerMetric} series, its limit for the life of the process; further ones are one series with otel.metric.overflow`,
      ),
    );
  }

  /** True unless everything is delta: a cumulative series is reported in every window. */
  get wantsEmptyWindows(): boolean {
    const kinds: readonly MetricKind[] = ["counter", "gauge", "distribution"];
    return kinds.some((kind) => this.#temporalityOf(kind) === "cumulative");
  }

  /** Makes the exporter, where it is not made yet, and waits for the resource to be known. */
  async open(): Promise<void> {
    await this.#opened();
    await this.#resource.waitForAsyncAttributes?.();
  }

  async export(
    snapshots: readonly MetricSnapshot[],
    { signal }: { readonly signal: AbortSignal },
  ): Promise<ExportResult> {
    const exporter = await this.#opened();
    if (this.#unfinished !== undefined) {
      try {
        await unlessAborted(this.#unfinished, signal);
      } catch (cause) {
        // The next one does not wait for it again.
        this.#unfinished = undefined;
        const error = new Error("the exporter has not answered the call before", { cause });
        return { retry: snapshots, cause: error };
      }
    }
    // Idle series are known to be unchanged up to the end of what is exported, or up to now.
    const ends =
      snapshots.length === 0 ? [Date.now()] : snapshots.map(({ windowEnd }) => windowEnd);
    this.#lastEnd = ends.reduce((latest, end) => Math.max(latest, end), this.#lastEnd);
    const { items, rejected } = this.#toItems(
      snapshots.filter((snapshot) => !this.#takenLate.has(snapshot)),
    );
    const outcome = await deliverBatches(items, {
      signal,
      fit: () => this.#maxBatchPoints,
      send: (batch) => this.#send(exporter, batch, signal),
      toFailure,
      onTooLarge: () => {
        this.#maxBatchPoints = Math.max(1, this.#maxBatchPoints >> 1);
      },
    });
    for (const { item, error } of outcome.rejected)
      for (const snapshot of item.sources) rejected.push({ snapshot, reason: error.message });
    // A total that was not answered is sent again with what has come since; it can't count twice.
    const isSafe = ({ temporality }: Item): boolean => temporality === "cumulative";
    const uncertain = outcome.uncertain.filter((item) => !isSafe(item));
    const retry = [...outcome.retry, ...outcome.uncertain.filter(isSafe)];
    return {
      retry: retry.flatMap(({ sources }) => sources),
      uncertain: uncertain.flatMap(({ sources }) => sources),
      rejected,
      cause: outcome.cause,
      retryAfterMs: outcome.retryAfterMs,
    };
  }

  /** Has the exporter send what it holds, and shuts it down if it is the sink's own. */
  async close({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    const exporter = this.#exporter;
    if (exporter === undefined) return;
    const end = async (): Promise<void> => {
      await exporter.forceFlush();
      if (this.#options.ownsExporter) await exporter.shutdown();
    };
    await untilAborted(end(), signal);
  }

  #toItems(snapshots: readonly MetricSnapshot[]): {
    items: readonly Item[];
    rejected: RejectedSnapshot[];
  } {
    const { boundaries } = this.#options;
    const rejected: RejectedSnapshot[] = [];
    const fresh = new Map<
      string,
      { name: string; delta: MetricSnapshot; sources: MetricSnapshot[] }
    >();
    for (const snapshot of snapshots) {
      const { name, refusal } = this.#names.of(snapshot.name, snapshot.kind);
      if (refusal !== undefined) {
        rejected.push({ snapshot, reason: refusal });
        continue;
      }
      const own = keyOf(snapshot);
      const isAdmitted =
        this.#temporalityOf(snapshot.kind) === "delta" ||
        snapshot.overflow === true ||
        this.#limit.admits(name, own);
      const admitted = isAdmitted ? snapshot : asOverflow(snapshot);
      const key = `${name} ${isAdmitted ? own : keyOf(admitted)}`;
      const found = fresh.get(key);
      if (found === undefined) fresh.set(key, { name, delta: admitted, sources: [snapshot] });
      else {
        found.delta = mergeSnapshots(found.delta, admitted);
        found.sources.push(snapshot);
      }
    }
    const items = [...fresh].map(([key, { name, delta, sources }]): Item => {
      const temporality = this.#temporalityOf(delta.kind);
      const before = temporality === "cumulative" ? this.#committed.get(key) : undefined;
      const counts =
        boundaries !== undefined && delta.kind === "distribution"
          ? added(before?.counts, cumulativeCounts(delta, boundaries))
          : undefined;
      const snapshot = before === undefined ? delta : sinceItsStart(before.snapshot, delta);
      return { key, name, temporality, sources, snapshot, counts };
    });
    for (const [key, idle] of this.#committed)
      if (!fresh.has(key)) items.push({ key, temporality: "cumulative", sources: [], ...idle });
    return { items, rejected };
  }

  async #send(
    exporter: PushMetricExporter,
    batch: readonly Item[],
    signal: AbortSignal,
  ): Promise<void> {
    const { boundaries } = this.#options;
    const points = batch.map((item): Point => {
      const { name, snapshot, counts, temporality } = item;
      const endTime = temporality === "cumulative" ? this.#lastEnd : snapshot.windowEnd;
      const explicit = counts && boundaries && { boundaries, counts };
      return { name, snapshot, endTime, explicit };
    });
    const metrics = toMetricData(points, (kind) => this.#temporalityOf(kind));
    const call = callExporter(exporter, {
      resource: this.#resource,
      scopeMetrics: [{ scope: { ...SCOPE }, metrics }],
    });
    const settled = call.then(
      () => true,
      () => false,
    );
    const unfinished = settled.then((isTaken) => {
      if (this.#unfinished === unfinished) this.#unfinished = undefined;
      if (!isTaken || !signal.aborted) return;
      for (const { temporality, sources } of batch)
        if (temporality === "delta") for (const source of sources) this.#takenLate.add(source);
    });
    this.#unfinished = unfinished;
    await unlessAborted(call, signal);
    for (const { key, name, snapshot, counts, temporality } of batch)
      if (temporality === "cumulative") this.#committed.set(key, { name, snapshot, counts });
  }

  #temporalityOf(kind: MetricKind): Temporality {
    const { temporality } = this.#options;
    if (temporality !== undefined) return temporality;
    const selected = this.#exporter?.selectAggregationTemporality?.(INSTRUMENTS[kind]);
    return Number(selected ?? 1) === 0 ? "delta" : "cumulative";
  }

  async #opened(): Promise<PushMetricExporter> {
    if (this.#exporter === undefined) {
      const exporter = await this.#options.makeExporter();
      checkExporter(exporter);
      this.#exporter = exporter;
    }
    return this.#exporter;
  }

  #warn(message: string): void {
    if (this.#warned.has(message) || this.#warned.size >= 1_000) return;
    this.#warned.add(message);
    this.#options.onWarning(`sink "opentelemetry": ${message}`);
  }
}

/** The SDK's names of the instruments; its enumeration is not needed for them. */
const INSTRUMENTS = {
  counter: "COUNTER" as InstrumentType.COUNTER,
  gauge: "GAUGE" as InstrumentType.GAUGE,
  distribution: "HISTOGRAM" as InstrumentType.HISTOGRAM,
} as const;

/** A total that goes on; its start never changes, or it would be taken for one that began anew. */
function sinceItsStart(total: MetricSnapshot, delta: MetricSnapshot): MetricSnapshot {
  return { ...mergeSnapshots(total, delta), windowStart: total.windowStart };
}
