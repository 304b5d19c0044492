import type {
  EventfulMetricsSink,
  ExportResult,
  MetricSnapshot,
  MetricsSink,
  PreparedWindow,
  SinkHost,
  WindowPart,
} from "@aiokpl/metrics-core";
import type { SteppingClock } from "./stepping-clock.ts";
import { Totals } from "./totals.ts";
import { WindowOrder } from "./window-order.ts";

/** If an export settles within this time after an abort, the manager surely learns it in time. Between this time and the manager's grace of one second, it may or may not. */
const SURELY_IN_TIME_MS = 500;
/** The manager's grace of one second, minus the time by which a timer may fire early. */
const GRACE_MS = 990;

interface Export {
  readonly snapshots: readonly MetricSnapshot[];
  readonly answered: string[];
  abortedAt: number | undefined;
  state: "running" | "settled" | "settled late";
}

/**
 * Wraps a sink, and counts what the manager passes to it and what the sink returns. It trusts neither
 * of them.
 */
export class Witness {
  readonly sink: MetricsSink;
  /** What `prepare` was given, and what it returned, over all parts of all windows. If it threw, the part counts as returned. */
  readonly handed: Totals = new Totals();
  readonly prepared: Totals = new Totals();
  /** The parts of windows for which `prepare` threw; they are included in `prepared`. */
  readonly unprepared: Totals = new Totals();
  /** Single observations, if the sink wants them. */
  readonly events: Totals | undefined;
  /** What the sink reported in time as delivered and as rejected. */
  readonly delivered: Totals = new Totals();
  readonly rejected: Totals = new Totals();
  /** The snapshots of exports that settled so late that the manager may have given them up. */
  readonly late: Totals = new Totals();
  /** The requests whose answers the sink knew when it returned its result in time. */
  readonly answered: Set<string> = new Set<string>();
  /** Where the manager or the sink broke the contract. */
  readonly breaches: string[];
  /** What the manager offered to the sink, once `open` was called. */
  host: SinkHost | undefined;
  readonly #order: WindowOrder;
  readonly #exports = new Map<AbortSignal, Export>();
  #current: Export | undefined;
  #isClosed = false;
  #isOpening = false;
  /** Whether `open` was still running when the sink was closed. Then the sink must be closed again. */
  #mayCloseAgain = false;

  /** @param clock the manager's */
  constructor(inner: MetricsSink, clock: Pick<SteppingClock, "steps">) {
    this.#order = new WindowOrder(clock);
    this.breaches = this.#order.breaches;
    this.sink = {
      ...inner,
      prepare: (window, part) => this.#prepare(inner, window, part),
      export: (snapshots, { signal }) => this.#export(inner, snapshots, signal),
      close: async ({ signal }) => {
        if (this.#isClosed && !this.#mayCloseAgain) this.breaches.push("close() was called twice");
        this.#mayCloseAgain = !this.#isClosed && this.#isOpening;
        if (!this.#isClosed) this.#order.close();
        this.#isClosed = true;
        await inner.close?.({ signal });
      },
    };
    if (inner.open !== undefined) {
      const watched: MetricsSink["open"] = async (host) => {
        if (this.#isClosed) this.breaches.push("open() was called after close()");
        this.host = host;
        this.#isOpening = true;
        await inner.open?.(host).finally(() => (this.#isOpening = false));
      };
      this.sink = { ...this.sink, open: watched };
    }
    if (!isEventful(inner)) return;
    const events = (this.events = new Totals());
    const record: EventfulMetricsSink["record"] = (event) => {
      events.add(event.name, 1, event.value);
      inner.record(event);
    };
    const eventful: EventfulMetricsSink = { ...this.sink, record };
    this.sink = eventful;
  }

  /** Whether the manager has called `close`. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Whether an export is still running. */
  get isBusy(): boolean {
    return this.#unsettled().length > 0;
  }

  /** The snapshots of the exports that are still running. */
  get unsettled(): Totals {
    const totals = new Totals();
    for (const { snapshots } of this.#unsettled()) totals.addAll(snapshots);
    return totals;
  }

  /** Must be called for each request that has an answer. */
  onAnswer(id: string, signal: AbortSignal): void {
    this.#exports.get(signal)?.answered.push(id);
  }

  #unsettled(): readonly Export[] {
    return [...this.#exports.values()].filter(({ state }) => state === "running");
  }

  #prepare(
    inner: MetricsSink,
    window: readonly MetricSnapshot[],
    part: WindowPart,
  ): readonly MetricSnapshot[] | PreparedWindow {
    if (this.#isClosed) this.breaches.push("prepare() was called after close()");
    this.handed.addAll(window);
    this.#order.begin(window, part);
    try {
      const given = inner.prepare?.(window, part) ?? window;
      const prepared = "snapshots" in given ? given : { snapshots: given };
      if (part.last && prepared.more === true) this.#order.expectMore();
      this.prepared.addAll(prepared.snapshots);
      this.prepared.addAll((prepared.rejected ?? []).map(({ snapshot }) => snapshot));
      return given;
    } catch (error) {
      this.prepared.addAll(window);
      this.unprepared.addAll(window);
      throw error;
    }
  }

  async #export(
    inner: MetricsSink,
    snapshots: readonly MetricSnapshot[],
    signal: AbortSignal,
  ): Promise<ExportResult | void> {
    const entry = this.#begin(inner, snapshots, signal);
    try {
      const result = await inner.export(snapshots, { signal });
      this.#end(entry, result ?? {});
      return result;
    } catch (error) {
      const reason = "thrown";
      const all = snapshots.map((snapshot) => ({ snapshot, reason }));
      this.#end(entry, isFinal(error) ? { rejected: all } : { retry: snapshots });
      throw error;
    } finally {
      // An export that never settles stays in the map.
      this.#exports.delete(signal);
    }
  }

  #begin(
    { maxExportSnapshots = Infinity, wantsEmptyWindows }: MetricsSink,
    snapshots: readonly MetricSnapshot[],
    signal: AbortSignal,
  ): Export {
    const before = this.#current;
    if (this.#isClosed) this.breaches.push("export() was called after close()");
    if (before?.state === "running") {
      const waitedMs = performance.now() - (before.abortedAt ?? Infinity);
      if (!(waitedMs >= GRACE_MS))
        this.breaches.push("export() was called before the one before had settled");
    }
    if (snapshots.length > maxExportSnapshots)
      this.breaches.push(`export() was given ${snapshots.length} snapshots`);
    if (snapshots.length === 0 && wantsEmptyWindows !== true)
      this.breaches.push("export() was given an empty window");
    const entry: Export = { snapshots, answered: [], abortedAt: undefined, state: "running" };
    signal.addEventListener("abort", () => (entry.abortedAt = performance.now()), { once: true });
    this.#exports.set(signal, entry);
    this.#current = entry;
    return entry;
  }

  #end(entry: Export, { retry = [], rejected = [] }: ExportResult): void {
    const { snapshots, answered, abortedAt = Infinity } = entry;
    if (performance.now() - abortedAt > SURELY_IN_TIME_MS) {
      entry.state = "settled late";
      this.late.addAll(snapshots);
      return;
    }
    entry.state = "settled";
    const gone = new Set<MetricSnapshot>(retry);
    this.rejected.addAll(rejected.map(({ snapshot }) => snapshot));
    for (const { snapshot } of rejected) gone.add(snapshot);
    this.delivered.addAll(snapshots.filter((snapshot) => !gone.has(snapshot)));
    for (const id of answered) this.answered.add(id);
  }
}

function isEventful(sink: MetricsSink): sink is EventfulMetricsSink {
  return "record" in sink && typeof sink.record === "function";
}

function isFinal(error: unknown): boolean {
  return error instanceof Error && "retryable" in error && error.retryable === false;
}
