import type {
  ExportResult,
  MetricSnapshot,
  MetricsSink,
  PreparedWindow,
  SinkHost,
} from "@aiokpl/metrics-core";
import { atLeast } from "./metric-data/explicit-buckets.ts";
import { resourceFrom } from "./metric-data/resource.ts";
import { SCOPE } from "./metric-data/scope.ts";
import type { CollectionResult, MetricData } from "./metric-data/sdk-data.ts";
import { type Point, toMetricData } from "./metric-data/to-metric-data.ts";
import { nameSnapshots } from "./names/name-snapshots.ts";
import { type Bridge, type BridgeOptions, settleBridgeOptions } from "./options/bridge-options.ts";
import type { CumulativeSeries, Total } from "./series/cumulative-series.ts";
import { CumulativeTotals, type Deltas } from "./series/cumulative-totals.ts";

/** Options of {@link OpenTelemetryMetricProducer}; each may be left out or undefined. */
export type OpenTelemetryMetricProducerOptions = BridgeOptions;

/** Most readers collect every 60 seconds or more often, so a longer silence than this is a mistake. */
const LONGEST_SILENCE_MS = 180_000;

const NO_DELTAS: Deltas = new Map();

/**
 * Gives totals to a reader of your own SDK, whether it pushes or is scraped. Pass the producer to the
 * manager as a sink and to one reader as a metric producer. Totals are always cumulative, whatever
 * temporality the reader has.
 *
 * A collection includes the window that is still open, and its totals never decrease. It never
 * rejects, because a rejection would cost the reader all of its metrics, and it never waits.
 */
export class OpenTelemetryMetricProducer implements MetricsSink {
  readonly name = "opentelemetry";
  readonly #bridge: Bridge;
  /** All closed windows. */
  readonly #totals: CumulativeTotals;
  /** What the last collection reported. */
  readonly #shown = new WeakMap<CumulativeSeries, Total>();
  #host: SinkHost | undefined;
  #windowsSinceCollect = 0;

  /** @throws TypeError or RangeError for a wrong option; the message names it, its value and what is allowed. */
  constructor(options: OpenTelemetryMetricProducerOptions = {}) {
    this.#bridge = settleBridgeOptions(options, [], "OpenTelemetryMetricProducerWarning");
    const { maxSeriesPerMetric, boundaries, warnings } = this.#bridge;
    this.#totals = new CumulativeTotals(maxSeriesPerMetric, boundaries, warnings);
  }

  /** Keeps the host, whose open window is part of each collection. */
  async open(host: SinkHost): Promise<void> {
    this.#host = host;
  }

  /** Adds a closed window to the totals, so nothing is left to export. Rejects what OpenTelemetry has no name for. */
  prepare(window: readonly MetricSnapshot[]): readonly MetricSnapshot[] | PreparedWindow {
    const { named, rejected } = nameSnapshots(window, this.#bridge.names);
    for (const [series, { snapshot }] of this.#totals.place(named))
      series.commit(series.plus(snapshot));
    this.#totals.settle();
    const silenceMs = ++this.#windowsSinceCollect * (this.#host?.exportIntervalMs ?? 0);
    if (silenceMs >= LONGEST_SILENCE_MS)
      this.#bridge.warnings.warn(
        "no reader has collected for three minutes: check that this producer is among the metricProducers of a reader, and that the reader belongs to a MeterProvider",
      );
    return rejected.length === 0 ? [] : { snapshots: [], rejected };
  }

  /** Rejects whatever it is given: the producer takes windows in `prepare`, and leaves nothing to export. */
  async export(snapshots: readonly MetricSnapshot[]): Promise<ExportResult> {
    const reason =
      "OpenTelemetryMetricProducer exports nothing: it takes windows in prepare(), and a reader collects them";
    return { rejected: snapshots.map((snapshot) => ({ snapshot, reason })) };
  }

  /** Says how often each warning was repeated. The totals stay, and a reader can still collect them. */
  async close(): Promise<void> {
    this.#bridge.warnings.sumUp();
  }

  /** Returns all totals, with the open window included. Never waits and never rejects. */
  async collect(): Promise<CollectionResult> {
    this.#windowsSinceCollect = 0;
    const errors: unknown[] = [];
    let metrics: readonly MetricData[] = [];
    try {
      metrics = toMetricData(this.#points(this.#openWindow(errors)), {
        temporalityOf: () => "cumulative",
        boundaries: this.#bridge.boundaries,
      });
    } catch (error) {
      errors.push(error);
    }
    const scopeMetrics =
      metrics.length === 0 ? [] : [{ scope: { ...SCOPE }, metrics: [...metrics] }];
    // The reader replaces this resource with its own.
    return { resourceMetrics: { resource: resourceFrom({}), scopeMetrics }, errors };
  }

  #openWindow(errors: unknown[]): Deltas {
    try {
      const { named } = nameSnapshots(this.#host?.snapshots() ?? [], this.#bridge.names);
      return this.#totals.place(named);
    } catch (error) {
      errors.push(error);
      return NO_DELTAS;
    }
  }

  #points(openWindow: Deltas): readonly Point[] {
    if (this.#host !== undefined) this.#totals.advanceTo(this.#host.now());
    const points: Point[] = [];
    for (const series of this.#totals.series()) {
      const delta = openWindow.get(series);
      const total = delta === undefined ? series.total : series.plus(delta.snapshot);
      const shown = neverLess(this.#shown.get(series), total);
      if (shown === undefined) continue;
      this.#shown.set(series, shown);
      points.push({ name: series.name, ...shown, endTime: this.#totals.end });
    }
    return points;
  }
}

/**
 * Returns the newer total, or the one that was shown if the newer one has no more observations: a
 * window may be on its way from the manager to the sink, or unavailable. No bucket's count shrinks,
 * although a histogram may become coarser while its window is open.
 */
function neverLess(shown: Total | undefined, total: Total | undefined): Total | undefined {
  if (shown === undefined || total === undefined) return shown ?? total;
  if (!(total.snapshot.count > shown.snapshot.count)) return shown;
  return {
    snapshot: total.snapshot,
    counts: total.counts && atLeast(shown.counts, total.counts),
  };
}
