import type {
  ExportResult,
  MetricKind,
  MetricSnapshot,
  MetricsSink,
  RejectedSnapshot,
} from "@aiokpl/metrics-core";
import { deliverBatches, mergeSnapshots, unlessAborted } from "@aiokpl/metrics-core/sink";
import type { InstrumentType, PushMetricExporter } from "@opentelemetry/sdk-metrics";
import { added, type CumulativeCounts, cumulativeCounts } from "./metric-data/explicit-buckets.ts";
import { callExporter, untilAborted } from "./exporter/export-call.ts";
import { toFailure } from "./exporter/export-failure.ts";
import {
  checkExporter,
  type OpenTelemetryExporterSinkOptions,
  type SettledExporterSinkOptions,
  settleExporterSinkOptions,
} from "./options/exporter-sink-options.ts";
import { SCOPE } from "./metric-data/scope.ts";
import { asOverflow, keyOf } from "./series/series-limit.ts";
import { type Point, type Temporality, toMetricData } from "./metric-data/to-metric-data.ts";

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

/** A cumulative export has every series up to one moment, so no window may be cut into parts. */
const MAX_EXPORT_SNAPSHOTS = Number.MAX_SAFE_INTEGER;

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
  /** Series whose totals the exporter has taken. */
  readonly #committed = new Map<string, Reported>();
  /** What was taken after it had been told as uncertain. */
  readonly #takenLate = new WeakSet<MetricSnapshot>();
  #exporter: PushMetricExporter | undefined;
  #unfinished: Promise<void> | undefined;
  #maxBatchPoints: number;
  /** When the last window without data ended, in milliseconds since the epoch. */
  #idleUntil = 0;
  #lastEnd = 0;

  /** @throws TypeError or RangeError for a wrong option, naming it, its value and what is allowed. */
  constructor(options: OpenTelemetryExporterSinkOptions) {
    this.#options = settleExporterSinkOptions(options);
    this.maxAgeMs = this.#options.maxAgeMs;
    this.#maxBatchPoints = this.#options.maxBatchPoints;
    if (typeof options.exporter !== "function") this.#exporter = options.exporter;
  }

  /** True unless everything is delta: a cumulative series is reported in every window. */
  get wantsEmptyWindows(): boolean {
    const kinds: readonly MetricKind[] = ["counter", "gauge", "distribution"];
    return kinds.some((kind) => this.#temporalityOf(kind) === "cumulative");
  }

  /** Makes the exporter, where it is not made yet, and waits for the resource to be known. */
  async open(): Promise<void> {
    await this.#opened();
    await this.#options.resource.waitForAsyncAttributes?.();
  }

  /** Notes the end of a window without data, up to which idle series are known to be unchanged. */
  prepare(window: readonly MetricSnapshot[]): readonly MetricSnapshot[] {
    if (window.length === 0) this.#idleUntil = Date.now();
    return window;
  }

  async export(
    snapshots: readonly MetricSnapshot[],
    { signal }: { readonly signal: AbortSignal },
  ): Promise<ExportResult> {
    // With nothing to offer again a failure can only be thrown.
    const isIdle = snapshots.length === 0;
    const exporter = await this.#opened();
    if (this.#unfinished !== undefined) {
      try {
        await unlessAborted(this.#unfinished, signal);
      } catch (cause) {
        // The next one does not wait for it again.
        this.#unfinished = undefined;
        const error = new Error("the exporter has not answered the call before", { cause });
        if (isIdle) throw error;
        return { retry: snapshots, cause: error };
      }
    }
    const ends = isIdle ? [this.#idleUntil] : snapshots.map(({ windowEnd }) => windowEnd);
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
    if (isIdle && outcome.cause !== undefined) throw outcome.cause;
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
      try {
        await exporter.forceFlush();
      } finally {
        if (this.#options.ownsExporter) await exporter.shutdown();
      }
    };
    await untilAborted(end(), signal);
  }

  #toItems(snapshots: readonly MetricSnapshot[]): {
    items: readonly Item[];
    rejected: RejectedSnapshot[];
  } {
    const { names, limit, boundaries } = this.#options;
    const rejected: RejectedSnapshot[] = [];
    const fresh = new Map<
      string,
      { name: string; delta: MetricSnapshot; sources: MetricSnapshot[] }
    >();
    for (const snapshot of snapshots) {
      const { name, refusal } = names.of(snapshot);
      if (refusal !== undefined) {
        rejected.push({ snapshot, reason: refusal });
        continue;
      }
      const own = keyOf(snapshot);
      const isAdmitted =
        this.#temporalityOf(snapshot.kind) === "delta" ||
        snapshot.overflow === true ||
        limit.admits(name, own);
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
    const { boundaries, resource } = this.#options;
    const points = batch.map((item): Point => {
      const { name, snapshot, counts, temporality } = item;
      const endTime = temporality === "cumulative" ? this.#lastEnd : snapshot.windowEnd;
      const explicit = counts && boundaries && { boundaries, counts };
      return { name, snapshot, endTime, explicit };
    });
    const metrics = toMetricData(points, (kind) => this.#temporalityOf(kind));
    const call = callExporter(exporter, {
      resource,
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
