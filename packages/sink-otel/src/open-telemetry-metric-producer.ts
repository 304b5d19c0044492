import type { ExportResult, MetricSnapshot, MetricsSink, SinkHost } from "@aiokpl/metrics-core";
import { mergeSnapshots } from "@aiokpl/metrics-core/sink";
import type { CollectionResult, MetricData, MetricProducer } from "@opentelemetry/sdk-metrics";
import { type Bridge, type BridgeOptions, settleBridgeOptions } from "./options/bridge-options.ts";
import {
  added,
  atLeast,
  type CumulativeCounts,
  cumulativeCounts,
} from "./metric-data/explicit-buckets.ts";
import { resourceFrom } from "./metric-data/resource.ts";
import { SCOPE } from "./metric-data/scope.ts";
import { asOverflow, keyOf } from "./series/series-limit.ts";
import { type Point, toMetricData } from "./metric-data/to-metric-data.ts";

/** Options of {@link OpenTelemetryMetricProducer}; each may be left out or undefined. */
export type OpenTelemetryMetricProducerOptions = BridgeOptions;

/** A series' total, of closed windows or as it was shown. */
interface Total {
  readonly name: string;
  readonly snapshot: MetricSnapshot;
  readonly counts: CumulativeCounts | undefined;
}

/** After so long without a reader that asks, something is wrong; most ask every 60 seconds or more often. */
const LONGEST_SILENCE_MS = 180_000;

/**
 * Totals for a reader of the program's own, pull or push: pass it to the manager as a sink and to one
 * reader as a metric producer. Always cumulative, whatever the reader's temporality.
 *
 * What a reader sees includes the window that is still open, and never goes back. A collection takes
 * no time but its own computing, and never rejects: a rejection would cost the reader all metrics.
 */
export class OpenTelemetryMetricProducer implements MetricsSink, MetricProducer {
  readonly name = "opentelemetry";
  readonly #bridge: Bridge;
  /** Of all closed windows, by series. */
  readonly #totals = new Map<string, Total>();
  /** What was shown last, by series, of which nothing may be taken back. */
  readonly #shown = new Map<string, Total>();
  #host: SinkHost | undefined;
  #windowsSinceCollect = 0;
  #lastEnd = 0;

  /** @throws TypeError or RangeError for a wrong option, naming it, its value and what is allowed. */
  constructor(options: OpenTelemetryMetricProducerOptions = {}) {
    this.#bridge = settleBridgeOptions(options, [], "OpenTelemetryMetricProducerWarning");
  }

  async open(host: SinkHost): Promise<void> {
    this.#host = host;
  }

  /** Adds a closed window to the totals. Nothing is left to export, save what has no name in OpenTelemetry. */
  prepare(window: readonly MetricSnapshot[]): readonly MetricSnapshot[] {
    const refused = window.filter((snapshot) => !this.#add(snapshot, this.#totals));
    const silenceMs = ++this.#windowsSinceCollect * (this.#host?.exportIntervalMs ?? 0);
    if (silenceMs >= LONGEST_SILENCE_MS)
      this.#bridge.warnings.warn(
        "no reader has collected for three minutes: is this producer among the metricProducers of a reader, and that reader one of a MeterProvider's?",
      );
    return refused;
  }

  /** Rejects what `prepare` has refused. */
  async export(snapshots: readonly MetricSnapshot[]): Promise<ExportResult> {
    return {
      rejected: snapshots.map((snapshot) => ({
        snapshot,
        reason: this.#bridge.names.of(snapshot).refusal ?? "it has no name",
      })),
    };
  }

  /** All totals, the open window included. Resolves at once, and never rejects. */
  async collect(): Promise<CollectionResult> {
    this.#windowsSinceCollect = 0;
    const errors: unknown[] = [];
    let metrics: readonly MetricData[] = [];
    try {
      metrics = toMetricData(this.#points(errors), () => "cumulative");
    } catch (error) {
      errors.push(error);
    }
    const scopeMetrics =
      metrics.length === 0 ? [] : [{ scope: { ...SCOPE }, metrics: [...metrics] }];
    // The reader puts its own resource in place of this.
    return { resourceMetrics: { resource: resourceFrom({}), scopeMetrics }, errors };
  }

  #points(errors: unknown[]): readonly Point[] {
    const { boundaries } = this.#bridge;
    const current = new Map(this.#totals);
    try {
      for (const snapshot of this.#host?.snapshots() ?? []) this.#add(snapshot, current);
    } catch (error) {
      errors.push(error);
    }
    for (const [key, total] of current) this.#shown.set(key, notBack(this.#shown.get(key), total));
    this.#lastEnd = Math.max(this.#lastEnd, Date.now());
    return [...this.#shown.values()].map(({ name, snapshot, counts }): Point => {
      const explicit = counts && boundaries && { boundaries, counts };
      return { name, snapshot, endTime: this.#lastEnd, explicit };
    });
  }

  /** Adds a snapshot to totals; false where it has no name in OpenTelemetry. */
  #add(snapshot: MetricSnapshot, totals: Map<string, Total>): boolean {
    const { names, limit, boundaries } = this.#bridge;
    const { name } = names.of(snapshot);
    if (name === undefined) return false;
    const own = keyOf(snapshot);
    const isAdmitted = snapshot.overflow === true || limit.admits(name, own);
    const delta = isAdmitted ? snapshot : asOverflow(snapshot);
    const key = `${name} ${isAdmitted ? own : keyOf(delta)}`;
    const before = totals.get(key);
    const counts =
      boundaries !== undefined && delta.kind === "distribution"
        ? added(before?.counts, cumulativeCounts(delta, boundaries))
        : undefined;
    const sum = before === undefined ? delta : mergeSnapshots(before.snapshot, delta);
    totals.set(key, { name, snapshot: sum, counts });
    return true;
  }
}

/**
 * A total that takes nothing back: it does not begin anew, has no fewer observations, and no fewer of
 * them up to a boundary, since a histogram may become coarser while its window is open.
 */
function notBack(shown: Total | undefined, total: Total): Total {
  if (shown === undefined) return total;
  // Nothing new; or less, while a window is on its way from the manager to here, or can't be had.
  if (!(total.snapshot.count > shown.snapshot.count)) return shown;
  const { windowStart } = shown.snapshot;
  return {
    name: total.name,
    snapshot: { ...total.snapshot, windowStart },
    counts: total.counts && atLeast(shown.counts, total.counts),
  };
}
