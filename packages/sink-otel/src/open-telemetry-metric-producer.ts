import type {
  ExportResult,
  ForgottenSeries,
  MetricSnapshot,
  MetricsSink,
  PreparedWindow,
  RejectedSnapshot,
  SinkHost,
  WindowPart,
} from "@aiokpl/metrics-core";
import { MetricDataBuilder } from "./metric-data/metric-data-builder.ts";
import { resourceFrom } from "./metric-data/resource.ts";
import { SCOPE } from "./metric-data/scope.ts";
import type { CollectionResult } from "./metric-data/sdk-data.ts";
import { type Bridge, type BridgeOptions, settleBridgeOptions } from "./options/bridge-options.ts";
import { Collection } from "./producer/collection.ts";
import type { CumulativeSeries } from "./series/cumulative-series.ts";
import { CumulativeTotals } from "./series/cumulative-totals.ts";
import { newTurn } from "./turns/new-turn.ts";

/** Options of {@link OpenTelemetryMetricProducer}; each may be left out or undefined. */
export type OpenTelemetryMetricProducerOptions = BridgeOptions;

/** Most readers collect every 60 seconds or more often, so a longer silence than this is a mistake. */
const LONGEST_SILENCE_MS = 180_000;

const CUMULATIVE = {
  counter: "cumulative",
  gauge: "cumulative",
  distribution: "cumulative",
} as const;

/**
 * Gives totals to a reader of your own SDK, whether it pushes or is scraped. Pass the producer to the
 * manager as a sink and to one reader as a metric producer. Totals are always cumulative, whatever
 * temporality the reader has.
 *
 * A collection includes the window that is still open, and its totals never decrease. It never
 * rejects, because a rejection would cost the reader all of its metrics. If there are many series, it
 * takes several turns of the event loop, and each series is read in one of them.
 */
export class OpenTelemetryMetricProducer implements MetricsSink {
  /** Always "opentelemetry". */
  readonly name = "opentelemetry";
  /** Always true: a reader comes and collects. */
  readonly pull = true;
  readonly #bridge: Bridge;
  /** All closed windows, and the parts so far of one that is being closed. */
  readonly #totals: CumulativeTotals;
  #host: SinkHost | undefined;
  #windowsSinceCollect = 0;
  #collections = 0;
  #collection: Collection | undefined;
  /** Resolves when all collections so far have ended. */
  #collected: Promise<void> = Promise.resolve();

  /** @throws TypeError or RangeError for a wrong option; the message names it, its value and what is allowed. */
  constructor(options: OpenTelemetryMetricProducerOptions = {}) {
    this.#bridge = settleBridgeOptions(options, [], "OpenTelemetryMetricProducerWarning");
    const { maxSeriesPerMetric, boundariesOf, warnings } = this.#bridge;
    this.#totals = new CumulativeTotals(maxSeriesPerMetric, boundariesOf, warnings);
  }

  /** Keeps the host, whose open window is part of each collection. */
  async open(host: SinkHost): Promise<void> {
    this.#host = host;
  }

  /** Adds a closed window to the totals, so nothing is left to export. Rejects what OpenTelemetry has no name for. */
  prepare(
    window: readonly MetricSnapshot[],
    part: WindowPart = { last: true },
  ): readonly MetricSnapshot[] | PreparedWindow {
    if (!this.#totals.isClosing) this.#totals.windowCloses();
    const rejected = this.#commit(window, part);
    if (part.last) this.#windowClosed();
    return rejected.length === 0 ? [] : { snapshots: [], rejected };
  }

  /** Stops showing a counter or distribution. If it comes again, it starts anew. */
  forgotten(series: ForgottenSeries): void {
    const name = this.#bridge.names.known(series.name);
    // The totals of several metrics under one name go on.
    if (name === undefined || this.#bridge.names.isShared(name)) return;
    const known = this.#totals.get(name, series);
    if (known !== undefined) this.#totals.remove(known);
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

  /**
   * Returns all totals, with the open window included. It may take several turns of the event loop, and
   * waits for collections that were asked for before. Never rejects.
   */
  collect(): Promise<CollectionResult> {
    this.#windowsSinceCollect = 0;
    const result = this.#collected.then(() => this.#collect());
    this.#collected = result.then(() => {});
    return result;
  }

  async #collect(): Promise<CollectionResult> {
    const errors: unknown[] = [];
    const { names } = this.#bridge;
    const builder = new MetricDataBuilder(CUMULATIVE);
    try {
      if (this.#host !== undefined) this.#totals.advanceTo(this.#host.now());
      this.#collection = new Collection(
        {
          names,
          totals: this.#totals,
          builder,
          open: () => this.#host?.series() ?? [],
          turn: newTurn(),
        },
        this.#collections++,
      );
      await this.#collection.run(errors);
    } catch (error) {
      errors.push(error);
    }
    this.#collection = undefined;
    const { metrics } = builder;
    const scopeMetrics = metrics.length === 0 ? [] : [{ scope: { ...SCOPE }, metrics }];
    // The reader replaces this resource with its own.
    return { resourceMetrics: { resource: resourceFrom({}), scopeMetrics }, errors };
  }

  #commit(window: readonly MetricSnapshot[], part: WindowPart): readonly RejectedSnapshot[] {
    const rejected: RejectedSnapshot[] = [];
    const unplaced: { readonly name: string; readonly snapshot: MetricSnapshot }[] = [];
    for (const snapshot of window) {
      const { name, refusal } = this.#bridge.names.assign(snapshot);
      if (refusal !== undefined) rejected.push({ snapshot, reason: refusal });
      else {
        // Known series come first: a series that was observed just now must not make room.
        const series = this.#totals.placeKnown(name, snapshot);
        if (series === undefined) unplaced.push({ name, snapshot });
        else this.#add(series, snapshot);
      }
    }
    const room = part.last ? "made" : "free";
    for (const { name, snapshot } of unplaced)
      this.#add(this.#totals.placeCommitted(name, snapshot, room), snapshot);
    return rejected;
  }

  #add(series: CumulativeSeries, snapshot: MetricSnapshot): void {
    this.#collection?.commits(series, snapshot);
    series.add(snapshot);
  }

  #windowClosed(): void {
    this.#totals.windowClosed();
    const silenceMs = ++this.#windowsSinceCollect * (this.#host?.exportIntervalMs ?? 0);
    if (silenceMs >= LONGEST_SILENCE_MS)
      this.#bridge.warnings.warn(
        "no reader has collected for three minutes: check that this producer is among the metricProducers of a reader, and that the reader belongs to a MeterProvider",
      );
  }
}
