import type { MetricSnapshot, MetricsSink, SinkHost } from "@aiokpl/metrics-core";
import { mergeSnapshots } from "@aiokpl/metrics-core/sink";
import type { CollectionResult, MetricProducer } from "@opentelemetry/sdk-metrics";
import { added, atLeast, type CumulativeCounts, cumulativeCounts } from "./explicit-buckets.ts";
import {
  type BridgeOptions,
  type SettledBridgeOptions,
  settleBridgeOptions,
} from "./exporter-sink-options.ts";
import { InstrumentNames } from "./instrument-names.ts";
import { resourceFrom } from "./resource.ts";
import { SCOPE } from "./scope.ts";
import { asOverflow, keyOf, SeriesLimit } from "./series-limit.ts";
import { type Point, toMetricData } from "./to-metric-data.ts";

/** Options of {@link OpenTelemetryMetricProducer}; each may be left out or undefined. */
export type OpenTelemetryMetricProducerOptions = BridgeOptions;

/** A series' total over all closed windows. */
interface Total {
  readonly name: string;
  readonly snapshot: MetricSnapshot;
  readonly counts: CumulativeCounts | undefined;
}

/** After so many windows in which no reader asked, something is wrong. */
const WINDOWS_WITHOUT_READER = 3;

/**
 * Totals for a reader of the program's own, pull or push: pass it to the manager as a sink and to one
 * reader as a metric producer. Always cumulative, whatever the reader's temporality.
 *
 * What a reader sees includes the window that is still open, and never goes back. A collection takes
 * no time but its own computing, and never rejects: a rejection would cost the reader all metrics.
 */
export class OpenTelemetryMetricProducer implements MetricsSink, MetricProducer {
  readonly name = "opentelemetry";
  readonly #options: SettledBridgeOptions;
  readonly #names: InstrumentNames;
  readonly #limit: SeriesLimit;
  readonly #totals = new Map<string, Total>();
  /** By series, the most that was shown up to each boundary: a histogram may become coarser while its window is open. */
  readonly #shown = new Map<string, CumulativeCounts>();
  readonly #warned = new Set<string>();
  #host: SinkHost | undefined;
  #windowsSinceCollect = 0;
  #lastEnd = 0;

  /** @throws TypeError or RangeError for a wrong option, naming it, its value and what is allowed. */
  constructor(options: OpenTelemetryMetricProducerOptions = {}) {
    this.#options = settleBridgeOptions(options, [], "OpenTelemetryMetricProducerWarning");
    const { namespace, nameOf, maxSeriesPerMetric } = this.#options;
    this.#names = new InstrumentNames(namespace, nameOf);
    this.#limit = new SeriesLimit(maxSeriesPerMetric, (metric) =>
      this.#warn(
        `${metric} has ${maxSeriesPerMetric} series, its limit for the life of the process; further ones are one series with otel.metric.overflow`,
      ),
    );
  }

  async open(host: SinkHost): Promise<void> {
    this.#host = host;
  }

  /** Adds a closed window to the totals. Nothing is left to export, save what has no name in OpenTelemetry. */
  prepare(window: readonly MetricSnapshot[]): readonly MetricSnapshot[] {
    const refused: MetricSnapshot[] = [];
    for (const snapshot of window) {
      if (!this.#add(snapshot, this.#totals)) refused.push(snapshot);
    }
    if (++this.#windowsSinceCollect === WINDOWS_WITHOUT_READER)
      this.#warn(
        "no reader has collected for three windows: is this producer among the metricProducers of a reader, and that reader one of a MeterProvider's?",
      );
    return refused;
  }

  /** Rejects what `prepare` has refused. */
  async export(snapshots: readonly MetricSnapshot[]): Promise<{
    readonly rejected: readonly { readonly snapshot: MetricSnapshot; readonly reason: string }[];
  }> {
    return {
      rejected: snapshots.map((snapshot) => ({
        snapshot,
        reason: this.#names.of(snapshot.name, snapshot.kind).refusal ?? "it has no name",
      })),
    };
  }

  /** All totals, the open window included. Resolves at once, and never rejects. */
  async collect(): Promise<CollectionResult> {
    this.#windowsSinceCollect = 0;
    const errors: unknown[] = [];
    let points: readonly Point[] = [];
    try {
      points = this.#points(errors);
    } catch (error) {
      errors.push(error);
    }
    const metrics = toMetricData(points, () => "cumulative");
    const scopeMetrics = metrics.length === 0 ? [] : [{ scope: { ...SCOPE }, metrics }];
    // The reader puts its own resource in place of this.
    return { resourceMetrics: { resource: resourceFrom({}), scopeMetrics }, errors };
  }

  #points(errors: unknown[]): readonly Point[] {
    const { boundaries } = this.#options;
    const current = new Map(this.#totals);
    for (const snapshot of this.#openWindow(errors)) this.#add(snapshot, current);
    this.#lastEnd = Math.max(this.#lastEnd, Date.now());
    return [...current].map(([key, { name, snapshot, counts }]): Point => {
      const point = { name, snapshot, endTime: this.#lastEnd };
      if (counts === undefined || boundaries === undefined) return point;
      const shown = atLeast(this.#shown.get(key), counts);
      this.#shown.set(key, shown);
      return { ...point, explicit: { boundaries, counts: shown } };
    });
  }

  /** Adds a snapshot to totals; false where it has no name in OpenTelemetry. */
  #add(snapshot: MetricSnapshot, totals: Map<string, Total>): boolean {
    const { boundaries } = this.#options;
    const { name } = this.#names.of(snapshot.name, snapshot.kind);
    if (name === undefined) return false;
    const own = keyOf(snapshot);
    const isAdmitted = snapshot.overflow === true || this.#limit.admits(name, own);
    const delta = isAdmitted ? snapshot : asOverflow(snapshot);
    const key = `${name} ${isAdmitted ? own : keyOf(delta)}`;
    const before = totals.get(key);
    const counts =
      boundaries !== undefined && delta.kind === "distribution"
        ? added(before?.counts, cumulativeCounts(delta, boundaries))
        : undefined;
    totals.set(key, {
      name,
      snapshot:
        before === undefined
          ? delta
          : { ...mergeSnapshots(before.snapshot, delta), windowStart: before.snapshot.windowStart },
      counts,
    });
    return true;
  }

  #warn(message: string): void {
    if (this.#warned.has(message) || this.#warned.size >= 1_000) return;
    this.#warned.add(message);
    this.#options.onWarning(`sink "opentelemetry": ${message}`);
  }

  #openWindow(errors: unknown[]): readonly MetricSnapshot[] {
    try {
      return this.#host?.snapshots() ?? [];
    } catch (error) {
      errors.push(error);
      return [];
    }
  }
}
